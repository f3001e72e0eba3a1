import { z } from 'zod'
import type { ClientRules } from '../clients/check.ts'
import type { ClientMetadata } from '../clients/rules.ts'
import { findStaticClientIssues } from '../clients/startup-checks.ts'
import { oneForEachPath, type ConfigurationIssue } from '../errors.ts'
import { evenIfWrong, refuseMisspelled, toIssues } from '../validation/schemas.ts'
import { lifetimesSchema, secondsUpTo } from './lifetimes.ts'
import { findIssuerFlaw } from '../validation/url.ts'
import { pleoScopes } from '../pleo/scopes.ts'
import type { Storage } from '../storage.ts'
import { defaultProductName } from '../pages/theme.ts'
import {
  anonymousRequestsSchema,
  checkDefaultScopes,
  nameSignsSchema,
  proofAlgorithmsSchema,
  registrationSchema,
  required,
  reservedHostsSchema,
  scopesSchema,
  signingKeysSchema,
  text,
  trustedProxiesSchema,
} from './option-schemas.ts'
import { checkTexts, viewsSchema } from '../pages/views-options.ts'
import type { AuthorizationServerOptions, ResourceServerOptions } from './options.ts'

function callable<T>(what: string): z.ZodType<T> {
  return z.custom<T>((value) => typeof value === 'function', {
    error: required(what),
    abort: false,
  })
}

const optionalCallable = <T>(what: string): z.ZodOptional<z.ZodType<T>> =>
  callable<T>(what).optional()

const issuer = text('the URL this server is reached at').superRefine((value, context) => {
  const problem = issuerProblem(value)
  if (problem)
    context.addIssue({ code: 'custom', message: problem, params: { code: 'invalid_issuer' } })
})

function issuerProblem(value: string): string | undefined {
  const url = URL.parse(value)
  if (!url || !/^https?:$/.test(url.protocol))
    return 'must be an absolute https URL (http for loopback hosts)'
  if (url.username || url.password) return 'must not contain user name or password'
  return findIssuerFlaw(value, url)
}

const audience = text('the base URL of the API').refine(
  (value) => URL.canParse(value) && !value.includes('#'),
  {
    error: 'must be an absolute URL without a fragment',
  },
)

const accountMembers = {
  find: callable('a function'),
  subjects: callable('a function'),
  mayContinue: optionalCallable('a function'),
  authenticate: optionalCallable('a function'),
  signedIn: optionalCallable('a function'),
  signInUrl: text("the URL of the host's sign-in page")
    .refine((value) => /^https?:$/.test(URL.parse(value, 'https://issuer')?.protocol ?? ''), {
      error: 'must be an http or https URL, or a path',
    })
    .optional(),
}

// Loose, because it may be a service of the host with other members.
const accounts = z
  .looseObject(accountMembers, { error: required('an object: how the host knows its people') })
  .superRefine((value, context) => {
    refuseMisspelled(value, Object.keys(accountMembers), context)
    const complain = (message: string): void =>
      context.addIssue({ code: 'custom', message, params: { code: 'invalid_sign_in' } })
    if (Boolean(value.authenticate) === Boolean(value.signedIn)) {
      complain('needs exactly one way to sign in: authenticate, or signedIn with signInUrl')
    } else if (value.signedIn && !value.signInUrl) complain('signedIn needs signInUrl')
    else if (value.authenticate && value.signInUrl) complain('signInUrl goes with signedIn only')
  }, evenIfWrong)

const storage = z.custom<Storage>(
  (value) => {
    const { records, deriveKeys, grants } = Object(value) as Partial<Storage>
    return [typeof records, typeof deriveKeys, typeof grants].join() === 'function,function,object'
  },
  { error: 'must be a storage adapter, as createMemoryAdapter() or createRedisAdapter() make it' },
)

