import type { Accounts } from '../pleo/accounts.ts'
import type { Configuration, JWKS } from 'oidc-provider'
import type { ClientMetadata } from '../clients/members.ts'
import type { ProofAlgorithm } from '../validation/dpop-proof.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import type { SubjectType } from '../pleo/subject.ts'
import type { Limiter, LimiterRule, Storage } from '../storage.ts'
import type { ViewsOptions } from '../pages/views-options.ts'

/**
 * The options of {@link createAuthorizationServer}. Four are required: `issuer`, `cookieKeys`, `accounts` (see `pleo/accounts.ts`) and
 * `resourceServer`. All are checked at once, before anything starts.
 */
export interface AuthorizationServerOptions {
  /**
   * The issuer identifier: the URL this server is reached at, as clients see it. Every endpoint URL
   * derives from it and never from the `Host` header. A path in it is the prefix the server answers
   * below. It must be `https`, except for loopback hosts, and have no query, no fragment and no trailing slash. An https issuer counts
   * as production, whatever `NODE_ENV` says.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc8414.html#section-2 RFC 8414, Section 2}
   */
  readonly issuer: string

  /**
   * Where sessions, grants and tokens are kept.
   *
   * @defaultValue memory of this process, lost at its end. In production (`NODE_ENV`, or an https issuer) leaving it out
   * is refused: pass an adapter, or `createMemoryAdapter()` to say so outright.
   */
  readonly storage?: Storage

  /**
   * Secrets that sign the cookies: the first signs, all verify, so that the next one can be the second for a while. At least one; in
   * production (`NODE_ENV`, or an https issuer) each must have 32 characters or more.
   */
  readonly cookieKeys: readonly string[]

  /**
   * The keys that sign access tokens in JWT format:
   * - `'stored'`: keys (ES256) in the storage, the same for all processes. The first server makes the first one;
   *   `server.signingKeys.rotate()` and `npx pleo-oauth keys rotate` announce the next one, and each process
   *   uses it when its time comes, without a restart.
   * - private keys as a JWK set. The first one signs. To rotate, restart all processes after each step: add the new key as the
   *   last, and after an hour make it the first. Remove the old key when the last token that it signed has expired.
   * - `'ephemeral'`: a key generated in memory, new at every start and another one in each process.
   *
   * @defaultValue as `'ephemeral'`. In production (`NODE_ENV`, or an https issuer) leaving it out is refused: choose one of the three.
   * @see {@link https://www.rfc-editor.org/rfc/rfc7517.html#section-5 RFC 7517, Section 5}
   */
  readonly signingKeys?: JWKS | 'stored' | 'ephemeral'

  /** How the host knows its people and what they may connect. */
  readonly accounts: Accounts

  /** The API the tokens are for. */
  readonly resourceServer: ResourceServerOptions

  /**
   * Clients known from the start.
   *
   * @defaultValue none
   */
  readonly clients?: readonly ClientMetadata[]

  /**
   * Lets secrets of {@link clients} with fewer than 32 characters go on in production. It is meant for clients that have such a
   * secret already. Make new ones with `generateClientSecret`. The process warns of short secrets at every start, also on a
   * loopback issuer, which needs no switch. Not checked: whether a long secret is random.
   *
   * @defaultValue `false`: in production they are refused
   */
  readonly allowShortClientSecrets?: boolean

  /**
   * Lets partners register clients themselves over HTTP, and manage those, by the rules of `server.clients`.
   * Members that only you may set (`verified`, `pkce_exception`) are refused. Scopes, grant types and response types that a client
   * cannot have are left out, and the answer says what is registered; if none is left, it is refused.
   *
   * @defaultValue off
   * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html RFC 7591}, {@link https://www.rfc-editor.org/rfc/rfc7592.html RFC 7592}
   */
  readonly registration?: RegistrationOptions

  /**
   * Hosts of yours that partners may not use, each with the hosts below it: in pages, redirect URIs and contacts, and in reverse as a
   * private scheme. The host of the {@link issuer} and `pleo.io` are among them, loopback hosts never. It holds for clients that
   * register themselves, and not for those of the options, of `server.clients` and of the command line.
   *
   * @defaultValue none beside those
   */
  readonly reservedHosts?: readonly string[]

