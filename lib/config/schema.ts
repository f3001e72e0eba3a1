import { z } from 'zod'
import type { ClientRules } from '../clients/metadata-check.ts'
import type { ClientMetadata } from '../clients/members.ts'
import { findStaticClientIssues } from '../clients/startup-checks.ts'
import { oneForEachPath, type ConfigurationIssue } from '../errors.ts'
import { complain, evenIfWrong, refuseMisspelled, toIssues } from '../validation/schemas.ts'
import { toHint } from '../validation/did-you-mean.ts'
import { lifetimesSchema, secondsUpTo } from './lifetimes.ts'
import { limitsSchema } from './limit-options.ts'
import { findIssuerFlaw } from '../validation/url.ts'
import { pleoScopes } from '../pleo/scopes.ts'
import type { Storage } from '../storage.ts'
import { defaultProductName } from '../pages/theme.ts'
import {
  anonymousRequestsSchema,
  checkDefaultScopes,
  linksSchema,
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
import { checkLocales } from '../pages/texts/check-locales.ts'
import { viewsSchema } from '../pages/views-options.ts'
import type { AuthorizationServerOptions, ResourceServerOptions } from './options.ts'

const callable: z.ZodType = z.custom((value) => typeof value === 'function', {
  error: required('a function'),
  abort: false,
})

const issuer = text('the URL this server is reached at').superRefine((value, context) => {
  const problem = issuerProblem(value)
  if (problem) complain(context, 'invalid_issuer', problem)
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
  find: callable,
  subjects: callable,
  mayContinue: callable.optional(),
  authenticate: callable.optional(),
  signedIn: callable.optional(),
  signInUrl: text("the URL of the host's sign-in page")
    .refine((value) => /^https?:$/.test(URL.parse(value, 'https://issuer')?.protocol ?? ''), {
      error: 'must be an http or https URL, or a path',
    })
    .optional(),
  links: linksSchema.optional(),
}

// Loose, because it may be a service of the host with other members.
const accounts = z
  .looseObject(accountMembers, { error: required('an object: how the host knows its people') })
  .superRefine((value, context) => {
    refuseMisspelled(value, Object.keys(accountMembers), context)
    const refuse = (message: string): void => complain(context, 'invalid_sign_in', message)
    if (Boolean(value.authenticate) === Boolean(value.signedIn)) {
      refuse('needs exactly one way to sign in: authenticate, or signedIn with signInUrl')
    } else if (value.signedIn && !value.signInUrl) refuse('signedIn needs signInUrl')
    else if (value.authenticate && value.signInUrl) refuse('signInUrl goes with signedIn only')
    else if (value.signedIn && value.links) refuse('links goes with authenticate only')
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
      limits: limitsSchema.optional(),
      trustedProxies: trustedProxiesSchema.optional(),
      views: viewsSchema.optional(),
      configure: callable.optional(),
    },
    { error: required('an object') },
  )
  .superRefine((value, context) => {
    const { views, resourceServer } = value as Partial<typeof value>
    checkLocales(views, resourceServer?.scopes, context)
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
        const message = `must be one of resourceServer.scopes${toHint(name, Object.keys(catalogue))}`
        complain(context, 'unknown_scope', message, [...at, index])
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
      complain(context, 'public_resource_server', message, ['resourceServer', 'clientIds', index])
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
