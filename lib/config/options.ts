import type { Context } from 'koa'
import type { Configuration, JWKS } from 'oidc-provider'
import type { ClientMetadata } from '../clients/metadata.ts'
import type { ProofAlgorithm } from '../dpop/proof.ts'
import type { HostWords } from '../locales/host-words.ts'
import type { RequestLimits } from '../provider/request-budget.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import type { SubjectType } from '../pleo/subject.ts'
import type { Storage } from '../storage.ts'
import type { Theme } from '../views/theme.ts'

/** What {@link createAuthorizationServer} takes. Everything is checked at once, before anything starts. */
export interface AuthorizationServerOptions {
  /**
   * The issuer identifier: the URL this server is reached at, as clients see it. Every endpoint URL
   * derives from it and never from the `Host` header. A path in it is the prefix the server answers
   * below. An https issuer counts as production, whatever `NODE_ENV` says. `https`, except for loopback hosts; no query, no fragment, no trailing slash.
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
   * What tokens are signed with, where they are JWTs:
   * - `'stored'`: keys (ES256) in the storage, the same for all processes. The first server makes the first one;
   *   `server.signingKeys.rotate()` and `npx pleo-oauth keys rotate` announce the next one, and each process
   *   goes over to it when it is time, without a restart.
   * - private keys as a JWK set, the one to sign with first. To rotate, with a restart of all processes each time: add
   *   the new one as the last, and after an hour make it the first; remove the old one when the last token signed
   *   with it is over.
   * - `'ephemeral'`: a key generated in memory, new at every start and another one in each process.
   *
   * @defaultValue as `'ephemeral'`. In production (`NODE_ENV`, or an https issuer) leaving it out is refused: say which.
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
   * secret already. A short secret is warned of at every start, also on a loopback issuer, where it needs no switch. Make new ones with `generateClientSecret`. Not checked: whether a long secret is random.
   *
   * @defaultValue `false`: in production they are refused
   */
  readonly allowShortClientSecrets?: boolean

  /**
   * Lets partners register clients themselves over HTTP, and manage those, by the rules of `server.clients`.
   * What only you may decide (`verified`, `pkce_exception`) is refused. Scopes, grant types and response types that a client
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
   * How much each process stores for authorization requests for which nobody has signed in yet, also for pushed requests of
   * clients that do not authenticate, or that came from open registration and are not verified. If it is used up, new ones get 503
   * with `Retry-After`; everything else goes on. One address (of IPv6, a /64) gets an eighth of it. All other clients together have
   * the same amount once more for what they push; one of them gets an eighth of that, and then 429. A request counts for 10
   * minutes, or until the person signs in.
   *
   * @defaultValue `{ count: 20_000, bytes: 16_777_216 }`; `count` is 8 or more, `bytes` 131,072 or more
   */
  readonly anonymousRequests?: Partial<RequestLimits>

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
   * the one to use, so that any feature of the framework stays within reach. What it returns is not
   * checked: it can switch off rules that this server keeps.
   *
   * @defaultValue the configuration as it is
   */
  readonly configure?: (configuration: Configuration) => Configuration
}

/** A person, as pages show them. The id is the host's own and never leaves this server. */
export interface Account {
  /** The host's id of the person; stable, never reused, not empty. */
  readonly accountId: string
  /** What the person is called on pages. */
  readonly name: string
  /** Shown beside the name, so that people with two accounts know which one this is. */
  readonly email?: string
  /**
   * The person's time zone, for dates on pages: an IANA name, such as `Europe/Copenhagen`. A wrong one counts as left out, with a
   * warning of the process.
   *
   * @defaultValue {@link ViewsOptions.timeZone}
   */
  readonly timeZone?: string
}

