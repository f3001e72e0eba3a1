import { z } from 'zod'
import { mostFindings, type ConfigurationIssue } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import { toHint } from '../validation/did-you-mean.ts'
import { evenIfWrong, refuseMisspelled, toIssues } from '../validation/schemas.ts'
import { isLoopback } from '../validation/url.ts'
import { findOversized } from './metadata-values.ts'
import type { NameRules } from './names.ts'
import { defaultGrantTypes, findMember, members, type ClientMetadata } from './members.ts'
import { mostRedirectUris } from './uris.ts'

/** The rules for clients that differ from server to server. */
export interface ClientRules extends NameRules {
  /** The scopes of the resource server. Undefined: not known, as the options are wrong. */
  readonly scopes: readonly string[] | undefined
  /** The grant types of the server. Undefined: the framework checks them. */
  readonly grantTypes?: (() => Iterable<string>) | undefined
}

/** Whether the server makes id and secret of a client, or takes them from the options. */
type Credentials = 'made' | 'given'

/** Finds the first mistakes in the metadata of a client. Paths are names of members. No message has a value in it. */
export type FindClientIssues = (metadata: unknown) => readonly ConfigurationIssue[]

/** The one check of all clients: those given with the options, and those that are registered. */
export function createClientCheck(rules: ClientRules, credentials: Credentials): FindClientIssues {
  const schema = createClientSchema(rules, credentials)
  return (metadata) => {
    const oversized = findOversized(metadata)
    if (oversized.length > 0) return oversized
    const result = schema.safeParse(metadata)
    if (result.success) return []
    const found = result.error.issues.slice(0, mostFindings + 1)
    const issues = found.flatMap((issue) => toIssues(issue, schema))
    return issues.map((issue) => (issue.path === 'options' ? { ...issue, path: 'client' } : issue))
  }
}

type Client = Partial<ClientMetadata>
type Schemas = Readonly<Record<string, z.ZodType>>
/** @param code - `invalid_client` if it is left out */
type Complain = (
  path: string | readonly (string | number)[],
  message: string,
  code?: string,
) => void

/** A client, by the table and by the rules for several members. Members that it does not know pass (RFC 7591, Section 2). */
function createClientSchema(rules: ClientRules, credentials: Credentials): z.ZodType {
  const schemas: Schemas = Object.fromEntries(
    Object.entries(members).map(([name, { schema }]) => [
      name,
      (typeof schema === 'function' ? schema(rules) : schema).optional(),
    ]),
  )
  return z.looseObject(schemas, { error: 'must be an object' }).superRefine((sent, context) => {
    const value = sent as Client
    const complain: Complain = (path, message, code = 'invalid_client') =>
      context.addIssue({ code: 'custom', path: [path].flat(), message, params: { code } })
    refuseMisspelled(value, Object.keys(members), context)
    checkCredentials(value, credentials, complain)
    checkScopes(value, rules, complain)
    checkLanguages(value, schemas, complain)
    if (value.token_endpoint_auth_method === 'none' && value.pkce_exception) {
      complain('pkce_exception', 'is for confidential clients only')
    }
    checkRedirectUris(value, complain)
    // The framework itself checks the clients of the options, as `configure` can change its rules.
    const isRight = credentials === 'made' && context.issues.length === 0
    if (isRight) checkForFramework(value, rules, complain)
  }, evenIfWrong)
}

function checkCredentials(value: Client, credentials: Credentials, complain: Complain): void {
  const isPublic = value.token_endpoint_auth_method === 'none'
  if (credentials === 'made') {
    for (const name of ['client_id', 'client_secret'] as const) {
      if (value[name] !== undefined) complain(name, 'is made by the server')
    }
    return
  }
  if (value.client_id === undefined) complain('client_id', 'is required')
  if (!isPublic && value.client_secret === undefined) {
    complain('client_secret', 'is required, unless token_endpoint_auth_method is "none"')
  }
  if (isPublic && value.client_secret !== undefined) {
    complain('client_secret', 'does not go with token_endpoint_auth_method "none"')
  }
}