  /**
   * Signs that names of clients may have beside `& ' ’ - – . , + / ( ) : ! ™ ®`, in one text. Each of them is read as any
   * letter when a name is compared with the product's, and is left out when it is compared with those of other clients.
   *
   * @defaultValue none
   */
  readonly nameSigns?: string

  /** How long things live, in seconds. */
  readonly lifetimes?: Partial<Lifetimes>

  /**
   * How long a client may repeat a refresh whose answer was lost, in seconds, until the server first sees the new tokens
   * in use (the access token: at introspection). The client gets the same refresh token again, and an access token that
   * works with it. After that and after {@link refreshOverlap}, a repeat is a replay, which ends the grant. It does not
   * hold for public clients without DPoP. 0 switches it off.
   *
   * @defaultValue 60; 3600 at most
   * @see {@link https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2 RFC 9700, Section 4.14.2}
   */
  readonly refreshRetryWindow?: number

  /**
   * How long a refresh token still answers after its first use, in seconds, also when the new tokens are in use already.
   * Two workers of one client can then refresh at the same time without a lock: both get the same refresh token, and an
   * access token that works. It holds for clients that authenticate and for tokens that are bound to a DPoP key. The
   * time counts from the first use, by the clock of the storage, and a repeat does not extend it. A token that is older
   * than the one before the current one is refused within its own overlap, and ends nothing. After a revocation of an
   * access token, no repeat is answered. 0 switches it off: then only {@link refreshRetryWindow} is left.
   *
   * @defaultValue 10; 60 at most
   * @see {@link https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2 RFC 9700, Section 4.14.2}
   */
  readonly refreshOverlap?: number

  /**
   * The same as {@link refreshOverlap} for public clients without DPoP. A thief who repeats every refresh of such a client
   * within this time stays unseen until the connection ends. Therefore it is short, and each repeat is an event
   * (`connection.refresh_repeated`). With 0, or if the client uses DPoP, a thief gets nothing by it.
   *
   * @defaultValue 3; 60 at most
   */
  readonly publicRefreshOverlap?: number

  /**
   * Signature algorithms that DPoP proofs may have. Give `bearer()` and `protectedResource()` of the API the same list.
   *
   * @defaultValue `['ES256', 'Ed25519', 'EdDSA']`
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-5.1 RFC 9449, Section 5.1}
   */
  readonly dpopSigningAlgorithms?: readonly ProofAlgorithm[]

  /**
   * Limits what one process stores for authorization requests before anybody signs in. Pushed requests count too if their client
   * does not authenticate, or is unverified and came from open registration. If the limit is reached, new requests get 503 with
   * `Retry-After`, and everything else goes on. One address (IPv6: a /64) may use an eighth. For requests that all other clients push
   * there is a second limit of the same size; one client may use an eighth of it, and then gets 429. A request counts for 10 minutes,
   * or until the person signs in. Records of why requests were refused may use an eighth, for 24 hours.
   *
   * @defaultValue `{ count: 20_000, bytes: 16_777_216 }`; `count` is 8 or more, `bytes` 131,072 or more
   */
  readonly anonymousRequests?: Partial<RequestLimits>

  /**
   * Limits guessing and floods. A request above a limit gets 429 with `Retry-After`. `false` switches all limits off, and a member
   * that is `false` one of them. A member that is left out has its default.
   *
   * Set {@link trustedProxies} behind a proxy. Otherwise all requests seem to come from one address, and share its limits.
   *
   * @defaultValue every limit, with its own default
   * @see {@link https://www.rfc-editor.org/rfc/rfc6819.html#section-4.3.2 RFC 6819, Section 4.3.2}
   */
  readonly limits?: LimitOptions | false

  /**
   * The proxies in front of this server that add the address of their peer to `X-Forwarded-For`: addresses, ranges (CIDR),
   * or `loopback`, `linklocal`, `uniquelocal`, each as a text of its own. Every proxy on the way must be named; otherwise all requests seem to come from the
   * first that is missing. Without it, no header counts, and the address is the one of the connection.
   *
   * @defaultValue none
   */
  readonly trustedProxies?: readonly string[]

