import type { Administration, LogoProblem } from '../../administration.ts'
import type { CreatedClient, RegisteredClient } from '../../index.ts'
import type { CommonOptions } from '../run.ts'
import type { Answer } from '../terminal/print.ts'
import { bold, clean, isForTerminal, toJson, toList, toTable, toTime } from '../terminal/text.ts'

/** A client with its logos and with the clients that look like it: a page, or JSON. */
export async function describeClient(
  { clients, provider }: Administration,
  client: RegisteredClient,
  { json }: CommonOptions,
): Promise<string> {
  const found = await clients.findLookAlikes(client.clientId)
  const logos = await checkLogos(client, provider?.issuer)
  if (!json) return (await toClientPage(client)) + toLogos(logos) + toLookAlikes(found)
  const plainLogos = logos.map(({ member, uri, problem }) => ({ member, uri, problem }))
  return toClientJson({
    ...client,
    ...toPlainLookAlikes(found),
    ...(plainLogos.length > 0 && { logos: plainLogos }),
  })
}

/** Clients as a table. */
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

/** On a terminal, the day alone: it leaves room for the name, and `show` says the time. */
const toShortTime = (at: number | undefined): string =>
  isForTerminal() ? toTime(at).replace(/T.*/, '') : toTime(at)

function lastUseOf({ secrets }: RegisteredClient): number | undefined {
  const uses = secrets.map(({ lastUsedAt = 0 }) => lastUsedAt)
  return Math.max(0, ...uses) || undefined
}

async function toClientPage(client: RegisteredClient): Promise<string> {
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
  const below = isPublic ? 'A public client: it has no secret.' : await toSecrets(client)
  return `${bold(clean(name))}\n${list}\n\n${below}`
}

const toValue = (value: unknown): string =>
  Array.isArray(value) ? value.join(' ') : typeof value === 'string' ? value : JSON.stringify(value)

async function toSecrets({ clientId, secrets }: RegisteredClient): Promise<string> {
  const rows = secrets.map(({ createdAt, lastUsedAt, expiresAt }, index) => [
    index === 0 ? 'newest' : 'old',
    toTime(createdAt),
    toTime(lastUsedAt),
    toTime(expiresAt),
  ])
  const table = toTable([['SECRET', 'CREATED', 'LAST USED', 'ENDS'], ...rows])
  const advice = await toAdvice(secrets)
  if (advice === undefined) return table
  return `${table}\n\n${advice}\nTo end it: pleo-oauth clients end-old-secrets ${clean(clientId)}`
}

/** Says whether the old secret is safe to end, or when it will be; `undefined` if there is no old secret. */
export async function toAdvice([newest, old]: RegisteredClient['secrets']): Promise<
  string | undefined
> {
  if (!newest || !old) return undefined
  if (old.isSafeToEnd)
    return 'The old secret is safe to end: the newest one is in use, and the old one was not used for an hour.'
  if (newest.lastUsedAt === undefined)
    return 'The old secret is not safe to end yet: the newest one was not used so far.'
  const { secretIdleTime } = await import('../../administration.ts')
  const safeAt = toTime((old.lastUsedAt ?? newest.createdAt) + secretIdleTime)
  return `The old secret is not safe to end yet: it will be at ${safeAt}, unless it is used until then.`
}

/** The name of a client, or its id. */
const nameOf = ({ clientId, metadata }: RegisteredClient): string =>
  clean(metadata.client_name ?? clientId)

/** The name and the id of a client. */
export const toShown = (client: RegisteredClient): string =>
  `${nameOf(client)} (${clean(client.clientId)})`

/** A client with its new secret. */
export function toCreated({ client, secret }: CreatedClient, done: string): string {
  const lines = `${done} ${nameOf(client)}\n`
  const id = ['client id', client.clientId] as const
  if (secret === undefined) return lines + toList([id])
  const once = 'The secret is shown this once: only a hash of it is kept.'
  return `${lines}${toList([id, ['client secret', secret]])}\n\n${once}`
}

/** The answer that contains a new secret. */
export function toSecretAnswer({ client, secret }: CreatedClient, text: string): Answer {
  if (secret === undefined) return { text }
  const again = `pleo-oauth clients rotate ${clean(client.clientId)}`
  return { text, ifLost: `The new secret is lost. To make another one: ${again}` }
}

/** Clients for scripts. */
export const toClientJson = (value: object): string =>
  toJson(value, ['createdAt', 'updatedAt', 'suspendedAt', 'lastUsedAt', 'expiresAt'])

interface CheckedLogo {
  readonly member: string
  readonly uri: string
  /** Why pages do not show it; `null` if they do. */
  readonly problem: LogoProblem | null
  readonly words: string
}

/**
 * Fetches the logos of a client, as the server would.
 *
 * @param issuer - of the server. If it is not known, the rules of a server in production count.
 */
async function checkLogos(
  { metadata }: RegisteredClient,
  issuer = 'https:',
): Promise<readonly CheckedLogo[]> {
  const { fetchLogo, logoProblems, logoUrisOf } = await import('../../administration.ts')
  return Promise.all(
    logoUrisOf(metadata).map(async ([member, uri]) => {
      const found = await fetchLogo(uri, issuer.startsWith('http:'))
      return typeof found === 'string'
        ? { member, uri, problem: found, words: `not shown: ${logoProblems[found]} (${found})` }
        : { member, uri, problem: null, words: 'shown' }
    }),
  )
}

function toLogos(logos: readonly CheckedLogo[]): string {
  if (logos.length === 0) return ''
  const list = toList(logos.map(({ member, words }) => [member, words]))
  return `\n\nLogos, fetched from this machine just now:\n${list}`
}

/** Clients from open registration with a name that looks like that of another client. Without such clients, the text is empty. */
export function toLookAlikes(found: readonly RegisteredClient[]): string {
  if (found.length === 0) return ''
  const list = toList(
    found.map(({ clientId, metadata }) => [clientId, metadata.client_name ?? clientId]),
  )
  return `\n\nClients from open registration with a name that looks the same (they were not changed):\n${list}`
}

/** The same for scripts. */
export const toPlainLookAlikes = (found: readonly RegisteredClient[]): object => ({
  lookAlikes: found.map(({ clientId, metadata }) => ({
    clientId,
    name: metadata.client_name ?? null,
  })),
})
