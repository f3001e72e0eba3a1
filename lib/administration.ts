import type { Clients } from './clients/clients.ts'
import { createClients } from './clients/create-clients.ts'
import { createClientCheck } from './clients/metadata-check.ts'
import { skeletonOf } from './clients/look-alikes.ts'
import { looksOf } from './clients/name-index.ts'
import type { RegisteredClient } from './clients/registered-client.ts'
import { createRegistry } from './clients/registration.ts'
import { createClientSecrets } from './clients/secrets.ts'
import { createClientStore } from './clients/store.ts'
import { createConnections, type Connections } from './grants/connections.ts'
import { createConnectionTeller } from './grants/events.ts'
import { createAudit, type Audit } from './operations/audit.ts'
import { auditGrants, auditStore } from './operations/audited.ts'
import { auditOperator } from './operations/audited-operators.ts'
import { createStoredKeys, type SigningKeys } from './keys/signing-keys.ts'
import { withInsides } from './operations/insides.ts'
import { findRefusals, type RefusedRequest } from './operations/refusal-records.ts'
import { defaultProductName } from './pages/theme.ts'
import { pleoScopes, type ScopeCatalogue } from './pleo/scopes.ts'
import type { Storage } from './storage.ts'
export { findInUse } from './clients/create-clients.ts'
export { trustedMembersOf, withoutEmpty } from './clients/metadata-values.ts'
export { secretIdleTime } from './clients/registered-client.ts'
export { logoProblems, logoUrisOf, type LogoProblem } from './clients/logo-uris.ts'
export { checkMounting } from './http/check-mounting.ts'
export { setPageHeaders } from './http/security-headers.ts'
export { generateSigningKeys } from './keys/generate.ts'
export { insidesOf, type Insides } from './operations/insides.ts'
export { readProxyVerdict, toProxyQuestion } from './operations/proxy-question.ts'
export { fetchLogo } from './pages/logos/fetch-logo.ts'

/** The parts of an authorization server, or of a storage, that an operator administers. */
export interface Administration {
  readonly clients: Clients
  readonly connections: Connections
  readonly signingKeys: SigningKeys
  readonly audit: Audit
  /** The refused requests of the last day with an id. */
  readonly explain: (requestId: string) => Promise<readonly RefusedRequest[]>
  /** The authorization server, if it is known. */
  readonly provider?: {
    readonly issuer: string
    /** Knows the clients of the options, too. */
    readonly Client: {
      find(id: string): Promise<{ readonly clientName?: string | undefined } | undefined>
    }
  }
  /** The scopes that a client may be registered with, if they are known. */
  readonly scopes?: ScopeCatalogue
}

/** Makes a storage that ends with this process. Only the test kit does: the command line starts without the server. */
export async function createMemoryStorage(): Promise<Storage> {
  const { createMemoryAdapter } = await import('./authorization-server.ts')
  return createMemoryAdapter()
}

/**
 * Administers a storage without its authorization server, by the same rules, with the bundled scopes and the bundled product name.
 * It does not check whether a client given with the options of a server has a name like that of a new client.
 */
export function createStandalone(storage: Storage): Administration {
  const audit = createAudit()
  const teller = auditGrants(createConnectionTeller(), audit)
  const connections = createConnections(storage.grants, teller)
  const reservedNames = [defaultProductName]
  const secrets = createClientSecrets(storage.deriveKeys('client secrets'))
  const registry = createRegistry({
    storage,
    store: auditStore(createClientStore(storage, secrets, []), audit),
    secrets,
    connections,
    rules: { scopes: Object.keys(pleoScopes), reservedNames },
    // The issuer is not known here.
    isDevelopment: true,
  })
  const signingKeys = createStoredKeys(storage.records('SigningKeys'))
  const doors = { clients: createClients(registry), connections, signingKeys }
  // The server may have other scopes.
  const findClientIssues = createClientCheck({ reservedNames, scopes: undefined }, 'made')
  return withInsides(
    {
      ...auditOperator(doors, audit),
      audit: audit.audit,
      explain: (requestId: string) => findRefusals(storage.records('Refusal'), requestId),
      scopes: pleoScopes,
    },
    { config: undefined, findClientIssues },
  )
}

/** Whether a name looks to people like one that a registered client claims. */
export const isNameTaken = (clients: readonly RegisteredClient[], name: string): boolean =>
  clients.some(
    ({ claimsNames, metadata }) => claimsNames && looksOf(metadata).has(skeletonOf(name)),
  )
