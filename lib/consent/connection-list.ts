import type { Config } from '../config/config.ts'
import type { LocalizedPage } from '../pages/pages.ts'
import type { ConnectionsData } from '../pages/page-data.ts'
import type { ShownConnection, ShownConnectionGroup, ShownView } from '../pages/shown-data.ts'
import type { PostedForm } from './form-tokens.ts'
import type { ListedConnection } from './shown-connections.ts'

/** How the person looks at the list. Only the query of links keeps it. */
export interface ListView {
  /** `undefined` chooses the one with fewer groups. */
  readonly by: 'client' | 'subject' | undefined
  readonly only: 'unused' | 'ending' | undefined
}

/** Reads the view from a query, which can have anything in it. */
export const toListView = ({ by, only }: PostedForm): ListView => ({
  by: by === 'client' || by === 'subject' ? by : undefined,
  only: only === 'unused' || only === 'ending' ? only : undefined,
})

/** The URL of a page that keeps the view. */
export function toViewUrl(
  page: string,
  view: ListView,
  other: Readonly<Record<string, string>> = {},
): string {
  const kept = Object.entries(view).filter((entry): entry is [string, string] => Boolean(entry[1]))
  const query = new URLSearchParams([...Object.entries(other), ...kept]).toString()
  return query ? `${page}?${query}` : page
}

/** A list of this length needs no search, no filters and nothing folded. */
const shortList = 8

const endingDays = 14
const day = 86_400_000

/** Unused access ends by itself. The filter names half of that time, so that it finds some before. */
const toUnusedDays = ({ lifetimes }: Config): number =>
  Math.min(90, Math.max(1, Math.floor(lifetimes.refreshToken / 86_400 / 2)))

interface ListParts {
  readonly config: Config
  readonly page: LocalizedPage
  readonly view: ListView
  /** The URL of the list, without a query. */
  readonly url: string
  /** The connection that the person comes back from. Its group is open. */
  readonly back: { readonly clientId: unknown; readonly subject: unknown }
  readonly toWords: (listed: ListedConnection) => Promise<ShownConnection>
}

/** The list as the person wants to see it: grouped, filtered, sorted by name. */
export async function toShownList(
  all: readonly ListedConnection[],
  parts: ListParts,
): Promise<Pick<ConnectionsData, 'total' | 'shown' | 'groups' | 'groupings' | 'filters'>> {
  const { view, page } = parts
  const by = view.by ?? shorterGrouping(all)
  const filters = toFilters(parts)
  const shown = all.filter(filters.find(({ only }) => only === view.only)?.matches ?? (() => true))
  const isLong = all.length > shortList
  const isCurrent = (one: ListView): boolean => (one.by ?? by) === by && one.only === view.only
  const toView = (one: ListView, label: string, count: string | null): ShownView => ({
    label,
    count,
    url: toViewUrl(parts.url, one),
    isCurrent: isCurrent(one),
  })
  const groupings = (['client', 'subject'] as const).map((one) =>
    toView({ ...view, by: one }, page.text(`connections.by.${one}`), null),
  )
  return {
    total: all.length,
    shown: shown.length,
    groups: await toGroups(shown, by, parts),
    groupings: isLong || view.by ? groupings : [],
    filters:
      isLong || view.only
        ? filters.map(({ only, label, matches }) =>
            toView({ ...view, only }, label, page.formats.number(all.filter(matches).length)),
          )
        : [],
  }
}

/** If both are as long, companies come first: they are what the person knows. */
function shorterGrouping(all: readonly ListedConnection[]): 'client' | 'subject' {
  const clients = new Set(all.map(({ clientId }) => clientId))
  const subjects = new Set(all.map(({ subject }) => subject.urn))
  return clients.size < subjects.size ? 'client' : 'subject'
}

interface Filter {
  readonly only: ListView['only']
  readonly label: string
  readonly matches: (listed: ListedConnection) => boolean
}

function toFilters({ config, page: { text } }: ListParts): readonly Filter[] {
  const now = Date.now()
  const unusedDays = toUnusedDays(config)
  const lastTouched = ({ lastUsedAt, grants }: ListedConnection): number =>
    Math.max(lastUsedAt ?? 0, grants[0]?.grantedAt ?? 0)
  return [
    { only: undefined, label: text('connections.only.all'), matches: () => true },
    {
      only: 'unused',
      label: text('connections.only.unused', { count: unusedDays }),
      matches: (listed) => lastTouched(listed) < now - unusedDays * day,
    },
    {
      only: 'ending',
      label: text('connections.only.ending', { count: endingDays }),
      matches: ({ endsAt }) => endsAt < now + endingDays * day,
    },
  ]
}

async function toGroups(
  shown: readonly ListedConnection[],
  by: 'client' | 'subject',
  { back, page, toWords }: ListParts,
): Promise<readonly ShownConnectionGroup[]> {
  const { compare } = page.formats
  const names = ({ clientName, subject }: ListedConnection): readonly [string, string] =>
    by === 'client' ? [clientName, subject.name] : [subject.name, clientName]
  const sorted = shown.toSorted((one, other) => {
    const [[group, name], [otherGroup, otherName]] = [names(one), names(other)]
    return compare(group, otherGroup) || compare(name, otherName)
  })
  const keyOf = ({ clientId, subject }: ListedConnection): string =>
    by === 'client' ? clientId : subject.urn
  const byKey = new Map<string, ListedConnection[]>()
  for (const listed of sorted) {
    const group = byKey.get(keyOf(listed))
    if (group) group.push(listed)
    else byKey.set(keyOf(listed), [listed])
  }
  const isOpen = (key: string): boolean =>
    shown.length <= shortList ||
    byKey.size === 1 ||
    key === (by === 'client' ? back.clientId : back.subject)
  return Promise.all(
    [...byKey].map(async ([key, listed]): Promise<ShownConnectionGroup> => {
      const connections = await Promise.all(listed.map(toWords))
      const { client = null, subject = null } = connections[0] ?? {}
      return {
        client: by === 'client' ? client : null,
        subject: by === 'subject' ? subject : null,
        isOpen: isOpen(key),
        connections,
      }
    }),
  )
}
