import { toScopeDescription } from '../locales/scope-words.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import type { LocalizedPage } from '../views.ts'
import type { ShownConnection } from './shown.ts'

interface Words {
  readonly page: LocalizedPage
  readonly catalogue: ScopeCatalogue
  /** Where the person confirms that it is disconnected. */
  readonly disconnectUrl: string
}

/** A connection in the words of the page. */
export function toConnectionWords(
  { client, settingsUri, scopes, grantedBy, ...times }: ShownConnection,
  { page, catalogue, disconnectUrl }: Words,
): object {
  const date = (milliseconds: number): string => page.formats.date(new Date(milliseconds))
  const used = times.lastUsedAt
  return {
    client,
    settingsUri,
    disconnectUrl,
    // A scope that is in the catalogue no more is still granted.
    scopes: scopes.map((name) => {
      const words = catalogue[name]
      return { name, description: words ? toScopeDescription(name, words, page) : name }
    }),
    granted: page.text('connections.connectedBy', { name: grantedBy, date: date(times.grantedAt) }),
    used:
      used === null
        ? page.text('connections.neverUsed')
        : page.text('connections.lastUsed', { date: date(used) }),
    ends: page.text('connections.until', { date: date(times.endsAt) }),
  }
}
