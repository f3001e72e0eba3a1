import { toScopeNames } from '../pleo/scopes.ts'
import type { SubjectType } from '../pleo/subject.ts'

/** The members that people see, which a client can have in several languages: `client_name#da`. */
export const localizedMembers = [
  'client_name',
  'client_uri',
  'logo_uri',
  'tos_uri',
  'policy_uri',
] as const

/**
 * A client in the member names of its registration.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2 RFC 7591, Section 2}
 */
export interface ClientMetadata {
  readonly client_id: string
  /**
   * Required unless `token_endpoint_auth_method` is `none`. Best of `generateClientSecret()`: one with other characters than letters,
   * digits, `-`, `.`, `_` and `~` is warned about at the start, because many clients do not encode it.
   */
  readonly client_secret?: string
  /**
   * Shown to people: no two clients claim names that look alike, and no client may take a claimed one
   * (`claimsNames`); none has the product's name in its own, and none has
   * characters that cannot be seen, or letters or digits of several alphabets within a word. `client_name#da`, with any language tag, is the same in that language.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2.2 RFC 7591, Section 2.2}
   */
  readonly client_name?: string
  /** Like every URI here `https`, or `http` for loopback hosts, without fragment, wildcard and user name. */
  readonly client_uri?: string
  /** A PNG, JPEG, WebP or GIF file of 256 KiB at most, which its host sends without a redirect. */
  readonly logo_uri?: string
  readonly tos_uri?: string
  readonly policy_uri?: string
  /** E-mail addresses, shown to people. */
  readonly contacts?: readonly string[]
  /** Where a person starts to connect the client. */
  readonly initiation_uri?: string
  /**
   * Where the browser goes with the answer; a request names one of these, character by character.
   * `https`, or `http` for loopback hosts. A `native` client may use any port of an `http` loopback URI (RFC 8252, Section 7.3).
   */
  readonly redirect_uris?: readonly string[]
  /**
   * `native` for applications on a person's own machine: those may have redirect URIs of a private
   * scheme, a domain name in reverse (RFC 8252, Section 7.1), and listen on any port of a loopback host (Section 7.3).
   *
   * @defaultValue `web`
   */
  readonly application_type?: 'web' | 'native'
  /** The scopes the client may ask for, space-separated, stored with each once. Required for clients that ask people. */
  readonly scope?: string
  /**
   * Those of them that a person may leave out, space-separated: each is shown with a tick box. All others are
   * granted together, or not at all.
   *
   * @defaultValue none
   */
  readonly optional_scope?: string
  /** @defaultValue `authorization_code` and `refresh_token` */
  readonly grant_types?: readonly string[]
  /** @defaultValue `code` */
  readonly response_types?: readonly string[]
  /**
   * A confidential client (`client_secret_basic`, `client_secret_post`) or a public one (`none`).
   * A confidential client may send its secret either way, whichever is registered.
   *
   * @defaultValue `client_secret_basic`
   */
  readonly token_endpoint_auth_method?: 'client_secret_basic' | 'client_secret_post' | 'none'
  /**
   * Which kind of subject a person connects this client to.
   *
   * @defaultValue `company`
   */
  readonly subject_type_preference?: SubjectType
  /**
   * Lets a confidential client go without PKCE.
   *
   * @defaultValue `false`
   */
  readonly pkce_exception?: boolean
  /** The page on which a person manages the integration; linked from the page of connections. */
  readonly settings_uri?: string
  /** Under development: every page says so. @defaultValue `false` */
  readonly test?: boolean
  /** Whoever runs this server has checked who provides the client: the page says which. @defaultValue `false` */
  readonly verified?: boolean
  /** Accepts only access tokens bound to a key. @defaultValue `false` */
  readonly dpop_bound_access_tokens?: boolean
  /** Accepts only requests that were pushed first. @defaultValue `false` */
  readonly require_pushed_authorization_requests?: boolean
  readonly [localized: `${(typeof localizedMembers)[number]}#${string}`]: string
}

/** What a client can do that registers no `grant_types`. */
export const defaultGrantTypes = ['authorization_code', 'refresh_token'] as const

/** How many grant types, and how many response types, a client may register; there are fewer to name. */
export const mostTypes = 20

/** The names of a client in all languages, by the members they are in. */
export const namesOf = (client: unknown): readonly (readonly [member: string, name: string])[] =>
  Object.entries(Object(client) as object).filter(
    (entry): entry is [string, string] =>
      /^client_name($|#)/.test(entry[0]) && typeof entry[1] === 'string',
  )

/**
 * A client without the members that are `null` or empty: they count as left out. Anything that is not a client comes back
 * as it is.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-2.2 RFC 7592, Section 2.2}
 */
export const withoutEmpty = <T>(client: T): T =>
  typeof client === 'object' && client !== null && !Array.isArray(client)
    ? (Object.fromEntries(
        Object.entries(client).filter(([, value]) => value !== null && value !== ''),
      ) as T)
    : client

/** Every member but id and secret, which are not registered but given. */
const members = {
  client_name: true,
  client_uri: true,
  logo_uri: true,
  tos_uri: true,
  policy_uri: true,
  contacts: true,
  initiation_uri: true,
  redirect_uris: true,
  application_type: true,
  scope: true,
  optional_scope: true,
  grant_types: true,
  response_types: true,
  token_endpoint_auth_method: true,
  subject_type_preference: true,
  pkce_exception: true,
  settings_uri: true,
  test: true,
  verified: true,
  dpop_bound_access_tokens: true,
  require_pushed_authorization_requests: true,
} satisfies Record<Exclude<NamedMembers, 'client_id' | 'client_secret'>, true>

type NamedMembers = keyof {
  readonly [Name in keyof ClientMetadata as Name extends `${string}#${string}` ? never : Name]: true
}

/**
 * What there is of a client that this server understands, with each scope once: it ignores the rest (RFC 7591,
 * Section 2).
 */
export const toKnownMembers = (client: object): Omit<ClientMetadata, 'client_id'> =>
  withPlainScopes(
    Object.fromEntries(
      Object.entries(client).filter(([name, value]) => {
        const [member = '', tag] = name.split('#')
        const isKnown = tag === undefined ? Object.hasOwn(members, name) : isLocalized(member)
        return isKnown && value !== undefined
      }),
    ),
  )

/** The client with each scope once, and one space between two of them. A list without a scope counts as left out. */
export const withPlainScopes = <Client extends object>(client: Client): Client =>
  Object.fromEntries(
    Object.entries(client)
      .map(([name, value]) => [name, isScopes(name) ? toPlainScopes(value) : value] as const)
      .filter(([name, value]) => !(isScopes(name) && value === '')),
  ) as Client

const isScopes = (member: string): boolean => member === 'scope' || member === 'optional_scope'

const toPlainScopes = (scopes: unknown): unknown =>
  typeof scopes === 'string' ? [...new Set(toScopeNames(scopes))].join(' ') : scopes

const isLocalized = (member: string): boolean => localizedMembers.some((one) => one === member)
