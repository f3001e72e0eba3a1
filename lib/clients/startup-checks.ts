import { ConfigurationError, oneForEachPath, type ConfigurationIssue } from '../errors.ts'
import type { Storage } from '../storage.ts'
import { createClientCheck, type ClientRules } from './metadata-check.ts'
import type { Clients } from './clients.ts'
import { skeletonOf } from './look-alikes.ts'
import { withoutEmpty } from './metadata-values.ts'
import { createNameIndex, looksOf } from './name-index.ts'
import { findNameIssues, namesOf } from './names.ts'
import { lookAlikesAmong } from './registered-client.ts'
import type { ClientMetadata } from './members.ts'
import { findRedirectUriIssues } from './uris.ts'

// Clients when a server starts: mistakes in those of the options, and warnings of clients that go on working.

/** Finds the wrong members of clients that were given with the options: each client alone, and beside the others. */
export function findStaticClientIssues(
  clients: readonly unknown[],
  rules: ClientRules,
): readonly ConfigurationIssue[] {
  const check = createClientCheck(rules, 'given')
  const ids = new Set<unknown>()
  const looks = new Map<string, number>()
  const found = clients.map(withoutEmpty).flatMap((client, index) => {
    const at = (path: string): string => `clients[${index}]${path === 'client' ? '' : `.${path}`}`
    const issues = check(client).map((issue) => ({ ...issue, path: at(issue.path) }))
    const { client_id: id } = Object(client) as { readonly client_id?: unknown }
    if (id !== undefined && ids.has(id)) {
      const path = at('client_id')
      return [...issues, { path, code: 'duplicate_client', message: 'is given twice' }]
    }
    ids.add(id)
    for (const [member, name] of namesOf(client)) {
      const look = skeletonOf(name)
      const first = looks.get(look) ?? index
      looks.set(look, first)
      if (first === index) continue
      const message = 'looks to people like the name of another client'
      issues.push({ path: at(member), code: 'name_taken', message })
    }
    return issues
  })
  return oneForEachPath(found)
}

/** The secrets of fewer than 32 characters, by their paths. The clients may be of any type. */
export const findShortSecrets = (clients: readonly unknown[]): readonly string[] =>
  clients.flatMap((client, index) => {
    const { client_secret: secret } = Object(client) as { readonly client_secret?: unknown }
    const isShort = typeof secret === 'string' && secret !== '' && secret.length < 32
    return isShort ? [`clients[${index}].client_secret`] : []
  })

const warn = (code: string, message: string): void =>
  process.emitWarning(message, { type: 'ClientWarning', code })

/** How many clients a warning names. */
const mostShown = 10

const toList = (found: readonly string[]): string =>
  found.slice(0, mostShown).join(', ') +
  (found.length > mostShown ? ` and ${found.length - mostShown} more` : '')

/** Warns of clients that have something that a new client may not have. They go on working. */
export function warnOfClients(clients: readonly ClientMetadata[], nameSigns: string): void {
  for (const client of clients) {
    // They get the parameter twice.
    for (const { path, message } of findRedirectUriIssues(client)) {
      warn('answer_parameter', `client ${client.client_id}: ${path} ${message}`)
    }
  }
  const named = clients.flatMap((client) =>
    findNameIssues(client, nameSigns).map(({ path }) => `${client.client_id} (${path})`),
  )
  if (named.length === 0) return
  warn(
    'unusual_names',
    `These clients have names with signs or letters that a new name may not have, because they can be read as others: ` +
      `${toList(named)}. They were not changed. Look at them, and change or suspend those that you do not know.`,
  )
}

/**
 * Compares the names of clients with those of stored clients, which may have had them first.
 *
 * @throws {@link ConfigurationError}; whatever the storage throws if it cannot be reached
 */
export async function checkStaticNames(
  storage: Storage,
  clients: readonly ClientMetadata[],
): Promise<void> {
  const names = createNameIndex(storage, [])
  const issues = await Promise.all(
    clients.map(async (client, index) =>
      (await names.find(client.client_id, looksOf(client)))
        .filter(({ by }) => by !== undefined)
        .map(({ member }) => ({
          path: `clients[${index}].${member}`,
          code: 'name_taken',
          message: 'looks to people like the name of a client that is registered',
        })),
    ),
  )
  if (issues.flat().length > 0) throw new ConfigurationError(issues.flat())
}

/** Warns of registered clients that claim no name and look like a client given with the options. */
export async function warnOfLookAlikes(
  registered: Pick<Clients, 'list'>,
  given: readonly ClientMetadata[],
): Promise<void> {
  const named = given.filter((client) => looksOf(client).size > 0)
  if (named.length === 0) return
  const all = await registered.list()
  for (const client of named) {
    const ids = lookAlikesAmong(all, client).map(({ clientId }) => clientId)
    if (ids.length === 0) continue
    warn(
      'look_alike_clients',
      `The client "${client.client_id}" of the options has a name that clients from open registration have, too: ` +
        `${toList(ids)}. They were not changed. Suspend or remove those that you do not know.`,
    )
  }
}

/**
 * Warns of ids and secrets of the options that may not work, or that somebody may guess. The warning has no part of a secret.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1 RFC 6749, Section 2.3.1}
 */
export function warnOfCredentials(clients: readonly ClientMetadata[]): void {
  const unencoded = clients.flatMap(({ client_id, client_secret = '' }, index) =>
    client_secret === ''
      ? []
      : Object.entries({ client_id, client_secret })
          .filter(([, value]) => /[^\w.~-]/.test(value))
          .map(([member]) => `clients[${index}].${member}`),
  )
  if (unencoded.length > 0) {
    warn(
      'credentials_need_encoding',
      `These have characters that clients often send without encoding them (RFC 6749, Section 2.3.1), and may then be refused: ` +
        `${unencoded.join(', ')}. Use letters, digits, "-", "." and "_" only, as generateClientSecret() does.`,
    )
  }
  // `allowShortClientSecrets` lets them pass.
  const short = findShortSecrets(clients)
  if (short.length > 0) {
    warn(
      'short_client_secret',
      `These secrets have fewer than 32 characters, and somebody may guess them: ${short.join(', ')}. ` +
        'Give those clients a secret of generateClientSecret(). In production, short secrets are refused without allowShortClientSecrets.',
    )
  }
}