  /** The pages people see. */
  readonly views?: ViewsOptions

  /**
   * The last word over the mapping to oidc-provider: receives the finished configuration and returns
   * the one to use. It can switch off rules that this server keeps. Settings that codes and refreshes would leave out
   * throw a `ConfigurationError` that names them: mutual TLS, client attestation, rich authorization requests, the device
   * flow, CIBA, the scope `openid`, and changes to `rotateRefreshToken` and to what else the framework asks for these grants.
   *
   * @defaultValue the configuration as it is
   */
  readonly configure?: (configuration: Configuration) => Configuration
}

/**
 * The limits of {@link AuthorizationServerOptions.limits}. An address is one IPv4 address or one IPv6 network (/64). The defaults for
 * addresses are generous, because all people of a company, or all integrations on a platform, may share one.
 */
export interface LimitOptions {
  /**
   * Wrong passwords for one name that is typed at the sign-in of this server, whether or not somebody has it. Above it, a password is
   * no longer looked at, unless the person signed in from the same address within the last 30 days. That address has a count of its
   * own for the account, of the same size. Not for sign-in at the host (`accounts.signedIn`).
   *
   * @defaultValue `{ count: 10, seconds: 900 }`
   */
  readonly signInAccount?: Limit | false
  /** Wrong passwords from one address. @defaultValue `{ count: 200, seconds: 900 }` */
  readonly signInAddress?: Limit | false
  /**
   * Failed authentications of one client, at every endpoint together. Above it, a secret is no longer looked at, unless the client
   * authenticated from the same address within the last 30 days. That address has a count of its own for the client, of the same size.
   *
   * @defaultValue `{ count: 100, seconds: 900 }`
   */
  readonly clientAuthentication?: Limit | false
  /**
   * Failed authentications of clients from one address, also of clients that do not exist. Above it, only clients that authenticated
   * from this address within the last 30 days still can.
   *
   * @defaultValue `{ count: 2000, seconds: 900 }`
   */
  readonly clientAddress?: Limit | false
  /** Authorization requests from one address. @defaultValue `{ count: 1000, seconds: 60 }` */
  readonly authorization?: Limit | false
  /** Requests that clients push from one address. @defaultValue `{ count: 1000, seconds: 60 }` */
  readonly pushedRequest?: Limit | false
  /** Registrations from one address, also those that are refused. @defaultValue `{ count: 500, seconds: 3600 }` */
  readonly registration?: Limit | false
  /**
   * Creates the counter of a limit, in place of the one of the storage. Called at the start, once for each counter: a function of
   * yours can replace one and hand the others on. If a counter fails, nobody can sign in with a password (503), and everything else
   * goes on.
   *
   * @defaultValue `limiter` of the storage; for a storage without one, a counter in each process, and `check` warns of that
   */
  readonly limiter?: (rule: LimiterRule) => Limiter
}

/** How many in which time. */
export interface Limit {
  /** How many are allowed: 1 or more. */
  readonly count: number
  /** The time, in whole seconds, from the first that counts: 86,400 at most. */
  readonly seconds: number
}

/** How much may wait at the same time. */
export interface RequestLimits {
  /** How many requests. */
  readonly count: number
  /** Bytes of all of them. */
  readonly bytes: number
}

