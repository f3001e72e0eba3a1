import type { Client } from 'oidc-provider'
import type { ShownApplication } from './page-data.ts'
import { localizedFor } from '../clients/metadata-values.ts'

/** The page where a person starts in the application, or else the page about it, in that language. */
export const toApplication = (client: Client, language: string): ShownApplication => ({
  name: nameOf(client, language),
  url:
    webUri(client['initiation_uri']) ??
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

/** How many characters a text of a client has: enough for every name, too few to bury the page. */
const maxLength = 120

export function shorten(text: string): string {
  const characters = Array.from(text)
  return characters.length > maxLength ? `${characters.slice(0, maxLength).join('')}…` : text
}

/** A link that leads to a page and nowhere else. */
export const webUri = (value: unknown): string | null =>
  typeof value === 'string' && /^https?:$/.test(URL.parse(value)?.protocol ?? '') ? value : null
