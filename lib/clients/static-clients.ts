import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import type { Storage } from '../storage.ts'
import { withPlainScopes, type ClientMetadata } from './metadata.ts'
import { looksOf } from './name-records.ts'
import { createNameReservations } from './name-reservations.ts'
import { hashedSecret } from './record.ts'
import { warnOfClients } from './warnings.ts'

/** The clients of the options. */
interface StaticClients {
  readonly clients: readonly ClientMetadata[]
  /** Signs that their names may have beside the usual ones. */
  readonly nameSigns: string
}

/**
 * Has the framework look at every client now: left to itself, it does so when one is first used. Warns of ids and secrets that
 * clients often fail to send.
 *
 * @throws {@link ConfigurationError}
 */
export function checkStaticClients(
  provider: Provider,
  { clients, nameSigns }: StaticClients,
): void {
  const issues = clients.flatMap((client, index) =>
    findFrameworkIssues(provider, client).map((issue) => ({
      ...issue,
      path: `clients[${index}]`,
    })),
  )
  if (issues.length > 0) throw new ConfigurationError(issues)
  warnOfCredentials(clients)
  warnOfClients(clients, nameSigns)
  warnOfShortSecrets(clients)
}

/**
 * Warns of ids and secrets with characters that mean something else if a client does not encode them, as many do not. Such a
 * client is told that its secret is wrong. The warning has no part of a secret.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-2.3.1 RFC 6749, Section 2.3.1}
 */
function warnOfCredentials(clients: readonly ClientMetadata[]): void {
  const paths = clients.flatMap(({ client_id, client_secret = '' }, index) =>
    client_secret === ''
      ? []
      : Object.entries({ client_id, client_secret })
          .filter(([, value]) => /[^\w.~-]/.test(value))
          .map(([member]) => `clients[${index}].${member}`),
  )
  if (paths.length === 0) return
  process.emitWarning(
    `These have characters that clients often send without encoding them (RFC 6749, Section 2.3.1), and may then be refused: ` +
      `${paths.join(', ')}. Use letters, digits, "-", ".", "_" and "~" only, as generateClientSecret() does.`,
    { type: 'ClientWarning', code: 'credentials_need_encoding' },
  )
}

/** The secrets of fewer than 32 characters, by their paths. The clients may be of any type. */
export const findShortSecrets = (clients: readonly unknown[]): readonly string[] =>
  clients.flatMap((client, index) => {
    const { client_secret: secret } = Object(client) as { readonly client_secret?: unknown }
    const isShort = typeof secret === 'string' && secret !== '' && secret.length < 32
    return isShort ? [`clients[${index}].client_secret`] : []
  })

/** Warns of secrets that somebody may guess: those that `allowShortClientSecrets` lets pass, or that a try-out has. */
function warnOfShortSecrets(clients: readonly ClientMetadata[]): void {
  const paths = findShortSecrets(clients)
  if (paths.length === 0) return
  process.emitWarning(
    `These secrets have fewer than 32 characters, and somebody may guess them: ${paths.join(', ')}. ` +
      'Give those clients a secret of generateClientSecret(). In production, short secrets are refused without allowShortClientSecrets.',
    { type: 'ClientWarning', code: 'short_client_secret' },
  )
}

/**
 * Compares what clients are called with the names of those that are stored: they may have come first.
 *
 * @throws {@link ConfigurationError}; whatever the storage throws where it cannot be reached
 */
export async function checkStaticNames(
  storage: Storage,
  clients: readonly ClientMetadata[],
): Promise<void> {
  const reservations = createNameReservations(storage, [])
  const issues = await Promise.all(
    clients.map(async (client, index) =>
      (await reservations.findTaken(client.client_id, looksOf(client))).map(({ member }) => ({
        path: `clients[${index}].${member}`,
        code: 'name_taken',
        message: 'looks to people like the name of a client that is registered',
      })),
    ),
  )
  if (issues.flat().length > 0) throw new ConfigurationError(issues.flat())
}

/** Finds what is wrong with a client that is to be registered: by our rules, and then by those of the framework. */
export function createRegistrationCheck(
  provider: Provider,
  findIssues: (client: object) => readonly ConfigurationIssue[],
): (client: object) => readonly ConfigurationIssue[] {
  return (client) => {
    const issues = findIssues(client)
    return issues.length > 0 ? issues : findRegistrationIssues(provider, client)
  }
}

/** What the framework finds wrong with a client that is to be registered: what else it can do is a matter of its options. */
const findRegistrationIssues = (
  provider: Provider,
  client: object,
): readonly ConfigurationIssue[] => {
  const { token_endpoint_auth_method: method } = client as Partial<ClientMetadata>
  const secret = method === 'none' ? {} : { client_secret: hashedSecret }
  const issues = findFrameworkIssues(provider, { ...client, ...secret, client_id: 'new' })
  return issues.map(({ path, code, message }) => {
    const isNamed = message.startsWith(`${path} `)
    return { path, code, message: isNamed ? message.slice(path.length + 1) : message }
  })
}

function findFrameworkIssues(provider: Provider, client: object): readonly ConfigurationIssue[] {
  const Client = provider.Client as unknown as new (metadata: object) => unknown
  try {
    Reflect.construct(Client, [withPlainScopes(client)])
    return []
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
    const { error: code, error_description: message = error.message } = error
    // It names the member first.
    const path = /^\w+/.exec(message)?.[0] ?? ''
    return [{ path: path in client ? path : 'client', code, message }]
  }
}
