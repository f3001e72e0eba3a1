import type Provider from 'oidc-provider'
import { errors } from 'oidc-provider'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import type { ClientMetadata } from './metadata.ts'

/**
 * Has the framework look at every client now: left to itself, it does so when one is first used.
 *
 * @throws {@link ConfigurationError}
 */
export function checkStaticClients(provider: Provider, clients: readonly ClientMetadata[]): void {
  const Client = provider.Client as unknown as new (metadata: object) => unknown
  const issues: ConfigurationIssue[] = []
  for (const [index, client] of clients.entries()) {
    try {
      Reflect.construct(Client, [{ ...client }])
    } catch (error) {
      if (!(error instanceof errors.OIDCProviderError)) throw error
      const message = error.error_description ?? error.message
      issues.push({ path: `clients[${index}]`, code: error.error, message })
    }
  }
  if (issues.length > 0) throw new ConfigurationError(issues)
}
