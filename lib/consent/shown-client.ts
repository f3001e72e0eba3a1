import type { Client } from 'oidc-provider'
import { nameOf, shorten } from '../pages/application.ts'
import { localizedFor } from '../clients/metadata-values.ts'
import { isOnSite } from '../clients/uris.ts'
import type { Account } from '../pleo/accounts.ts'
import type { Logos } from '../pages/logos/logos.ts'
import type { ConsentData, ShownAccount, ShownClient } from '../pages/page-data.ts'
import { toInteractionUrl } from '../paths.ts'
import type { OpenInteraction } from './interaction.ts'

/** The part that all pages of an interaction have. */
export type Frame = Pick<ConsentData, 'client' | 'action' | 'switchAction' | 'csrf'>

/** @param agreed - the terms that the page shows, to which the person agrees with its form */
export function toFrame(
  { config, logos, formTokens, client, interaction, formBase, redirectUri }: OpenInteraction,
  { language }: { readonly language: string },
  agreed?: readonly unknown[],
): Frame {
  const action = toInteractionUrl(config.issuer, interaction.uid)
  return {
    client: toShownClient(client, logos, language, [redirectUri]),
    action,
    switchAction: `${action}/switch-account`,
    csrf: formTokens.create(formBase, agreed),
  }
}

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
  const localized = client['localized']
  const inLanguage = (member: Parameters<typeof localizedFor>[1]) =>
    localizedFor(localized, member, language)
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
    contacts: (client.contacts ?? []).slice(0, maxContacts).map(shorten),
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

/** The most contacts that are shown. */
const maxContacts = 3

/** A client that was removed, but still has connections. */
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

/** Tells people where the browser goes after the decision. The host of a private scheme would tell nothing. */
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