/** A company or organization that a person belongs to. */
export interface SubjectChoice {
  /** The subject URN: `urn:pleo:company:<uuid>` or `urn:pleo:organization:<uuid>`. */
  readonly urn: string
  /** Its name, as pages show it. */
  readonly name: string
  /** More to tell it from others, for example country or registration number. */
  readonly detail?: string
  /** Whether this person may connect applications to it. */
  readonly mayConnect: boolean
  /** Where the person may not: why, in words for the person, best in every language there are pages in. */
  readonly reason?: string | HostWords
  /** Where the person may not: names of people who may. Pages say so in the person's language. */
  readonly administrators?: readonly string[]
}

/** A grant, as the host is asked about it. */
export interface GrantInfo {
  readonly grantId: string
  readonly clientId: string
  /** The subject URN the grant is for. */
  readonly subject: string
  /** The person who granted it. */
  readonly accountId: string
  readonly scopes: readonly string[]
}

interface AccountsBase {
  /**
   * The person with that id, or `undefined` where there is none (any more).
   * Called on every page; throwing answers 500 and changes nothing.
   */
  find(accountId: string): Promise<Account | undefined> | Account | undefined

  /**
   * The companies or the organizations that the person belongs to, with and without the authority
   * to connect them. Called when the page is shown, and again when the choice is posted.
   */
  subjects(
    accountId: string,
    options: { readonly type: SubjectType },
  ): Promise<readonly SubjectChoice[]> | readonly SubjectChoice[]

  /**
   * Whether a connection goes on, asked at each refresh. A connection belongs to the company: it
   * continues when the person who granted it leaves, unless this says `false`, which ends the grant.
   * Throwing answers 500 and changes nothing.
   *
   * @defaultValue always
   */
  mayContinue?(grant: GrantInfo): Promise<boolean> | boolean
}

/** People who sign in on this server's own page. */
export interface AccountsWithPassword extends AccountsBase {
  /**
   * Checks what a person typed. Answers the person's account id, or `undefined` where name and
   * password do not belong together. Attempts are not limited here: limit them by name and by address.
   *
   * @param ctx - the context of the host's application this server is mounted in, as for
   * {@link AccountsWithHostSignIn.signedIn}: with its address (`ctx.ip`) and its headers
   */
  authenticate(
    credentials: { readonly username: string; readonly password: string },
    ctx: Context,
  ): Promise<string | undefined> | string | undefined
  readonly signedIn?: never
  readonly signInUrl?: never
}

/** The account id of a person who is signed in at the host, and when that person signed in. */
export type SignedInAtHost =
  | string
  | {
      readonly accountId: string
      /** When the person last typed the password, or whatever the host asks for: in milliseconds since the epoch. */
      readonly authenticatedAt: number
    }

/** People who sign in at the host, so that a backend whose people are already signed in never asks twice. */
export interface AccountsWithHostSignIn extends AccountsBase {
  /**
   * The person signed in at the host, or `undefined` if nobody is. With the time of the sign-in, this server enforces
   * `prompt=login` and `max_age`: such a person must have signed in since the redirect to {@link signInUrl}, to the second, and
   * is sent there again otherwise. With the account id alone, neither is enforced: the person is sent there once, and counts as
   * signed in anew however often the page of this server is opened. A warning says so, once. A time that cannot be right throws
   * a TypeError, and the person sees an error.
   *
   * @see {@link https://openid.net/specs/openid-connect-core-1_0.html#AuthRequest OpenID Connect Core, Section 3.1.2.1}
   * @param ctx - the context of the host's application this server is mounted in, with whatever
   * session the host's own middleware put there; this server's own where it stands alone
   */
  signedIn(ctx: Context): Promise<SignedInAtHost | undefined> | SignedInAtHost | undefined
  /**
   * The host's own sign-in page. Absolute, or a path on the issuer's origin. It receives:
   *
   * - `return_to`: an absolute URL below the issuer, to which the page sends the person afterwards.
   * - `prompt=login`, if the person must sign in anew. The client asked for that with `prompt=login`; or with a `max_age` that is over,
   *   or with any if {@link signedIn} does not say when the person signed in.
   * - `prompt=select_account`, if the person wants to be somebody else, or the client asked for it. If both apply, it is `login`.
   * - `login_hint` and `ui_locales`, as the client sent them. They are text of a stranger.
   */
  readonly signInUrl: string
  readonly authenticate?: never
}

