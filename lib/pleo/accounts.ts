import type { Context } from 'koa'
import type { HostWords } from './scopes.ts'
import type { SubjectType } from './subject.ts'

/** A person, as pages show them. The id is the host's own and never leaves this server. */
export interface Account {
  /** The host's id of the person; stable, never reused, not empty. */
  readonly accountId: string
  /** The name of the person on pages. */
  readonly name: string
  /** Shown beside the name, so that people with two accounts know which one this is. */
  readonly email?: string
  /**
   * The person's time zone, for dates on pages: an IANA name, such as `Europe/Copenhagen`. A wrong one counts as left out, with a
   * warning of the process.
   *
   * @defaultValue `views.timeZone`
   */
  readonly timeZone?: string
}

/** A company or organization that a person belongs to. */
export interface SubjectChoice {
  /** The subject URN: `urn:pleo:company:<uuid>` or `urn:pleo:organization:<uuid>`. */
  readonly urn: string
  /** Its name, as pages show it. */
  readonly name: string
  /** More to tell it from others, for example country or registration number, in the language that `subjects` was asked for. */
  readonly detail?: string
  /** Whether this person may connect applications to it. */
  readonly mayConnect: boolean
  /** If the person may not connect it: the reason, in words for the person, best in every language of the pages. */
  readonly reason?: string | HostWords
  /** If the person may not connect it: names of people who may. Pages say so in the person's language. */
  readonly administrators?: readonly string[]
  /**
   * If it is an organization: its companies, so that the person sees which ones the access is good for.
   *
   * @defaultValue the page says that the access covers every company of the organization
   */
  readonly companies?: OrganizationCompanies
}

/** The companies of an organization. */
export interface OrganizationCompanies {
  /** Their names, in any order. */
  readonly names: readonly string[]
  /** Whether the access also covers companies that join the organization later. Your API decides that. */
  readonly includesLater: boolean
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
   * Returns the person with that id, or `undefined` if the host knows none, or no longer.
   * Called on every page. If it throws, the answer is 500, and nothing changes.
   */
  find(accountId: string): Promise<Account | undefined> | Account | undefined

  /**
   * Returns the companies or the organizations that the person belongs to, with and without the authority
   * to connect them, in any order: pages sort them by name. Called when the page is shown, and again when the choice is posted.
   *
   * @param options - `language`: that of the page, for `detail` and `reason`. It is one of the languages there are pages in (BCP 47),
   * and `en` if no page shows them.
   */
  subjects(
    accountId: string,
    options: { readonly type: SubjectType; readonly language: string },
  ): Promise<readonly SubjectChoice[]> | readonly SubjectChoice[]

  /**
   * Says whether a connection goes on. Called at each refresh. A connection belongs to the company: it
   * continues when the person who granted it leaves, unless this returns `false`, which ends the grant.
   * If it throws, the answer is 500, and nothing changes.
   *
   * @defaultValue always
   */
  mayContinue?(grant: GrantInfo): Promise<boolean> | boolean
}

/** People who sign in on this server's own page. */
export interface AccountsWithPassword extends AccountsBase {
  /**
   * Checks what a person typed. Returns the person's account id, or `undefined` if name and
   * password do not match. Attempts are limited before it is called (`limits.signInAccount`, `limits.signInAddress`).
   *
   * @param ctx - the context of the host's application this server is mounted in, as for
   * {@link AccountsWithHostSignIn.signedIn}: with its address (`ctx.ip`) and its headers
   */
  authenticate(
    credentials: { readonly username: string; readonly password: string },
    ctx: Context,
  ): Promise<string | undefined> | string | undefined
  /**
   * Pages of the host that the sign-in page links to, in a new tab: `https` URLs (`http` for loopback hosts), or paths on the
   * issuer's origin.
   *
   * @defaultValue no links
   */
  readonly links?: { readonly forgottenPassword?: string; readonly help?: string }
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
   * session the host's own middleware put there; without a host, the context of this server
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
  readonly links?: never
}

/** How the host knows its people, with one of two ways to sign in. */
export type Accounts = AccountsWithPassword | AccountsWithHostSignIn
