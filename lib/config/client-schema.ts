import { z } from 'zod'
import { localizedMembers, mostTypes } from '../clients/metadata.ts'
import { mostFindings } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import { evenIfWrong, refuseMisspelled } from './did-you-mean.ts'
import { listOf, listOfUnique } from './list-schema.ts'
import { clientName } from './name-schema.ts'
import { redirectUri, toOneSpelling, webUri } from './uri-schema.ts'

/** What clients are checked against beside themselves. */
export interface ClientRules {
  /** The scopes there are; left out, they are not known. */
  readonly scopes: readonly string[] | undefined
  /** Names that no client may have as a part of its own. */
  readonly reservedNames: readonly string[]
  /** Signs that are read as any letter in a name. @defaultValue none */
  readonly nameSigns?: string
  /** Whether id and secret are made here, or were given with the options. */
  readonly credentials: 'made' | 'given'
}

const text = z.string({ error: 'must be a string' }).min(1, { error: 'must not be empty' })
/** @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#appendix-A RFC 6749, Appendix A.1 and A.2} */
const credential = text.regex(/^[ -~]*$/, {
  error: 'must have no characters but letters, digits, signs and spaces of ASCII',
})
const trueOrFalse = z.boolean({ error: 'must be true or false' })
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const

/** How many redirect URIs a client may have. */
const mostUris = 50

// RFC 5321, Section 4.5.3.1.3
const email = z
  .string({ error: 'must be an e-mail address' })
  .max(254, { error: 'must have 254 characters at most', abort: true })
  .pipe(z.email({ error: 'must be an e-mail address' }))

const word = text.max(200, { error: 'must have 200 characters at most', abort: true })

const toMembers = ({ reservedNames, nameSigns }: ClientRules) => ({
  client_id: credential,
  client_secret: credential,
  client_name: clientName(reservedNames, nameSigns),
  client_uri: webUri,
  logo_uri: webUri,
  tos_uri: webUri,
  policy_uri: webUri,
  contacts: listOfUnique(email, { of: 'e-mail addresses', most: 20 }),
  initiation_uri: webUri,
  settings_uri: webUri,
  redirect_uris: listOfUnique(redirectUri, { of: 'URIs', most: mostUris }, toOneSpelling),
  scope: text,
  optional_scope: text,
  grant_types: listOf(word, { of: 'grant types', most: mostTypes }),
  response_types: listOf(z.literal('code', { error: 'must be "code"' }), {
    of: 'response types',
    most: mostTypes,
  }),
  application_type: z.enum(['web', 'native'], { error: 'must be "web" or "native"' }),
  token_endpoint_auth_method: z.enum(methods, { error: `must be ${methods.join(', ')}` }),
  subject_type_preference: z.enum(['company', 'organization'], {
    error: 'must be "company" or "organization"',
  }),
  pkce_exception: trueOrFalse,
  test: trueOrFalse,
  verified: trueOrFalse,
  dpop_bound_access_tokens: trueOrFalse,
  require_pushed_authorization_requests: trueOrFalse,
})

type Members = ReturnType<typeof toMembers>
type Complain = (path: string | readonly (string | number)[], code: string, message: string) => void

/**
 * A client, by the rules that need nothing but the client. Members it does not know pass (RFC 7591, Section 2); those
 * in other languages (Section 2.2) are checked like the members they stand for.
 */
export function createClientSchema(rules: ClientRules): z.ZodType {
  const members = toMembers(rules)
  return z
    .looseObject(z.object(members).partial().shape, { error: 'must be an object' })
    .superRefine((value, context) => {
      const complain: Complain = (path, code, message) =>
        context.addIssue({ code: 'custom', path: [path].flat(), message, params: { code } })
      refuseMisspelled(value, Object.keys(members), context)
      checkCredentials(value, rules, complain)
      checkScopes(value, rules, complain)
      checkLanguages(value, members, context)
      if (value.token_endpoint_auth_method === 'none' && value.pkce_exception) {
        complain('pkce_exception', 'invalid_client', 'is for confidential clients only')
      }
      checkRedirectUris(value, complain)
    }, evenIfWrong)
}

type Client = { readonly [Name in keyof Members]?: z.infer<Members[Name]> | undefined }

