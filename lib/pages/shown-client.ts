import type { Client } from 'oidc-provider'
import { localizedFor } from '../clients/metadata-values.ts'
import { isOnSite } from '../clients/uris.ts'
import type { Logos } from './logos/logos.ts'
import type { ShownApplication, ShownClient, ShownContact } from './shown-data.ts'

/**
 * The client, as pages show it.
 *
 * @param redirectUris - the redirect URI of the request; all of the client if there is no request
 */
export function toShownClient(
  client: Client,
  logos: Logos,
  language: string,
  redirectUris: readonly string[] = client.redirectUris ?? [],
): ShownClient {
  const name = nameOf(client, language)
  const inLanguage = (member: Parameters<typeof localizedFor>[1]) =>
    localizedFor(client['localized'], member, language)
  const page = inLanguage('client_uri') ?? client.clientUri
  // A client can name any page. It belongs to the developer if the answer goes to the same site.
  const uri = page !== undefined && isOnSite(page, redirectUris) ? page : undefined
  const logoUri = inLanguage('logo_uri') ?? client.logoUri
  return {
    name,
    initials: toInitials(name),
    logo: logos.urlOf({ clientId: client.clientId, logoUri }),
    uri: uri ?? null,
    host: hostOf(uri),
    policyUri: inLanguage('policy_uri') ?? client.policyUri ?? null,
    tosUri: inLanguage('tos_uri') ?? client.tosUri ?? null,
    contacts: (client.contacts ?? []).slice(0, maxContacts).map(toContact),
    isTest: client['test'] === true,
    isVerified: client['verified'] === true,
  }
}

/**
 * All that {@link toShownClient} shows, as it is registered. It has every language: the person may change it before the answer.
 */
export const toRegisteredAs = (client: Client): readonly unknown[] => [
  client.clientName,
  client.clientUri,
  client.logoUri,
  client.policyUri,
  client.tosUri,
  client.contacts,
  Object.entries(Object(client['localized']) as object).toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  ),
  client['test'] === true,
  client['verified'] === true,
]

/** A client of which nothing but a name is known, for example because it was removed. */
export const toNamedClient = (name: string): ShownClient => ({
  name,
  initials: '',
  logo: null,
  uri: null,
  host: null,
  policyUri: null,
  tosUri: null,
  contacts: [],
  isTest: false,
  isVerified: false,
})

/** The page where a person starts in the application. */
export const startUrlOf = (client: Client): string | null => webUri(client['initiation_uri'])

/** The page where a person starts in the application, or else the page about it, in that language. */
export const toApplication = (client: Client, language: string): ShownApplication => ({
  name: nameOf(client, language),
  url:
    startUrlOf(client) ??
    webUri(localizedFor(client['localized'], 'client_uri', language)) ??
    webUri(client.clientUri),
})

/** The name of the client for people who read that language. */
export const nameOf = (client: Client, language: string): string =>
  shorten(
    localizedFor(client['localized'], 'client_name', language) ??
      client.clientName ??
      client.clientId,
  )

/** How many contacts are shown. */
const maxContacts = 3

/** How many characters a text of a client has: enough for every name, too few to bury the page. */
const maxLength = 120

function shorten(text: string): string {
  const characters = Array.from(text)
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : text
}

/** A link in the text of a stranger leads to a mailbox, and adds nothing to the message. */
function toContact(contact: string): ShownContact {
  const text = shorten(contact)
  const [, mailbox = '', domain = ''] = /^([^\s@]+)@([a-z\d.-]+)$/i.exec(text) ?? []
  return { text, url: mailbox ? `mailto:${encodeURIComponent(mailbox)}@${domain}` : null }
}

/** A link that leads to a page and nowhere else. */
export const webUri = (value: unknown): string | null =>
  typeof value === 'string' && hostOf(value) !== null ? value : null

/** The host of a page; `null` for every other URI, because the host of a private scheme would tell nothing. */
export function hostOf(uri: string | undefined): string | null {
  const { protocol = '', host = '' } = URL.parse(uri ?? '') ?? {}
  return /^https?:$/.test(protocol) ? host : null
}

const graphemes = new Intl.Segmenter()

function toInitials(name: string): string {
  return name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => graphemes.segment(word).containing(0)?.segment.toUpperCase())
    .join('')
}