/** How the host knows its people, with one of two ways to sign in. */
export type Accounts = AccountsWithPassword | AccountsWithHostSignIn

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
   * What access tokens are. `opaque`: only introspection tells what they say. `jwt`: signed JWTs (RFC 9068), which
   * the API can verify by itself, with the keys at `jwks_uri`. Given up with that: whoever verifies so takes a token
   * that was revoked, that a refresh replaced, or whose connection was ended, for good until its end
   * ({@link Lifetimes.accessToken}, 15 minutes); and is not seen using it, neither in
   * {@link ConnectionGrant.lastUsedAt} nor by what ends {@link AuthorizationServerOptions.refreshRetryWindow}.
   * Introspection and revocation are the same for both. A change of this counts for what is issued
   * from then on.
   *
   * For `jwt`, all processes need the same {@link AuthorizationServerOptions.signingKeys}, and the same after a
   * restart: a token of another key is not active. Where `configure` switches on client credentials, introspection
   * knows nothing of their JWTs.
   *
   * @defaultValue `opaque`
   * @see {@link https://www.rfc-editor.org/rfc/rfc9068.html RFC 9068}
   */
  readonly accessTokenFormat?: 'opaque' | 'jwt'
}

/** How clients register themselves. */
export interface RegistrationOptions {
  /**
   * Whether it takes a token of `server.clients.createInitialAccessToken`, which is good for one client. With `false`
   * everybody registers clients, as many as they like, also from web pages on other sites (CORS): what keeps that within bounds
   * has to stand before this server. Such a client claims no name until it is verified. One that comes with a token claims its own.
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
   * How long a signing key in the storage is published after the next one is used: {@link Lifetimes.accessToken} and 60
   * seconds at least, as each process goes on to sign with it until it looks, and clocks differ. Where `keyAnnouncement`
   * is below 40, one and a half times that are enough in place of the 60 seconds.
   * @defaultValue {@link Lifetimes.accessToken} and 86400 (1 day)
   */
  readonly keyRetirement: number
}

/** The pages people see. */
export interface ViewsOptions {
  /**
   * Folders whose files replace ours of the same name, first match first: templates, the style sheet
   * `styles.css`, and `filter.js`, the script that filters long lists. A template can extend ours to replace
   * single blocks of it: `{% extends 'pleo/consent.njk' %}`; a style sheet can begin with ours, to add to it:
   * `@import 'pleo/styles.css';`. What each page has is said in `PageData`, and what
   * every page has besides in `CommonData`; there is nothing else.
   *
   * Checked when the server is created, by drawing every page in each of its states: a template that cannot be
   * drawn, names what does not exist, or lacks what the page is for is refused, by file and line.
   *
   * @defaultValue none
   */
  readonly directories?: readonly string[]

  /**
   * What templates of the host have as `locals`, on every page.
   *
   * @defaultValue nothing
   */
  readonly locals?: Readonly<Record<string, unknown>>

  /**
   * Colours, corners, fonts, logo and product name.
   *
   * @defaultValue ours
   */
  readonly theme?: Theme

  /**
   * Folders with files `<language>.json` (language tags, BCP 47) whose texts replace ours at the same path, or
   * add a language, first match first; what a file leaves out falls back to English. Texts for templates of the
   * host's own have paths that begin with `own.`, and are there in English at least. Checked when the server is
   * created: a path or a placeholder that the English texts do not have is refused.
   *
   * @defaultValue none
   */
  readonly locales?: readonly string[]

  /**
   * The time zone of dates on pages, for people whose {@link Account.timeZone} the host does not know: an IANA name, such as
   * `Europe/Copenhagen`.
   *
   * @defaultValue none: such a date has the time, in UTC, and says so
   */
  readonly timeZone?: string
}
