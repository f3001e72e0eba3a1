import { toDescription } from './shown-terms.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import type { LocalizedPage } from '../pages/pages.ts'
import type { ShownConnection } from '../pages/page-data.ts'
import type { LoadedConnection } from './shown-connections.ts'

interface Words {
  readonly page: LocalizedPage
  readonly catalogue: ScopeCatalogue
  /** Where the person confirms that it is disconnected. */
  readonly disconnectUrl: string
}

/** A connection in the words of the page. */
export function toConnectionWords(
  { client, settingsUri, scopes, grantedBy, ...times }: LoadedConnection,
  { page, catalogue, disconnectUrl }: Words,
): ShownConnection {
  const date = (milliseconds: number): string => page.formats.date(new Date(milliseconds))
  const used = times.lastUsedAt
  return {
    client,
    settingsUri,
    disconnectUrl,
    scopes: scopes.map((name) => ({ name, description: toDescription(name, catalogue, page) })),
    granted: page.text('connections.connectedBy', { name: grantedBy, date: date(times.grantedAt) }),
    used:
      used === null
        ? page.text('connections.neverUsed')
        : page.text('connections.lastUsed', { date: date(used) }),
    ends: toEnd(times, date, page),
  }
}

/** In words. One date if both ends read the same, or are the same but for the seconds that redeeming took. */
function toEnd(
  { endsAt, endsAtLatest }: Pick<LoadedConnection, 'endsAt' | 'endsAtLatest'>,
  toDate: (milliseconds: number) => string,
  { text }: LocalizedPage,
): string {
  const [date, latest] = [toDate(endsAt), toDate(endsAtLatest)]
  return date === latest || Math.abs(endsAtLatest - endsAt) < 60_000
    ? text('connections.until', { date: latest })
    : text('connections.untilUnused', { date, latest })
}
