import type { OrganizationCompanies } from '../pleo/accounts.ts'

/** The client, in its own words: text of a stranger. */
export interface ShownClient {
  readonly name: string
  /** Shown if there is no logo. */
  readonly initials: string
  /** URL of the logo, on this server. */
  readonly logo: string | null
  /** The client's own page, `https` or `http`. */
  readonly uri: string | null
  /** Host of that page. */
  readonly host: string | null
  /** `https` or `http`. */
  readonly policyUri: string | null
  /** `https` or `http`. */
  readonly tosUri: string | null
  readonly contacts: readonly ShownContact[]
  /** Under development: registered as `test`. */
  readonly isTest: boolean
  /** Registered as `verified`: somebody has checked who provides it. */
  readonly isVerified: boolean
}

/** An address of the developer. */
export interface ShownContact {
  readonly text: string
  /** `mailto:`; `null` if the text is cut. */
  readonly url: string | null
}

/** The application of a client, for people who want to go back there. */
export interface ShownApplication {
  readonly name: string
  /** The page on which a person starts in the application, or else the page about it, `https` or `http`; `null` if it named neither. */
  readonly url: string | null
}

/** The person signed in. */
export interface ShownAccount {
  readonly name: string
  readonly email: string | null
}

/** A company or organization that can be chosen, or why it cannot. */
export interface ShownSubject {
  readonly urn: string
  readonly name: string
  readonly detail: string | null
  readonly mayConnect: boolean
  /** The reason why the person may not connect it, in the host's words. */
  readonly reason: string | null
  /** If the person may not connect it: names of people who may. */
  readonly administrators: readonly string[]
  readonly isChecked: boolean
  /** The companies of an organization; `null` for a company, or if the host does not say. */
  readonly companies: OrganizationCompanies | null
  /** When the client was last connected to it; `null` if it is not connected. */
  readonly connectedSince: Date | null
  /** Descriptions of scopes that the client would get beyond that. */
  readonly newAccess: readonly string[]
}

/** Why a person may not connect companies or organizations. */
export interface ShownRefusal {
  /** In the host's words. */
  readonly reason: string | null
  /** Names of people who may. */
  readonly administrators: readonly string[]
  readonly subjects: readonly ShownSubject[]
}

/** A scope, as people read it. */
export interface ShownScope {
  /** The technical name. */
  readonly name: string
  /** All technical names that have these words. */
  readonly names: readonly string[]
  readonly description: string
  /** The data that can be read, or the changes that can be made; `null` if the catalogue does not name them. */
  readonly contains: string | null
  readonly access: 'read' | 'write'
  /** The description begins with what the app may do, as the words of this library do. Those of a host may not. */
  readonly saysAccess: boolean
  /** The person decides on it: a tick box named `scope`, with the technical name as its value. */
  readonly isOptional: boolean
  readonly isTicked: boolean
  /** It was not part of the connection that is there: known if there is one subject, or if one is preselected. */
  readonly isNew: boolean
}

/** The scopes about one kind of thing: `accounts:read` and `accounts:write`. */
export interface ShownResource {
  readonly name: string
  readonly scopes: readonly ShownScope[]
}

/** How the scopes that are asked for differ from those that the client has. */
export interface ShownChanges {
  readonly added: readonly ShownResource[]
  readonly kept: readonly ShownResource[]
  /** How many scopes are kept. */
  readonly keptCount: number
}

/** A connection in words. */
export interface ShownConnection {
  readonly client: ShownClient
  readonly subject: { readonly name: string; readonly detail: string | null }
  readonly settingsUri: string | null
  /** Those that let the client read come first. */
  readonly scopes: readonly Pick<ShownScope, 'name' | 'description' | 'access'>[]
  /** Who connected it, and when. */
  readonly granted: string
  /** When it was last used. */
  readonly used: string
  /** When it ends if it is not used, in few words. */
  readonly nextEnd: string
  /** When it ends if it is not used, and when at the latest. */
  readonly ends: string
  /** The page on which it is ended. */
  readonly disconnectUrl: string
}

/** The connections of one client, or of one subject. */
export interface ShownConnectionGroup {
  /** `null` if the list is by subject. */
  readonly client: ShownClient | null
  /** `null` if the list is by client. */
  readonly subject: ShownConnection['subject'] | null
  /** Whether its connections are in sight from the start. */
  readonly isOpen: boolean
  readonly connections: readonly ShownConnection[]
}

/** A link to the same list in another view. */
export interface ShownView {
  readonly label: string
  /** How many connections it shows, as the language writes numbers; `null` if it shows the same ones. */
  readonly count: string | null
  readonly url: string
  readonly isCurrent: boolean
}
