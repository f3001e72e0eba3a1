import { loadConnections, type Connection } from '../grants/connections.ts'
import type { LocalizedPage } from '../pages/pages.ts'
import { toNamedClient, toShownClient, webUri } from '../pages/shown-client.ts'
import type { ShownConnection } from '../pages/shown-data.ts'
import { describeScope } from '../pages/shown-terms.ts'
import { disconnectPath } from '../paths.ts'
import type { SubjectChoice } from '../pleo/accounts.ts'
import { authorizedSubjects } from './connectable-subjects.ts'
import type { PageParts } from './interaction.ts'

/** A subject of the person, with the connections that the person can see and end. */
export interface SubjectConnections {
  readonly subject: SubjectChoice
  readonly connections: readonly {
    readonly clientId: string
    readonly shown: ShownConnection
  }[]
}

/** Loads the connections of the subjects that the person may connect, and of no other. Subjects with connections come first. */
export async function loadSubjectConnections(
  parts: PageParts,
  page: LocalizedPage,
  accountId: string,
): Promise<readonly SubjectConnections[]> {
  const subjects = await authorizedSubjects(parts.config.accounts, accountId, page.language)
  const all = await Promise.all(
    subjects.map(async (subject) => {
      const listed = await loadConnections(parts.config.storage.grants, { subject: subject.urn })
      const connections = await Promise.all(
        listed.map(async (connection) => ({
          clientId: connection.clientId,
          shown: await toShownConnection(parts, page, connection, subject.urn),
        })),
      )
      return { subject, connections }
    }),
  )
  return all.toSorted((a, b) => Number(b.connections.length > 0) - Number(a.connections.length > 0))
}

async function toShownConnection(
  { findClient, config, logos }: PageParts,
  page: LocalizedPage,
  { clientId, grants }: Connection,
  subject: string,
): Promise<ShownConnection> {
  const { accounts, issuer, resourceServer } = config
  const [newest] = grants
  const client = await findClient(clientId)
  const name = (newest && (await accounts.find(newest.accountId))?.name) ?? ''
  const date = (milliseconds: number): string => page.formats.date(new Date(milliseconds))
  const used = grants.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])
  const query = new URLSearchParams({ client_id: clientId, subject })
  return {
    // A person can also disconnect a client that was removed.
    client: client ? toShownClient(client, logos, page.language) : toNamedClient(clientId),
    settingsUri: client ? webUri(client['settings_uri']) : null,
    disconnectUrl: `${issuer}${disconnectPath}?${query.toString()}`,
    scopes: [...new Set(grants.flatMap(({ scopes }) => scopes))].map((scope) => ({
      name: scope,
      description: describeScope(scope, resourceServer.scopes, page),
    })),
    granted: page.text('connections.connectedBy', { name, date: date(newest?.grantedAt ?? 0) }),
    used:
      used.length === 0
        ? page.text('connections.neverUsed')
        : page.text('connections.lastUsed', { date: date(latest(used)) }),
    ends: toEnd(grants, client?.grantTypeAllowed('refresh_token') === true, date, page),
  }
}

/** One date if both read the same, or if they differ only by the time between the decision and the redemption of the code. */
function toEnd(
  grants: Connection['grants'],
  canRefresh: boolean,
  toDate: (milliseconds: number) => string,
  { text }: LocalizedPage,
): string {
  const endsAt = latest(grants.map((grant) => grant.endsAt))
  // Without refresh tokens, nothing moves the end.
  const endsAtLatest = canRefresh ? latest(grants.map((grant) => grant.endsAtLatest)) : endsAt
  const [date, last] = [toDate(endsAt), toDate(endsAtLatest)]
  return date === last || Math.abs(endsAtLatest - endsAt) < 60_000
    ? text('connections.until', { date: last })
    : text('connections.untilUnused', { date, latest: last })
}

/** `Math.max` takes only so many arguments. */
const latest = (times: readonly number[]): number =>
  times.reduce((one, other) => Math.max(one, other), -Infinity)
