import { z } from 'zod'
import type { SubjectType } from '../pleo/subject.ts'
import { listOf, listOfUnique } from '../validation/schemas.ts'
import { clientName, type NameRules } from './names.ts'
import { mostRedirectUris, redirectUri, toOneSpelling, webUri } from './uris.ts'

/** The members that people see, which a client can have in several languages: `client_name#da`. */
export type LocalizedMember = 'client_name' | 'client_uri' | 'logo_uri' | 'tos_uri' | 'policy_uri'

/**
 * A client in the member names of its registration.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2 RFC 7591, Section 2}
 */
export interface ClientMetadata {
  readonly client_id: string
  /**
   * Required unless `token_endpoint_auth_method` is `none`. Best of `generateClientSecret()`: many clients do not encode characters other than
   * letters, digits, `-`, `.`, `_` and `~`, so the server warns of them at the start.
   */
  readonly client_secret?: string
  /**
   * Shown to people. No client may take a name that looks like one that another client claims (`claimsNames`), or that contains the
   * name of the product, characters that cannot be seen, or letters or digits of several alphabets within a word. `client_name#da`,
   * with any language tag, is the same in that language.
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
  /** Email addresses, shown to people. */
  readonly contacts?: readonly string[]
  /** The page on which a person starts to connect the client. */
  readonly initiation_uri?: string
  /**
   * The URIs that the browser may be sent to with the answer. A request names one of them, character by character.
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
  /** Which kind of subject a person connects this client to. @defaultValue `company` */
  readonly subject_type_preference?: SubjectType
  /** Lets a confidential client go without PKCE. @defaultValue `false` */
  readonly pkce_exception?: boolean
  /** The page on which a person manages the integration; linked from the page of connections. */
  readonly settings_uri?: string
  /** Under development: every page says so. @defaultValue `false` */
  readonly test?: boolean
  /** The operator of this server has checked who provides the client: the page says which. @defaultValue `false` */
  readonly verified?: boolean
  /** Accepts only access tokens bound to a key. @defaultValue `false` */
  readonly dpop_bound_access_tokens?: boolean
  /** Accepts only requests that were pushed first. @defaultValue `false` */
  readonly require_pushed_authorization_requests?: boolean
  readonly [localized: `${LocalizedMember}#${string}`]: string
}

/** The names of all members, without those in other languages. */
export type MemberName = keyof {
  readonly [Name in keyof ClientMetadata as Name extends `${string}#${string}` ? never : Name]: true
}

/** The rules of one member. */
export interface Member {
  /** Only that of a name depends on the server. */
  readonly schema: z.ZodType | ((rules: NameRules) => z.ZodType)
  /**
   * Who sets it: the server makes it, or takes it from the options; or the operator alone. `operator takes away`: a partner can set it
   * to `true`, and only the operator can take that back.
   *
   * @defaultValue operators and partners
   */
  readonly by?: 'server' | 'operator' | 'operator takes away'
  /** Whether `client_name#da` is the same in that language. */
  readonly isLocalized?: true
  /** Whether people or codes trust it: a verified client that changes it has to be verified again. */
  readonly isTrusted?: true
  /** Whether the framework does not know it. It keeps the value as it is. */
  readonly isOurs?: true
}

/** How many grant types, and how many response types, a client may register; there are fewer to name. */
export const mostTypes = 20

/** The grant types of a client that registers none. */
export const defaultGrantTypes = ['authorization_code', 'refresh_token'] as const

const text = z.string({ error: 'must be a string' }).min(1, { error: 'must not be empty' })
const word = text.max(200, { error: 'must have 200 characters at most', abort: true })
const trueOrFalse = z.boolean({ error: 'must be true or false' })
const code = z.literal('code', { error: 'must be "code"' })
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const

/** @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#appendix-A RFC 6749, Appendix A.1 and A.2} */
const credential = text.regex(/^[ -~]*$/, {
  error: 'must have no characters but letters, digits, signs and spaces of ASCII',
})

// RFC 5321, Section 4.5.3.1.3
const email = z
  .string({ error: 'must be an email address' })
  .max(254, { error: 'must have 254 characters at most', abort: true })
  .pipe(z.email({ error: 'must be an email address' }))

const oneOf = (...values: readonly string[]): z.ZodType =>
  z.enum(values, { error: `must be ${values.map((value) => `"${value}"`).join(' or ')}` })

const redirectUris = { of: 'URIs', most: mostRedirectUris }
const shownPage = { schema: webUri, isLocalized: true, isTrusted: true } as const

/** Every member that a client can have. Any other one is ignored (RFC 7591, Section 2). */
export const members: Readonly<Record<MemberName, Member>> = {
  client_id: { schema: credential, by: 'server' },
  client_secret: { schema: credential, by: 'server' },
  client_name: { schema: clientName, isLocalized: true, isTrusted: true },
  client_uri: shownPage,
  logo_uri: shownPage,
  tos_uri: shownPage,
  policy_uri: shownPage,
  contacts: { schema: listOfUnique(email, { of: 'email addresses', most: 20 }), isTrusted: true },
  initiation_uri: { schema: webUri, isTrusted: true, isOurs: true },
  settings_uri: { schema: webUri, isTrusted: true, isOurs: true },
  redirect_uris: {
    schema: listOfUnique(redirectUri, redirectUris, toOneSpelling),
    isTrusted: true,
  },
  scope: { schema: text, isTrusted: true },
  optional_scope: { schema: text, isTrusted: true, isOurs: true },
  grant_types: { schema: listOf(word, { of: 'grant types', most: mostTypes }) },
  response_types: { schema: listOf(code, { of: 'response types', most: mostTypes }) },
  application_type: { schema: oneOf('web', 'native'), isTrusted: true },
  token_endpoint_auth_method: {
    schema: z.enum(methods, { error: `must be ${methods.join(', ')}` }),
  },
  subject_type_preference: {
    schema: oneOf('company', 'organization'),
    isTrusted: true,
    isOurs: true,
  },
  pkce_exception: { schema: trueOrFalse, by: 'operator', isOurs: true },
  test: { schema: trueOrFalse, by: 'operator takes away', isOurs: true },
  verified: { schema: trueOrFalse, by: 'operator', isOurs: true },
  dpop_bound_access_tokens: { schema: trueOrFalse },
  require_pushed_authorization_requests: { schema: trueOrFalse },
}

/** Returns what the table says of a member; undefined if no client can have it. */
export const findMember = (name: string): Member | undefined =>
  Object.hasOwn(members, name) ? members[name as MemberName] : undefined

/** The members that the framework must be told of: it drops unknown members and those with a language tag. */
export const membersForFramework: readonly string[] = [
  ...Object.keys(members).filter((name) => findMember(name)?.isOurs),
  'localized',
]