function checkScopes(value: Client, { scopes }: ClientRules, complain: Complain): void {
  const names = toScopeNames(value.scope)
  for (const index of scopes ? placesOutside(scopes, names) : []) {
    const hint = toHint(names[index] ?? '', scopes ?? [])
    const message = `names a scope that the resource server does not have${hint}`
    complain(['scope', index], message, 'unknown_scope')
  }
  for (const index of placesOutside(names, toScopeNames(value.optional_scope))) {
    complain(['optional_scope', index], 'names a scope that is not in scope')
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
  const isList = Array.isArray(uris) && uris.length <= mostRedirectUris
  for (const [index, uri] of isList ? uris.entries() : []) {
    if (value.application_type === 'native') break
    // The value may be of any type here.
    if (typeof uri !== 'string' || /^https?:/i.test(uri) || !/^[^:/?]+\./.test(uri)) continue
    const message = 'has a private scheme, which needs application_type "native"'
    complain(['redirect_uris', index], message, 'invalid_redirect_uri')
  }
  if (Array.isArray(grants) && !grants.includes('authorization_code')) return
  if (!uris?.length) {
    complain('redirect_uris', 'must hold at least one URI', 'invalid_redirect_uri')
  }
  if (value.scope === undefined || (typeof value.scope === 'string' && /^ +$/.test(value.scope))) {
    complain('scope', 'is required: the scopes the client may ask for')
  }
}

/** Checks the rules that only the framework has, in a client that keeps all others. */
function checkForFramework(value: Client, { grantTypes }: ClientRules, complain: Complain): void {
  const { redirect_uris: uris, response_types: types = ['code'] } = value
  const code = 'invalid_client_metadata'
  const known = new Set(grantTypes?.() ?? defaultGrantTypes)
  if (value.grant_types?.some((type) => !known.has(type))) {
    complain('grant_types', `can only contain ${[...known].join(', ')}`, code)
  }
  if (types.length > 0 && uris === undefined) {
    complain([], 'needs redirect_uris, or no response_types', code)
  } else if (types.length > 0 && uris?.length === 0) {
    complain('redirect_uris', 'must hold at least one URI, unless response_types is empty', code)
  }
  // An application can only claim `https` URIs on a domain of its own (RFC 8252, Section 7.2).
  const isNative = value.application_type === 'native'
  if (isNative && uris?.some((uri) => isHttpsLoopback(uri))) {
    complain('redirect_uris', 'must use http for loopback hosts in a native application', code)
  }
}

function isHttpsLoopback(uri: string): boolean {
  const url = URL.parse(uri)
  return url?.protocol === 'https:' && isLoopback(url.hostname)
}

/** How many members with a language tag a client may have in all: each name among them is kept, and compared, by itself. */
const mostLocalized = 50

/** How long a language tag is at most: nobody reads more (RFC 5646, Section 4.4.1). */
const longestTag = 100

/** Checks members with a language tag (RFC 7591, Section 2.2). */
function checkLanguages(value: object, schemas: Schemas, complain: Complain): void {
  const seen = new Set<string>()
  let count = 0
  for (const [name, content] of Object.entries(value)) {
    const [member = '', tag] = name.split(/#(.*)/s)
    const schema = findMember(member)?.isLocalized && schemas[member]
    if (tag === undefined || !schema) continue
    count += 1
    if (count > mostLocalized) {
      const message = `is one too many: there may be ${mostLocalized} members with a language tag`
      return complain(name, message, 'too_many_languages')
    }
    const canonical = `${member}#${canonicalTag(tag)}`
    if (canonicalTag(tag) === undefined)
      complain(name, 'has no language tag behind the #', 'invalid_tag')
    else if (seen.has(canonical)) complain(name, 'is given twice for one language', 'duplicate')
    seen.add(canonical)
    for (const issue of schema.safeParse(content).error?.issues ?? []) {
      const code = (issue.code === 'custom' && issue.params?.['code']) || issue.code
      complain(name, issue.message, String(code))
    }
  }
}

function canonicalTag(tag: string): string | undefined {
  try {
    return tag.length > longestTag ? undefined : Intl.getCanonicalLocales(tag)[0]
  } catch {
    return undefined
  }
}
