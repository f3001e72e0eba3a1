import type { Client } from 'oidc-provider'
import { isOnSite } from '../clients/hosts.ts'
import { localizedFor } from '../clients/localized.ts'
import type { Account } from '../config/options.ts'
import type { Logos } from '../logos/logos.ts'
import type { ShownAccount, ShownClient } from '../views/page-data.ts'
import type { OpenInteraction } from './interaction.ts'

/** The client, as pages show it. */
export async function toShownClient(
  client: Client,
  logos: Logos,
  language: string,
): Promise<ShownClient> {
  const name = nameOf(client, language)
  const localized = client['localized']
  const inLanguage = (member: Parameters<typeof localizedFor>[1]) =>
    localizedFor(localized, member, language)
  const page = inLanguage('client_uri') ?? client.clientUri
  // Any client can name any page: it is the developer's if answers for the client go to the same site.
  const uri = page !== undefined && isOnSite(page, client.redirectUris ?? []) ? page : undefined
  const logoUri = inLanguage('logo_uri') ?? client.logoUri
  return {
    name,
    initials: toInitials(name),
    logo: await logos.urlOf({ logoUri }),
    uri: uri ?? null,
    host: hostOf(uri),
    policyUri: inLanguage('policy_uri') ?? client.policyUri ?? null,
    tosUri: inLanguage('tos_uri') ?? client.tosUri ?? null,
    contacts: (client.contacts ?? []).slice(0, maxContacts).map(shorten),
    isTest: client['test'] === true,
    isVerified: client['verified'] === true,
  }
}

/** What people who read that language know the client by. */
export const nameOf = (client: Client, language: string): string =>
  shorten(
    localizedFor(client['localized'], 'client_name', language) ??
      client.clientName ??
      client.clientId,
  )

/** How many characters and contacts a client has to say who it is: enough for every name, too few to bury the page. */
const maxLength = 120
const maxContacts = 3

function shorten(text: string): string {
  const characters = Array.from(text)
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : text
}

/** A client that is there no more, but of which something is left. */
export const toGoneClient = (clientId: string): ShownClient => ({
  name: clientId,
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

/** The person signed in, as pages show them. */
export const toShownAccount = ({ name, email }: Account): ShownAccount => ({
  name,
  email: email ?? null,
})

/** Where the browser goes after the decision, for people. */
export const toRedirectHost = ({ redirectUri }: OpenInteraction): string =>
  hostOf(redirectUri) ?? `${new URL(redirectUri).protocol}//`

function hostOf(uri: string | undefined): string | null {
  return (uri && URL.parse(uri)?.host) || null
}

function toInitials(name: string): string {
  const graphemes = new Intl.Segmenter()
  return name
    .split(/\s+/)
    .filter(Boolean)
    .slice(0, 2)
    .map((word) => graphemes.segment(word).containing(0)?.segment.toUpperCase())
    .join('')
}
