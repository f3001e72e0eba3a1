import type { Client } from 'oidc-provider'
import type { Logos } from '../logos/logos.ts'
import type { Account, SubjectChoice } from '../config/options.ts'
import type { OpenInteraction } from './interaction.ts'

/** The client, as pages show it. */
export async function toShownClient(client: Client, logos: Logos): Promise<object> {
  const name = client.clientName ?? client.clientId
  return {
    name,
    initials: toInitials(name),
    logo: await logos.urlOf(client),
    uri: client.clientUri ?? null,
    host: hostOf(client.clientUri),
    policyUri: client.policyUri ?? null,
    tosUri: client.tosUri ?? null,
    contacts: client.contacts ?? [],
  }
}

/** The person signed in, as pages show them. */
export const toShownAccount = ({ name, email }: Account): object => ({ name, email: email ?? null })

/** The subjects, as pages show them, with the chosen one marked. */
export function toShownSubjects(
  offer: readonly SubjectChoice[],
  chosen: unknown,
): readonly object[] {
  return offer.map(({ urn, name, detail, mayConnect, reason }) => ({
    urn,
    name,
    detail: detail ?? null,
    mayConnect,
    reason: reason ?? null,
    checked: urn === chosen,
  }))
}

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
