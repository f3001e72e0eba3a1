import type { Administration } from '../../administration.ts'
import type { Connection, ConnectionGrant } from '../../index.ts'
import { parseSubject } from '../../pleo/subject.ts'
import { UsageError } from '../terminal/refusals.ts'
import {
  bold,
  clean,
  cut,
  isForTerminal,
  terminalWidth,
  toJson,
  toList,
  toTable,
  toTime,
} from '../terminal/text.ts'

/** Names of clients, by client id: of registered ones, and with `--config` of those of the options. */
export type ClientNames = ReadonlyMap<string, string>

/** Looks up the names of clients. */
export async function findNames(
  { clients, provider }: Administration,
  ids: readonly string[],
): Promise<ClientNames> {
  const found = ids.map(async (id) => {
    const client = await clients.find(id)
    const name = client?.metadata.client_name ?? (await provider?.Client.find(id))?.clientName
    return name === undefined ? [] : [[id, name] as const]
  })
  return new Map((await Promise.all(found)).flat())
}

/** Connections for people: on a terminal a list for each client, elsewhere a table with one row for each grant. */
export function toConnectionPage(connections: readonly Connection[], names: ClientNames): string {
  if (connections.length === 0) return 'Nothing is granted.'
  if (!isForTerminal()) return toConnectionTable(connections, names)
  return connections.map((connection) => toBlock(connection, names)).join('\n\n')
}

const fields: readonly (readonly [name: string, read: (grant: ConnectionGrant) => string])[] = [
  ['grant id', (grant) => grant.grantId],
  ['person', (grant) => grant.accountId],
  ['granted', (grant) => toTime(grant.grantedAt)],
  ['last used', (grant) => toTime(grant.lastUsedAt)],
  ['ends if unused', (grant) => toTime(grant.endsAt)],
  ['ends at the latest', (grant) => toTime(grant.endsAtLatest)],
  ['scopes', (grant) => grant.scopes.join(' ')],
]

function toBlock({ clientId, grants }: Connection, names: ClientNames): string {
  const name = cut(clean(names.get(clientId) ?? clientId), terminalWidth())
  const lists = grants.map((grant) => toList(fields.map(([label, read]) => [label, read(grant)])))
  return [`${bold(name)}\n${toList([['client id', clientId]])}`, ...lists].join('\n\n')
}

function toConnectionTable(connections: readonly Connection[], names: ClientNames): string {
  const head = ['client', 'client id', ...fields.map(([label]) => label)]
  const rows = connections.flatMap(({ clientId, grants }) =>
    grants.map((grant) => [
      names.get(clientId) ?? '-',
      clientId,
      ...fields.map(([, read]) => read(grant)),
    ]),
  )
  return toTable([head.map((label) => label.toUpperCase()), ...rows])
}

/** Connections for scripts. */
export function toConnectionJson(connections: readonly Connection[], names: ClientNames): string {
  const plain = connections.map(({ clientId, subject, grants }) => ({
    clientId,
    clientName: names.get(clientId) ?? null,
    subject,
    grants: grants.map((grant) => ({ ...grant, clientId: undefined, subject: undefined })),
  }))
  return toJson(plain, ['grantedAt', 'lastUsedAt', 'endsAt', 'endsAtLatest'])
}

/** @throws {@link UsageError} if it is not the URN of a company or organization */
export function checkSubject(subject: string): void {
  if (parseSubject(subject)) return
  throw new UsageError(
    'the subject must be a URN, urn:pleo:company:<uuid> or urn:pleo:organization:<uuid>',
  )
}
