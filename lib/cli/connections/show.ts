import type { Clients } from '../../index.ts'
import type { Connection } from '../../grants/connections.ts'
import { parseSubject } from '../../pleo/subject.ts'
import { Refusal } from '../terminal/refusal.ts'
import { cut, isForTerminal, terminalWidth, toTable } from '../terminal/table.ts'
import { bold, clean, toIso, toList, toTime } from '../terminal/text.ts'

/** What clients are called, by their id; without those that are not registered (any more). */
export type ClientNames = ReadonlyMap<string, string>

/** Looks up what these clients are called. */
export async function findNames(clients: Clients, ids: readonly string[]): Promise<ClientNames> {
  const found = await Promise.all(ids.map((id) => clients.find(id)))
  return new Map(
    found.flatMap((client) => {
      const name = client?.metadata.client_name
      return client && name !== undefined ? [[client.clientId, name] as const] : []
    }),
  )
}

/** Connections for people: by client on a terminal, and a table elsewhere, with one row for each grant. */
export function toConnectionPage(connections: readonly Connection[], names: ClientNames): string {
  if (connections.length === 0) return 'Nothing is granted.'
  if (!isForTerminal()) return toConnectionTable(connections, names)
  return connections.map((connection) => toBlock(connection, names)).join('\n\n')
}

function toBlock({ clientId, grants }: Connection, names: ClientNames): string {
  const name = cut(clean(names.get(clientId) ?? clientId), terminalWidth())
  const lists = grants.map((grant) =>
    toList([
      ['grant id', grant.grantId],
      ['person', grant.accountId],
      ['granted', toTime(grant.grantedAt)],
      ['last used', toTime(grant.lastUsedAt)],
      ['ends if unused', toTime(grant.endsAt)],
      ['ends at the latest', toTime(grant.endsAtLatest)],
      ['scopes', grant.scopes.join(' ')],
    ]),
  )
  return [`${bold(name)}\n${toList([['client id', clientId]])}`, ...lists].join('\n\n')
}

function toConnectionTable(connections: readonly Connection[], names: ClientNames): string {
  const rows = connections.flatMap(({ clientId, grants }) =>
    grants.map((grant) => [
      names.get(clientId) ?? '-',
      clientId,
      grant.grantId,
      grant.accountId,
      toTime(grant.grantedAt),
      toTime(grant.lastUsedAt),
      toTime(grant.endsAt),
      toTime(grant.endsAtLatest),
      grant.scopes.join(' '),
    ]),
  )
  const head =
    'CLIENT, CLIENT ID, GRANT ID, PERSON, GRANTED, LAST USED, ENDS IF UNUSED, ENDS AT THE LATEST, SCOPES'
  return toTable([head.split(', '), ...rows])
}

/** A connection for scripts: times in ISO 8601, `null` for what is not there. */
export const toPlain = ({ clientId, subject, grants }: Connection, names: ClientNames): object => ({
  clientId,
  clientName: names.get(clientId) ?? null,
  subject,
  grants: grants.map((grant) => ({
    grantId: grant.grantId,
    accountId: grant.accountId,
    scopes: grant.scopes,
    grantedAt: toIso(grant.grantedAt),
    lastUsedAt: toIso(grant.lastUsedAt),
    endsAt: toIso(grant.endsAt),
    endsAtLatest: toIso(grant.endsAtLatest),
  })),
})

/** @throws {@link Refusal} where it is no URN of a company or organization */
export function checkSubject(subject: string): void {
  if (parseSubject(subject)) return
  throw new Refusal(
    'the subject must be a URN, urn:pleo:company:<uuid> or urn:pleo:organization:<uuid>',
  )
}