function checkCredentials(value: Client, { credentials }: ClientRules, complain: Complain): void {
  const isPublic = value.token_endpoint_auth_method === 'none'
  if (credentials === 'made') {
    for (const name of ['client_id', 'client_secret'] as const) {
      if (value[name] !== undefined) complain(name, 'invalid_client', 'is made by the server')
    }
    return
  }
  if (value.client_id === undefined) complain('client_id', 'invalid_client', 'is required')
  if (!isPublic && value.client_secret === undefined) {
    const message = 'is required, unless token_endpoint_auth_method is "none"'
    complain('client_secret', 'invalid_client', message)
  }
  if (isPublic && value.client_secret !== undefined) {
    const message = 'does not go with token_endpoint_auth_method "none"'
    complain('client_secret', 'invalid_client', message)
  }
}

function checkScopes(value: Client, { scopes }: ClientRules, complain: Complain): void {
  const names = toScopeNames(value.scope)
  const message = 'names a scope that the resource server does not have'
  for (const index of scopes ? placesOutside(scopes, names) : []) {
    complain(['scope', index], 'unknown_scope', message)
  }
  for (const index of placesOutside(names, toScopeNames(value.optional_scope))) {
    complain(['optional_scope', index], 'invalid_client', 'names a scope that is not in scope')
  }
}

/** The places of the first names that are not among the known ones. */
function placesOutside(known: readonly string[], names: readonly string[]): readonly number[] {
  const all = new Set(known)
  return [...names.keys()]
    .filter((index) => !all.has(names[index] ?? ''))
    .slice(0, mostFindings + 1)
}

function checkRedirectUris(value: Client, complain: Complain): void {
  const { grant_types: grants, redirect_uris: uris } = value
  if (Array.isArray(uris) && uris.length <= mostUris && value.application_type !== 'native') {
    for (const [index, uri] of uris.entries()) {
      // The value may be of any type here.
      if (typeof uri !== 'string' || /^https?:/i.test(uri) || !/^[^:/?]+\./.test(uri)) continue
      const message = 'has a private scheme, which needs application_type "native"'
      complain(['redirect_uris', index], 'invalid_redirect_uri', message)
    }
  }
  if (Array.isArray(grants) && !grants.includes('authorization_code')) return
  if (!uris?.length) {
    complain('redirect_uris', 'invalid_redirect_uri', 'must hold at least one URI')
  }
  if (value.scope === undefined || (typeof value.scope === 'string' && /^ +$/.test(value.scope))) {
    complain('scope', 'invalid_client', 'is required: the scopes the client may ask for')
  }
}

/** How many members with a language tag a client may have in all: each name among them is kept, and compared, by itself. */
const mostLocalized = 50

/** How long a language tag is at most: more is nothing that people read (RFC 5646, Section 4.4.1). */
const longestTag = 100

/** Members with a language tag (RFC 7591, Section 2.2). */
function checkLanguages(value: object, members: Members, context: z.core.$RefinementCtx): void {
  const seen = new Set<string>()
  let count = 0
  for (const [name, content] of Object.entries(value)) {
    const [member = '', tag] = name.split(/#(.*)/s)
    const localized = localizedMembers.find((one) => one === member)
    if (tag === undefined || !localized) continue
    const complain = (message: string, code: string): void =>
      context.addIssue({ code: 'custom', path: [name], message, params: { code } })
    count += 1
    if (count > mostLocalized) {
      const message = `is one too many: there may be ${mostLocalized} members with a language tag`
      return complain(message, 'too_many_languages')
    }
    const canonical = `${member}#${canonicalTag(tag)}`
    if (canonicalTag(tag) === undefined) complain('has no language tag behind the #', 'invalid_tag')
    else if (seen.has(canonical)) complain('is given twice for one language', 'duplicate')
    seen.add(canonical)
    for (const { message, params } of issuesOf(members[localized], content)) {
      complain(message, params)
    }
  }
}

const issuesOf = (schema: z.ZodType, value: unknown) =>
  (schema.safeParse(value).error?.issues ?? []).map((issue) => ({
    message: issue.message,
    params: String((issue.code === 'custom' && issue.params?.['code']) || issue.code),
  }))

function canonicalTag(tag: string): string | undefined {
  try {
    return tag.length > longestTag ? undefined : Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}
