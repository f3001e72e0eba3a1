import type { Client } from 'oidc-provider'
import { nameOf, shorten } from '../pages/application.ts'
import { localizedFor } from '../clients/members.ts'
import { isOnSite } from '../clients/uris.ts'
import type { Account } from '../pleo/accounts.ts'
import type { Logos } from '../pages/logos/logos.ts'
import type { ShownAccount, ShownClient } from '../pages/page-data.ts'
import type { OpenInteraction } from './interaction.ts'

/**
 * The client, as pages show it.
 *
 * @param redirectUris - the one that the answer goes to; without a request, all of the client
 */
export function toShownClient(
  client: Client,
  logos: Logos,
  language: string,
  redirectUris: readonly string[] = client.redirectUris ?? [],
): ShownClient {
  const name = nameOf(client, language)
  const localized = client['localized']
  const inLanguage = (member: Parameters<typeof localizedFor>[1]) =>
    localizedFor(localized, member, language)
  const page = inLanguage('client_uri') ?? client.clientUri
  // Any client can name any page. It is the developer's if the answer goes to the same site.
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
    contacts: (client.contacts ?? []).slice(0, maxContacts).map(shorten),
    isTest: client['test'] === true,
    isVerified: client['verified'] === true,
  }
}

/**
 * What {@link toShownClient} shows, as it is registered: in every language, as a page may be shown in one and answered in
 * another.
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

/** How many contacts a client has to say who it is. */
const maxContacts = 3

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

/** The place that the browser goes to after the decision, for people. The host of a private scheme says nothing. */
export const toRedirectHost = ({ redirectUri }: OpenInteraction): string =>
  hostOf(redirectUri) ?? `${new URL(redirectUri).protocol}//`

function hostOf(uri: string | undefined): string | null {
  const { protocol = '', host = '' } = URL.parse(uri ?? '') ?? {}
  return /^https?:$/.test(protocol) ? host : null
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
