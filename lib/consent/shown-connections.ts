import type { Client } from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { loadConnections, type Connection } from '../grants/connections.ts'
import type { LocalizedPage } from '../pages/pages.ts'
import { nameOf, toNamedClient, toShownClient, webUri } from '../pages/shown-client.ts'
import type { ShownConnection } from '../pages/shown-data.ts'
import { describeScope } from '../pages/shown-terms.ts'
import type { SubjectChoice } from '../pleo/accounts.ts'
import type { PageParts } from './interaction.ts'

/** A connection that the person can see and end, before it is put in words. */
export interface ListedConnection {
  readonly clientId: string
  /** `undefined` if the client was removed. A person can disconnect it anyway. */
  readonly client: Client | undefined
  readonly clientName: string
  readonly subject: SubjectChoice
  readonly grants: Connection['grants']
  /** In milliseconds since the epoch; `undefined` if it was never used. */
  readonly lastUsedAt: number | undefined
  /** When it ends unless it is used, in milliseconds since the epoch. */
  readonly endsAt: number
}

/** Loads the connections of some subjects. Not checked: whether the person may see them. */
export async function listConnections(
  { config, findClient }: PageParts,
  { language }: LocalizedPage,
  subjects: readonly SubjectChoice[],
  clientId?: string,
): Promise<readonly ListedConnection[]> {
  const find = remember(findClient)
  const listed = await Promise.all(
    subjects.map(async (subject) => {
      const of = { subject: subject.urn, ...(clientId !== undefined && { clientId }) }
      const connections = await loadConnections(config.storage.grants, of)
      return Promise.all(
        connections.map(async ({ clientId: id, grants }): Promise<ListedConnection> => {
          const client = await find(id)
          return {
            clientId: id,
            client,
            clientName: client ? nameOf(client, language) : id,
            subject,
            grants,
            lastUsedAt: latest(grants.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])),
            endsAt: latest(grants.map((grant) => grant.endsAt)) ?? 0,
          }
        }),
      )
    }),
  )
  return listed.flat()
}

/** Puts connections in the words of a page. Each client and each person is looked up once. */
export function createConnectionWords(
  { config, logos }: PageParts,
  page: LocalizedPage,
  toDisconnectUrl: (listed: ListedConnection) => string,
): (listed: ListedConnection) => Promise<ShownConnection> {
  const { text, language } = page
  const date = (milliseconds: number): string => page.formats.date(new Date(milliseconds))
  const findPerson = remember((id: string) => config.accounts.find(id))
  const showClient = remember((client: Client | string) =>
    typeof client === 'string' ? toNamedClient(client) : toShownClient(client, logos, language),
  )
  return async (listed) => {
    const { client, clientId, endsAt, grants, lastUsedAt, subject } = listed
    const [newest] = grants
    const name = (newest && (await findPerson(newest.accountId))?.name) ?? ''
    const end = { date: date(endsAt) }
    const endsAtLatest = latestEnd(listed)
    const last = { latest: date(endsAtLatest) }
    const isFinal = end.date === last.latest || Math.abs(endsAtLatest - endsAt) < 60_000
    return {
      client: showClient(client ?? clientId),
      subject: { name: subject.name, detail: subject.detail ?? null },
      settingsUri: client ? webUri(client['settings_uri']) : null,
      disconnectUrl: toDisconnectUrl(listed),
      scopes: describeScopes(grants, config, page),
      granted: text('connections.connectedBy', { name, date: date(newest?.grantedAt ?? 0) }),
      used:
        lastUsedAt === undefined
          ? text('connections.neverUsed')
          : text('connections.lastUsed', { date: date(lastUsedAt) }),
      nextEnd: isFinal
        ? text('connections.ends', { date: last.latest })
        : text('connections.endsUnused', end),
      ends: isFinal
        ? text('connections.until', { date: last.latest })
        : text('connections.untilUnused', { ...end, ...last }),
    }
  }
}

/** When the connection ends, however often it is used. Without refresh tokens, nothing moves the end. */
function latestEnd({ client, endsAt, grants }: ListedConnection): number {
  const canRefresh = client?.grantTypeAllowed('refresh_token') === true
  return canRefresh ? (latest(grants.map((grant) => grant.endsAtLatest)) ?? endsAt) : endsAt
}

function describeScopes(
  grants: Connection['grants'],
  { resourceServer: { scopes: catalogue } }: Config,
  page: LocalizedPage,
): ShownConnection['scopes'] {
  const scopes = [...new Set(grants.flatMap((grant) => grant.scopes))].map((name) => ({
    name,
    description: describeScope(name, catalogue, page),
    access: catalogue[name]?.access ?? 'write',
  }))
  return [
    ...scopes.filter(({ access }) => access === 'read'),
    ...scopes.filter(({ access }) => access === 'write'),
  ]
}

/** `Math.max` takes only so many arguments. */
const latest = (times: readonly number[]): number | undefined =>
  times.length === 0 ? undefined : times.reduce((one, other) => Math.max(one, other))

/** Asks once for each key. */
function remember<Key, Found>(find: (key: Key) => Found): (key: Key) => Found {
  const found = new Map<Key, Found>()
  return (key) => {
    const known = found.get(key) ?? find(key)
    found.set(key, known)
    return known
  }
}
