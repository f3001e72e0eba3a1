import { createPrivateKey } from 'node:crypto'
import { findReservedHostFlaw } from '../clients/uris.ts'
import { z } from 'zod'
import { findProxyFlaw } from './trusted-proxies.ts'
import { knownProofAlgorithms, type ProofAlgorithm } from '../validation/dpop-proof.ts'
import { complain, listOfUnique } from '../validation/schemas.ts'
import { isLoopbackOrHttps } from '../validation/url.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import type { RegistrationOptions } from './options.ts'

/** Makes the message for a member that is missing or has another type. */
export const required =
  (what: string): ((issue: { readonly input?: unknown }) => string) =>
  (issue) =>
    issue.input === undefined ? `is required: ${what}` : `must be ${what}`

/** A text that is not empty. */
export const text = (what: string): z.ZodString =>
  z.string({ error: required(what) }).min(1, `must be ${what}`)

/** The algorithms of this server, by kind of key (RFC 7518, Section 3.1; RFC 8037; RFC 9864). */
const algorithms = {
  EC: /^ES256$/,
  OKP: /^(EdDSA|Ed25519)$/,
  RSA: /^[RP]S256$/,
} as const

const curves: Readonly<Record<string, string | undefined>> = { EC: 'P-256', OKP: 'Ed25519' }

/** RFC 7518, Section 3.3 */
const shortestModulus = 2048

const key = z
  .looseObject(
    {
      kty: z.enum(['EC', 'RSA', 'OKP'], { error: 'must be EC, RSA or OKP' }),
      d: z.string({ error: 'is required: signing needs the private key' }),
      use: z.literal('sig', { error: 'must be "sig"' }).optional(),
      alg: z.string({ error: 'must be a string' }).optional(),
      kid: z.string({ error: 'must be a string' }).optional(),
    },
    { error: 'must be a private key (JWK)' },
  )
  .superRefine(({ kty, alg, ...members }, context) => {
    const code = 'invalid_key'
    if (members['crv'] !== curves[kty]) complain(context, code, `must be ${curves[kty]}`, ['crv'])
    if (alg !== undefined && !algorithms[kty].test(alg)) {
      complain(context, code, 'must be an algorithm that this kind of key signs with', ['alg'])
    }
    try {
      const made = createPrivateKey({ key: { kty, ...members }, format: 'jwk' })
      if ((made.asymmetricKeyDetails?.modulusLength ?? shortestModulus) < shortestModulus) {
        complain(context, code, `must have ${shortestModulus} bits or more`)
      }
    } catch {
      complain(context, code, 'is not a private key')
    }
  })

/** Keys that the framework accepts. If it refused one, its error would have the private key in it. */
export const signingKeysSchema: z.ZodType = z.union([
  z.object(
    {
      keys: z
        .array(key, { error: 'must be an array of private keys (JWK)' })
        .min(1, 'must hold at least one key'),
    },
    { error: 'must be a JWK set of private keys, "stored" or "ephemeral"' },
  ),
  z.enum(['stored', 'ephemeral']),
])

/** Signature algorithms of DPoP proofs. */
export const proofAlgorithmsSchema: z.ZodType<readonly ProofAlgorithm[]> = z
  .array(
    z.enum(knownProofAlgorithms, {
      error: `must be one of ${knownProofAlgorithms.join(', ')}`,
    }),
    { error: 'must be an array of signature algorithms' },
  )
  .min(1, { error: 'must have at least one algorithm' })

const isFilled = (list: readonly unknown[]): boolean => list.length > 0
const nothing = { error: 'must not be empty: leave it out to allow all' }

/** How clients register themselves. */
export const registrationSchema: z.ZodType<RegistrationOptions> = z.strictObject(
  {
    initialAccessToken: z
      .boolean({ error: 'must be true, or false to let everybody register clients' })
      .exactOptional(),
    scopes: listOfUnique(z.string({ error: 'must be a scope' }), { of: 'scopes', most: 1000 })
      .refine(isFilled, nothing)
      .exactOptional(),
    subjectTypes: listOfUnique(
      z.enum(['company', 'organization'], { error: "must be 'company' or 'organization'" }),
      { of: "'company' and 'organization'", most: 2 },
    )
      .refine(isFilled, nothing)
      .exactOptional(),
  },
  { error: 'must be an object: how clients register themselves' },
)

/** Complains if a client that registers itself and names no scope would get none. */
export function checkDefaultScopes(
  defaults: readonly string[] = [],
  allowed: readonly string[] | undefined,
  context: z.core.$RefinementCtx,
): void {
  if (!allowed || defaults.length === 0 || context.issues.length > 0) return
  if (defaults.some((name) => allowed.includes(name))) return
  const message =
    'must have one of resourceServer.defaultScopes: otherwise, every client that registers and names no scope is refused'
  complain(context, 'no_default_scope', message, ['registration', 'scopes'])
}

const hostName = z
  .string({ error: 'must be a host name' })
  .regex(/^[a-z\d-]+(\.[a-z\d-]+)*$/i, {
    error:
      'must be a host name, without scheme, port and path. Hosts below it are included: write no * and no dot at either end. Write letters beyond a to z in their xn-- form',
    abort: true,
  })
  .superRefine((host, context) => {
    const message = findReservedHostFlaw(host)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** Hosts that partners may not use. */
export const reservedHostsSchema: z.ZodType<readonly string[]> = z.array(hostName, {
  error: 'must be an array of host names',
})

/** Signs that names may have beside the usual ones. */
export const nameSignsSchema: z.ZodType<string> = z
  .string({ error: 'must be a text of signs' })
  .regex(/^[\p{P}\p{S}]*$/u, 'must have nothing but signs, and no spaces')

const atLeast = (least: number): z.ZodOptional<z.ZodInt> =>
  z.int({ error: 'must be a whole number' }).min(least, `must be ${least} or more`).optional()

export const anonymousRequestsSchema: z.ZodType = z.strictObject(
  {
    count: atLeast(8),
    bytes: atLeast(131_072),
  },
  { error: 'must be an object with count and bytes, or one of them' },
)

const proxy = z.string({ error: 'must be a text' }).superRefine((value, context) => {
  const message = findProxyFlaw(value)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

export const trustedProxiesSchema: z.ZodType = z.array(proxy, {
  error: 'must be an array of proxies',
})

const link = text('a URL').refine(
  (value) => {
    const url = URL.parse(value, 'https://issuer')
    return url !== null && isLoopbackOrHttps(url)
  },
  { error: 'must be an https URL (http for loopback hosts), or a path' },
)

/** Links of the sign-in page. */
export const linksSchema: z.ZodType = z.strictObject(
  { forgottenPassword: link.optional(), help: link.optional() },
  { error: 'must be an object of URLs' },
)

const scopeName = z
  .string()
  .regex(/^[\x21\x23-\x5B\x5D-\x7E]+$/, 'is not a scope (RFC 6749, Section 3.3)')

const hostWords = z
  .looseObject(
    { en: text('the English words') },
    { error: required('an object: the words by language, with en among them') },
  )
  .catchall(z.string({ error: 'must be the words in that language' }))

/** The catalogue of scopes. */
export const scopesSchema: z.ZodType<ScopeCatalogue> = z
  .record(
    scopeName,
    z.strictObject(
      {
        description: hostWords,
        contains: hostWords.exactOptional(),
        access: z.enum(['read', 'write'], { error: 'must be "read" or "write"' }),
      },
      { error: 'must be an object with description and access' },
    ),
    { error: 'must be an object: each scope by its name' },
  )
  .refine((value) => Object.keys(value).length > 0, { error: 'must hold at least one scope' })
