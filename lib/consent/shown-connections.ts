import { webUri } from '../pages/application.ts'
import type { FindShownClient } from '../oidc/registered-clients.ts'
import type { Accounts, SubjectChoice } from '../pleo/accounts.ts'
import { toGoneClient, toShownClient } from './shown-client.ts'
import type { ShownClient, ShownConnection } from '../pages/page-data.ts'
import type { Logos } from '../pages/logos/logos.ts'
import { authorizedSubjects } from './connectable-subjects.ts'
import type { Connection, Connections } from '../grants/connections.ts'
import { toDescription } from './consent-terms.ts'
import type { ScopeCatalogue } from '../pleo/scopes.ts'
import type { LocalizedPage } from '../pages/pages.ts'

/** A subject of the person, with the connections that the person can see and end. */
export interface SubjectConnections {
  readonly subject: SubjectChoice
  readonly connections: readonly LoadedConnection[]
}

/** A connection, as it is shown. */
export interface LoadedConnection {
  readonly clientId: string
  readonly client: ShownClient
  readonly settingsUri: string | null
  readonly scopes: readonly string[]
  readonly grantedBy: string
  /** In milliseconds since the epoch, like the others. */
  readonly grantedAt: number
  readonly lastUsedAt: number | null
  /** The end if it is not refreshed. */
  readonly endsAt: number
  /** The end if it is refreshed. */
  readonly endsAtLatest: number
}

interface Parts {
  readonly findClient: FindShownClient
  /** Of the page. */
  readonly language: string
  readonly accounts: Accounts
  readonly connections: Connections
  readonly logos: Logos
}

/**
 * Loads the connections of the subjects that the person may connect, and of no other. Subjects with connections come first.
 */
export async function loadSubjectConnections(
  parts: Parts,
  accountId: string,
): Promise<readonly SubjectConnections[]> {
  const subjects = await authorizedSubjects(parts.accounts, accountId)
  const all = await Promise.all(
    subjects.map(async (subject) => {
      const listed = await parts.connections.list({ subject: subject.urn })
      return { subject, connections: await Promise.all(listed.map((one) => toShown(parts, one))) }
    }),
  )
  return all.toSorted((a, b) => Number(b.connections.length > 0) - Number(a.connections.length > 0))
}

async function toShown(
  { findClient, language, accounts, logos }: Parts,
  { clientId, grants }: Connection,
): Promise<LoadedConnection> {
  const [newest] = grants
  const client = await findClient(clientId)
  const endsAt = latest(grants.map((grant) => grant.endsAt))
  const uses = grants.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])
  return {
    clientId,
    // A person can also disconnect a client that was removed.
    client: client ? toShownClient(client, logos, language) : toGoneClient(clientId),
    settingsUri: client ? webUri(client['settings_uri']) : null,
    scopes: [...new Set(grants.flatMap(({ scopes }) => scopes))],
    grantedBy: (newest && (await accounts.find(newest.accountId))?.name) ?? '',
    grantedAt: newest?.grantedAt ?? 0,
    lastUsedAt: uses.length > 0 ? latest(uses) : null,
    endsAt,
    // Without refresh tokens, nothing moves the end.
    endsAtLatest: client?.grantTypeAllowed('refresh_token')
      ? latest(grants.map((grant) => grant.endsAtLatest))
      : endsAt,
  }
}

/** `Math.max` takes only so many arguments. */
const latest = (times: readonly number[]): number =>
  times.reduce((one, other) => Math.max(one, other), -Infinity)

interface Words {
  readonly page: LocalizedPage
  readonly catalogue: ScopeCatalogue
  /** The URL of the page on which the person confirms the end. */
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

/** One date if both read the same, or if they differ only by the time between the decision and the redemption of the code. */
function toEnd(
  { endsAt, endsAtLatest }: Pick<LoadedConnection, 'endsAt' | 'endsAtLatest'>,
  toDate: (milliseconds: number) => string,
  { text }: LocalizedPage,
): string {
  const [date, last] = [toDate(endsAt), toDate(endsAtLatest)]
  return date === last || Math.abs(endsAtLatest - endsAt) < 60_000
    ? text('connections.until', { date: last })
    : text('connections.untilUnused', { date, latest: last })
}
