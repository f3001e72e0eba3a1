import { z } from 'zod'
import { isLoopbackOrHttps } from '../http/url.ts'
import { evenIfWrong, refuseMisspelled } from './did-you-mean.ts'

const text = z.string({ error: 'must be a string' }).min(1, { error: 'must not be empty' })
const webPage = text.refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), {
  error: 'must be an http or https URL',
})

const redirectUri = text.superRefine((value, context) => {
  const problem = redirectUriProblem(value)
  if (problem) {
    context.addIssue({ code: 'custom', message: problem, params: { code: 'invalid_redirect_uri' } })
  }
})

function redirectUriProblem(value: string): string | undefined {
  const url = URL.parse(value)
  if (!url) return 'must be an absolute URI'
  if (url.username || url.password || /\s/.test(value)) {
    return 'must not contain user name, password or white space'
  }
  if (value.includes('#')) return 'must not have a fragment (RFC 6749, Section 3.1.2)'
  if (url.protocol === 'http:' || url.protocol === 'https:') {
    return isLoopbackOrHttps(url) ? undefined : 'must use https, except for loopback hosts'
  }
  // RFC 8252, Section 7.1: a private scheme is a domain name in reverse.
  return url.protocol.includes('.')
    ? undefined
    : 'must use https, or a private scheme with a dot in it'
}

const trueOrFalse = z.boolean({ error: 'must be true or false' }).optional()

const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const

const members = {
  client_id: text,
  client_secret: text.optional(),
  client_name: text.optional(),
  client_uri: webPage.optional(),
  logo_uri: webPage.optional(),
  tos_uri: webPage.optional(),
  policy_uri: webPage.optional(),
  contacts: z.array(text).optional(),
  redirect_uris: z.array(redirectUri, { error: 'must be an array of URIs' }).optional(),
  scope: text.optional(),
  optional_scope: text.optional(),
  grant_types: z.array(text).optional(),
  response_types: z.array(z.literal('code', { error: 'must be "code"' })).optional(),
  application_type: z.enum(['web', 'native'], { error: 'must be "web" or "native"' }).optional(),
  token_endpoint_auth_method: z
    .enum(methods, { error: `must be ${methods.join(', ')}` })
    .optional(),
  subject_type_preference: z
    .enum(['company', 'organization'], { error: 'must be "company" or "organization"' })
    .optional(),
  pkce_exception: trueOrFalse,
  settings_uri: webPage.optional(),
  test: trueOrFalse,
  verified: trueOrFalse,
  dpop_bound_access_tokens: trueOrFalse,
  require_pushed_authorization_requests: trueOrFalse,
}

const client = z
  .looseObject(members, { error: 'must be an object' })
  .superRefine((value, context) => {
    const complain = (path: string, message: string): void =>
      context.addIssue({
        code: 'custom',
        path: [path],
        message,
        params: { code: 'invalid_client' },
      })
    refuseMisspelled(value, Object.keys(members), context)
    const isPublic = value.token_endpoint_auth_method === 'none'
    if (!isPublic && value.client_secret === undefined) {
      complain('client_secret', 'is required, unless token_endpoint_auth_method is "none"')
    }
    if (isPublic && value.client_secret !== undefined) {
      complain('client_secret', 'does not go with token_endpoint_auth_method "none"')
    }
    if (isPublic && value.pkce_exception) {
      complain('pkce_exception', 'is for confidential clients only')
    }
    const registered = new Set(value.scope?.split(' '))
    if (value.optional_scope?.split(' ').some((name) => !registered.has(name))) {
      complain('optional_scope', 'names a scope that is not in scope')
    }
    const { grant_types: grants } = value
    if (Array.isArray(grants) && !grants.includes('authorization_code')) return
    if (!value.redirect_uris?.length) complain('redirect_uris', 'must hold at least one URI')
    if (value.scope === undefined)
      complain('scope', 'is required: the scopes the client may ask for')
  }, evenIfWrong)

interface ParsedClient {
  readonly client_id: string
  readonly token_endpoint_auth_method?: string | undefined
  readonly scope?: string | undefined
}

/** Clients, by the rules that need nothing but the client. Members it does not know pass (RFC 7591, Section 2). */
export const clientsSchema: z.ZodType<readonly ParsedClient[]> = z
  .array(client, { error: 'must be an array of clients' })
  .superRefine((clients, context) => {
    const seen = new Set<string>()
    for (const [index, entry] of clients.entries()) {
      // What is wrong in itself is reported already.
      const id = (entry as Partial<ParsedClient> | null)?.client_id
      if (typeof id !== 'string') continue
      if (seen.has(id)) {
        const params = { code: 'duplicate_client' }
        context.addIssue({
          code: 'custom',
          path: [index, 'client_id'],
          message: 'is given twice',
          params,
        })
      }
      seen.add(id)
    }
  }, evenIfWrong)
