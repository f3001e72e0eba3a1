import type { SubjectType } from '../pleo/subject.ts'
import type {
  ShownAccount,
  ShownApplication,
  ShownChanges,
  ShownClient,
  ShownConnection,
  ShownConnectionGroup,
  ShownRefusal,
  ShownResource,
  ShownSubject,
  ShownView,
} from './shown-data.ts'

/** The data of `consent.njk`. */
export interface ConsentData {
  readonly client: ShownClient
  readonly account: ShownAccount
  readonly subjectType: SubjectType
  /** The subjects of the person by name, those that cannot be chosen last. In a long list, the chosen one comes first. */
  readonly subjects: readonly ShownSubject[]
  /** The only one; `null` if there are several. */
  readonly single: ShownSubject | null
  /** The one that the client asked for, if there are others. */
  readonly preselected: ShownSubject | null
  /** Those others; all of them if the client asked for none. */
  readonly others: readonly ShownSubject[]
  readonly resources: readonly ShownResource[]
  readonly canRead: boolean
  readonly canChange: boolean
  readonly hasOptional: boolean
  /** Paths of texts that name what the client does not get access to. */
  readonly notShared: readonly string[]
  /** How these differ from the access that is there: known if there is one subject, or if one is preselected. Otherwise `null`. */
  readonly changes: ShownChanges | null
  /** How long the access lasts at most. */
  readonly lifetimeDays: number
  readonly endsAt: Date
  /** The access ends sooner if it is not used for so many days; `null` if that makes no difference. */
  readonly unusedDays: number | null
  /** The host that the browser goes to after the decision. */
  readonly redirectHost: string
  /** The URL of the page on which the person sees and ends connections. */
  readonly connectionsUrl: string
  /** The URL that the form is posted to: `csrf`, `subject` (a URN), `scope` (each ticked one), `decision` (`allow` or `decline`). */
  readonly action: string
  /** The URL that the form to use another account is posted to: `csrf`. */
  readonly switchAction: string
  readonly csrf: string
  /** Path of the text that names the mistake in the decision. */
  readonly error: string | null
}

/** The data of `cannot-connect.njk`. */
export interface CannotConnectData {
  readonly client: ShownClient
  readonly account: ShownAccount
  readonly subjectType: SubjectType
  readonly subjects: readonly ShownSubject[]
  /** The same ones. Those that are refused for one reason and have the same people to ask are together. */
  readonly refusals: readonly ShownRefusal[]
  /** The page on which the connection starts in the application (`initiation_uri`), to send to somebody else. */
  readonly startUrl: string | null
  /** The URL that the form is posted to: `csrf`, `decision` (`decline`). */
  readonly action: string
  readonly switchAction: string
  readonly csrf: string
}

/** The data of `login.njk`. */
export interface LoginData {
  /** The client that the person signs in for; `null` if there is no client. */
  readonly client: ShownClient | null
  /** The URL that the form is posted to: `csrf`, `username`, `password`, and `decision` (`decline`) if there is a client. */
  readonly action: string
  readonly csrf: string
  /** Whether the person is signed in, and has to type the password once more for the client. */
  readonly isAgain: boolean
  /** Pages of the host: `accounts.links`. */
  readonly links: { readonly forgottenPassword: string | null; readonly help: string | null }
  /** The name that the person typed before, the client's guess, or the email address of the person who is signed in. */
  readonly username: string
  /** Path of the text that names the mistake. */
  readonly error: string | null
}

/** The data of `select-account.njk`. */
export interface SelectAccountData {
  readonly client: ShownClient
  readonly account: ShownAccount
  /** The URL that the form is posted to: `csrf`, `decision` (`continue` or `decline`). */
  readonly action: string
  /** The URL that the form to use another account is posted to: `csrf`. */
  readonly switchAction: string
  readonly csrf: string
}

/** The data of `connections.njk`. */
export interface ConnectionsData {
  readonly account: ShownAccount
  /** The connection that the person has just ended. */
  readonly done: { readonly client: string; readonly subject: string } | null
  /** `null` if people sign out at the host. */
  readonly signOutUrl: string | null
  /** How many connections there are. */
  readonly total: number
  /** How many of them the chosen filter shows. */
  readonly shown: number
  /** The connections, by client or by subject, sorted by name. */
  readonly groups: readonly ShownConnectionGroup[]
  /** Links to the list by client and by subject; empty if the list is short. */
  readonly groupings: readonly ShownView[]
  /** Links to all connections, to those that nobody uses, and to those that end soon; empty if the list is short. */
  readonly filters: readonly ShownView[]
}

/** The data of `disconnect.njk`. */
export interface DisconnectData {
  readonly client: ShownClient
  readonly clientId: string
  readonly subject: { readonly urn: string; readonly name: string }
  /** The connection that ends; `null` if there is none any more, or no redeemed one yet. */
  readonly connection: ShownConnection | null
  /** For how many minutes the last access token may still be accepted, if it is signed; 0 if access ends at once. */
  readonly lingersMinutes: number
  /** The URL that the form is posted to: `csrf`, `client_id`, `subject`. */
  readonly action: string
  /** The list, as the person left it. */
  readonly connectionsUrl: string
  readonly csrf: string
}

/** The data of `sign-out.njk`. */
export interface SignOutData {
  /** Nobody is signed in any more. */
  readonly isDone: boolean
  /** The URL that the form is posted to: `csrf`. */
  readonly action: string
  readonly connectionsUrl: string
  readonly csrf: string
}

/** The data of `answered.njk`: a person comes back to a request that has an answer. */
export interface AnsweredData {
  /** The decision of this person. */
  readonly outcome: 'allowed' | 'declined'
  readonly application: ShownApplication
  /** The name of the company or organization that access was allowed to; `null` if access was declined, or if the name is not known any more. */
  readonly subject: string | null
  /** The URL of the page on which the person sees and ends connections. */
  readonly connectionsUrl: string
}

/** The data of `error.njk`. */
export interface ErrorData {
  /** Path of the text. */
  readonly title: string
  /** Path of the text. */
  readonly message: string
  /** The error code of the protocol. */
  readonly code: string
  /** For developers, in English, partly in the words of the sender of the request. */
  readonly details: string | null
  /** The URL at which the person can go on. */
  readonly continueUrl: string | null
  /** The URL at which the same may work in a moment; `null` if it would fail again. */
  readonly retryUrl: string | null
  /** The application that sent the person here; `null` if that is not certain. */
  readonly application: ShownApplication | null
  /** The URL of the page on which the person sees and ends connections; `null` if the browser keeps no cookies. */
  readonly connectionsUrl: string | null
  /** The text to give to support: lines of plain text in English, with the code, the time and an id that is in the log. */
  readonly support: string
}

/** The pages there are, each with the data that its template has. */
export interface PageData {
  readonly login: LoginData
  readonly 'select-account': SelectAccountData
  readonly consent: ConsentData
  readonly 'cannot-connect': CannotConnectData
  readonly connections: ConnectionsData
  readonly disconnect: DisconnectData
  readonly 'sign-out': SignOutData
  readonly answered: AnsweredData
  readonly error: ErrorData
}

/** The name of a page: that of its template. */
export type Page = keyof PageData
