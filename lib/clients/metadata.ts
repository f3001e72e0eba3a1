import type { SubjectType } from '../pleo/subject.ts'

/**
 * A client in the member names of its registration.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2 RFC 7591, Section 2}
 */
export interface ClientMetadata {
  readonly client_id: string
  /** Required unless `token_endpoint_auth_method` is `none`. */
  readonly client_secret?: string
  /** Shown to people. */
  readonly client_name?: string
  readonly client_uri?: string
  readonly logo_uri?: string
  readonly tos_uri?: string
  readonly policy_uri?: string
  readonly contacts?: readonly string[]
  /**
   * Where the browser goes with the answer; a request names one of these, character by character.
   * `https`, or `http` for loopback hosts.
   */
  readonly redirect_uris?: readonly string[]
  /**
   * `native` for applications on a person's own machine: those may have redirect URIs of a private
   * scheme, a domain name in reverse (RFC 8252, Section 7.1).
   *
   * @defaultValue `web`
   */
  readonly application_type?: 'web' | 'native'
  /** The scopes the client may ask for, space-separated. Required for clients that ask people. */
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
}