const options = z
  .strictObject(
    {
      issuer,
      storage: storage.optional(),
      cookieKeys: z
        .array(text('a non-empty string'), { error: required('an array of secrets') })
        .min(1, 'must hold at least one key'),
      signingKeys: signingKeysSchema.optional(),
      accounts,
      resourceServer: z.strictObject(
        {
          audience,
          scopes: scopesSchema.optional(),
          defaultScopes: z.array(text('a scope'), 'must be an array of scopes').optional(),
          clientIds: z.array(text('a client id'), 'must be an array of client ids').optional(),
          accessTokenFormat: z
            .enum(['opaque', 'jwt'], { error: 'must be "opaque" or "jwt"' })
            .optional(),
        },
        { error: required('an object: the API the tokens are for') },
      ),
      clients: z.array(z.unknown(), { error: 'must be an array of clients' }).optional(),
      allowShortClientSecrets: z.boolean({ error: 'must be true or false' }).optional(),
      registration: registrationSchema.optional(),
      reservedHosts: reservedHostsSchema.exactOptional(),
      nameSigns: nameSignsSchema.exactOptional(),
      lifetimes: lifetimesSchema.optional(),
      refreshRetryWindow: secondsUpTo(3600),
      refreshOverlap: secondsUpTo(60),
      publicRefreshOverlap: secondsUpTo(60),
      dpopSigningAlgorithms: proofAlgorithmsSchema.optional(),
      anonymousRequests: anonymousRequestsSchema.optional(),
      trustedProxies: trustedProxiesSchema.optional(),
      views: viewsSchema.optional(),
      configure: optionalCallable('a function'),
    },
    { error: required('an object') },
  )
  .superRefine((value, context) => {
    const { views, resourceServer } = value as Partial<typeof value>
    checkTexts(views, resourceServer?.scopes, context)
  }, evenIfWrong)
  .superRefine(({ resourceServer, registration }, context) => {
    const catalogue = resourceServer.scopes ?? pleoScopes
    const lists = [
      { at: ['resourceServer', 'defaultScopes'], names: resourceServer.defaultScopes },
      { at: ['registration', 'scopes'], names: registration?.scopes },
    ]
    for (const { at, names } of lists) {
      for (const [index, name] of (names ?? []).entries()) {
        if (Object.hasOwn(catalogue, name)) continue
        const message = 'must be one of resourceServer.scopes'
        const path = [...at, index]
        context.addIssue({ code: 'custom', path, message, params: { code: 'unknown_scope' } })
      }
    }
    checkDefaultScopes(resourceServer.defaultScopes, registration?.scopes, context)
  })
  .superRefine(({ clients, resourceServer }, context) => {
    const isPublic = new Set(
      (clients as readonly Partial<ClientMetadata>[] | undefined)
        ?.filter((client) => client?.token_endpoint_auth_method === 'none')
        .map((client) => client.client_id),
    )
    for (const [index, id] of (resourceServer.clientIds ?? []).entries()) {
      if (!isPublic.has(id)) continue
      const message = 'is a public client: anybody could introspect every token in its name'
      const params = { code: 'public_resource_server' }
      const path = ['resourceServer', 'clientIds', index]
      context.addIssue({ code: 'custom', path, message, params })
    }
  })

/** Finds every mistake in the options. Never names a value. */
export function findIssues(input: AuthorizationServerOptions): readonly ConfigurationIssue[] {
  const { error } = options.safeParse(input)
  const all = (error?.issues ?? []).flatMap((issue) => toIssues(issue, options))
  const first = new Set(oneForEachPath(all))
  // A folder of templates or texts may have many mistakes.
  const issues = all.filter((issue) => first.has(issue) || issue.path.startsWith('views.'))
  const { clients } = Object(input) as { readonly clients?: unknown }
  if (!Array.isArray(clients)) return issues
  return [...issues, ...findStaticClientIssues(clients, toClientRules(input))]
}

/** The rules for clients. They are read from wrong options too, because every mistake is reported at once. */
export function toClientRules(input: AuthorizationServerOptions): ClientRules {
  const { resourceServer, views, nameSigns } = input as Partial<AuthorizationServerOptions>
  const { scopes: catalogue = pleoScopes } = Object(
    resourceServer,
  ) as Partial<ResourceServerOptions>
  const name: unknown = views?.theme?.productName
  return {
    scopes: Object(catalogue) === catalogue ? Object.keys(catalogue) : undefined,
    nameSigns: typeof nameSigns === 'string' ? nameSigns : '',
    reservedNames: [
      defaultProductName,
      ...(typeof name === 'string' && name !== defaultProductName ? [name] : []),
    ],
  }
}
