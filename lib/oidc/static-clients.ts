import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import { withPlainScopes } from '../clients/metadata-values.ts'
import type { ClientMetadata } from '../clients/rules.ts'
import { warnOfClients, warnOfCredentials } from '../clients/startup-checks.ts'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'

/** The clients of the options. */
interface StaticClients {
  readonly clients: readonly ClientMetadata[]
  /** Signs that their names may have beside the usual ones. */
  readonly nameSigns: string
}

/**
 * Lets the framework check every client now: left to itself, it does so when one is first used. `configure` can change its
 * rules. Then warns of clients that may not work.
 *
 * @throws {@link ConfigurationError}
 */
export function checkStaticClients(
  provider: Provider,
  { clients, nameSigns }: StaticClients,
): void {
  const issues = clients.flatMap((client, index) => {
    const message = findFrameworkProblem(provider, client)
    return message === undefined ? [] : [{ path: `clients[${index}]`, ...message }]
  })
  if (issues.length > 0) throw new ConfigurationError(issues)
  warnOfCredentials(clients)
  warnOfClients(clients, nameSigns)
}

function findFrameworkProblem(
  provider: Provider,
  client: ClientMetadata,
): Omit<ConfigurationIssue, 'path'> | undefined {
  const Client = provider.Client as unknown as new (metadata: object) => unknown
  try {
    Reflect.construct(Client, [withPlainScopes(client)])
    return undefined
  } catch (error) {
    if (!(error instanceof errors.OIDCProviderError)) throw error
    const { error: code, error_description: message = error.message } = error
    return { code, message }
  }
}