/** The API the tokens are for. */
export interface ResourceServerOptions {
  /**
   * The API's base URL: `aud` of every token, and the only resource that can be asked for. Clients may name it in any equal
   * spelling; tokens, introspection and metadata have this one.
   *
   * @see {@link https://www.rfc-editor.org/rfc/rfc3986.html#section-6.2.2 RFC 3986, Sections 6.2.2 and 6.2.3}
   */
  readonly audience: string
  /**
   * The scopes there are, with the words shown to people.
   *
   * @defaultValue {@link pleoScopes}
   */
  readonly scopes?: ScopeCatalogue
  /**
   * The scopes of an authorization request that names none, as far as the client is registered for them; and of a client that
   * registers itself over HTTP and names none. The person sees them on the page like those that a client asks for.
   *
   * @defaultValue none: a request or a registration must name its scopes
   * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3 RFC 6749, Section 3.3}
   */
  readonly defaultScopes?: readonly string[]
  /**
   * Client ids of the registered resource server: those may introspect every access token. All others
   * only see their own. Not checked: whether there are such clients; they may be added later.
   *
   * @defaultValue none
   */
  readonly clientIds?: readonly string[]
  /**
   * The format of access tokens. `opaque`: only introspection says what a token is good for. `jwt`: signed JWTs (RFC 9068), which
   * the API can verify by itself with the keys at `jwks_uri`. Such an API accepts a token that was revoked, that a refresh
   * replaced, or whose connection ended, until the token expires ({@link Lifetimes.accessToken}, 15 minutes). This server does
   * not see that use: neither {@link ConnectionGrant.lastUsedAt} nor the end of
   * {@link AuthorizationServerOptions.refreshRetryWindow} counts it. Introspection and revocation work the same for both formats.
   * A change counts for tokens that are issued later.
   *
   * For `jwt`, all processes need the same {@link AuthorizationServerOptions.signingKeys}, and the same after a
   * restart: a token of another key is not active. If `configure` switches on client credentials, their JWTs are not active at
   * introspection.
   *
   * @defaultValue `opaque`
   * @see {@link https://www.rfc-editor.org/rfc/rfc9068.html RFC 9068}
   */
  readonly accessTokenFormat?: 'opaque' | 'jwt'
}

/** How clients register themselves. */
export interface RegistrationOptions {
  /**
   * Whether a registration needs a token of `server.clients.createInitialAccessToken`, which is good for one client. With `false`
   * everybody can register clients, also from web pages on other sites (CORS), as many as {@link LimitOptions.registration} allows. Such a
   * client claims no name until it is verified. A client that comes with a token claims its name.
   *
   * @defaultValue `true`
   */
  readonly initialAccessToken?: boolean
  /**
   * The scopes that clients can have at most if they register themselves. Others are left out, of a registration and of a
   * change. A client keeps what it has, and `server.clients.update` can give it more.
   *
   * @defaultValue every scope of the resource server
   */
  readonly scopes?: readonly string[]
  /**
   * The kinds of subject that such clients can ask for. Another `subject_type_preference` is refused.
   *
   * @defaultValue `['company', 'organization']`
   */
  readonly subjectTypes?: readonly SubjectType[]
}

/** How long things live, in seconds: positive whole numbers. */
export interface Lifetimes {
  /** An access token. @defaultValue 900 (15 minutes) */
  readonly accessToken: number
  /** A refresh token, counted anew at every refresh. @defaultValue 5184000 (60 days) */
  readonly refreshToken: number
  /** A grant: the absolute end of a connection, whatever is refreshed. @defaultValue 31536000 (365 days) */
  readonly grant: number
  /** An authorization code. @defaultValue 60 */
  readonly authorizationCode: number
  /** The time a person has to sign in and to decide. @defaultValue 3600 (1 hour) */
  readonly interaction: number
  /** The sign-in of a person on this server, from when the password was typed. @defaultValue 43200 (12 hours) */
  readonly session: number
  /**
   * How long a signing key in the storage is published before it is used. The JWKS may be kept for a quarter of it, 5
   * minutes at most, and each process looks for new keys within another quarter, 10 seconds at most: the rest is
   * for clocks that differ, and for a process that cannot reach the storage. @defaultValue 86400 (1 day)
   */
  readonly keyAnnouncement: number
  /**
   * How long a signing key in the storage is published after the next one is used. It must be {@link Lifetimes.accessToken} and 60
   * seconds at least, because each process signs with the old key until it reads the keys, and clocks differ. If
   * `keyAnnouncement` is below 40, one and a half times that are enough in place of the 60 seconds.
   * @defaultValue {@link Lifetimes.accessToken} and 86400 (1 day)
   */
  readonly keyRetirement: number
}
