import { secretIdleTime } from '../../administration.ts'
import type { CreatedClient, RegisteredClient } from '../../index.ts'
import type { Answer } from '../terminal/print.ts'
import { isForTerminal, toTable } from '../terminal/table.ts'
import { bold, clean, toIso, toList, toTime } from '../terminal/text.ts'

/** Clients, as a table for people. */
export function toClientTable(clients: readonly RegisteredClient[]): string {
  if (clients.length === 0) return 'No client is registered.'
  const rows = clients.map((client) => [
    client.clientId,
    client.metadata.client_name ?? '-',
    client.suspendedAt === undefined ? 'active' : 'suspended',
    toShortTime(client.createdAt),
    toShortTime(lastUseOf(client)),
  ])
  return toTable([['CLIENT ID', 'NAME', 'STATUS', 'CREATED', 'SECRET LAST USED'], ...rows], 1)
}

/** On a terminal to the day: `show` says the rest, and the name has the room. */
const toShortTime = (at: number | undefined): string =>
  isForTerminal() ? toTime(at).replace(/T.*/, '') : toTime(at)

function lastUseOf({ secrets }: RegisteredClient): number | undefined {
  const uses = secrets.map(({ lastUsedAt = 0 }) => lastUsedAt)
  return Math.max(0, ...uses) || undefined
}

/** All there is to see of a client. */
export function toClientPage(client: RegisteredClient): string {
  const { clientId, metadata, suspendedAt } = client
  const { client_id: _, client_name: name = clientId, ...members } = metadata
  const list = toList([
    ['client id', clientId],
    ['status', suspendedAt === undefined ? 'active' : `suspended since ${toTime(suspendedAt)}`],
    ['created', toTime(client.createdAt)],
    ['registered by', client.isSelfRegistered ? 'the partner, over HTTP' : 'you'],
    ['its name', client.claimsNames ? 'no other client may have it' : 'not claimed until verified'],
    ['changed', toTime(client.updatedAt)],
    ...Object.entries(members).map(([member, value]) => [member, toValue(value)] as const),
  ])
  const isPublic = metadata.token_endpoint_auth_method === 'none'
  const below = isPublic ? 'A public client: it has no secret.' : toSecrets(client)
  return `${bold(clean(name))}\n${list}\n\n${below}`
}

const toValue = (value: unknown): string =>
  Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : JSON.stringify(value)

function toSecrets({ clientId, secrets }: RegisteredClient): string {
  const rows = secrets.map(({ createdAt, lastUsedAt, expiresAt }, index) => [
    index === 0 ? 'newest' : 'old',
    toTime(createdAt),
    toTime(lastUsedAt),
    toTime(expiresAt),
  ])
  const table = toTable([['SECRET', 'CREATED', 'LAST USED', 'ENDS'], ...rows])
  const advice = toAdvice(secrets)
  if (advice === undefined) return table
  return `${table}\n\n${advice}\nTo end it: pleo-oauth clients end-old-secrets ${clean(clientId)}`
}

/** Whether the old secret can go, and when; `undefined` where there is none. */
export function toAdvice([newest, old]: RegisteredClient['secrets']): string | undefined {
  if (!newest || !old) return undefined
  if (old.isSafeToEnd)
    return 'The old secret is safe to end: the newest one is in use, and the old one was not used for an hour.'
  if (newest.lastUsedAt === undefined)
    return 'The old secret is not safe to end yet: the newest one was not used so far.'
  const safeAt = toTime((old.lastUsedAt ?? newest.createdAt) + secretIdleTime)
  return `The old secret is not safe to end yet: it will be at ${safeAt}, unless it is used until then.`
}

/** A client with its new secret, as it is seen this once. */
export function toCreated({ client, secret }: CreatedClient, done: string): string {
  const { clientId, metadata } = client
  const rows = [['client id', clientId] as const]
  if (secret === undefined)
    return `${done} ${clean(metadata.client_name ?? clientId)}\n${toList(rows)}`
  const list = toList([...rows, ['client secret', secret]])
  const once = 'The secret is shown this once: only a hash of it is kept.'
  return `${done} ${clean(metadata.client_name ?? clientId)}\n${list}\n\n${once}`
}

/** What is printed with the secret of a client in it, which is nowhere else. */
export function toSecretAnswer({ client, secret }: CreatedClient, text: string): Answer | string {
  if (secret === undefined) return text
  const again = `pleo-oauth clients rotate ${clean(client.clientId)}`
  return { text, ifLost: `The new secret is lost. To make another one: ${again}` }
}

/** A client for scripts: times in ISO 8601, `null` for what is not there. */
export const toPlain = ({ secrets, ...client }: RegisteredClient): object => ({
  clientId: client.clientId,
  metadata: client.metadata,
  createdAt: toIso(client.createdAt),
  updatedAt: toIso(client.updatedAt),
  suspendedAt: toIso(client.suspendedAt),
  isSelfRegistered: client.isSelfRegistered,
  claimsNames: client.claimsNames,
  secrets: secrets.map((secret) => ({
    id: secret.id,
    createdAt: toIso(secret.createdAt),
    lastUsedAt: toIso(secret.lastUsedAt),
    expiresAt: toIso(secret.expiresAt),
    isSafeToEnd: secret.isSafeToEnd,
  })),
})
