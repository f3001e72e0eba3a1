import Provider from 'oidc-provider'
import type { Clients } from './clients/clients.ts'
import { createClients, createRegistry } from './clients/registry.ts'
import { createClientSecrets } from './clients/secrets.ts'
import { createRegistrationCheck } from './clients/static-clients.ts'
import { createClientCheck } from './config/check-clients.ts'
import { createConnections, type Connections } from './connections/connections.ts'
import { createConnectionTeller } from './connections/events.ts'
import type { SigningKeys } from './keys/signing-keys.ts'
import { createStoredKeys } from './keys/stored-keys.ts'
import { pleoScopes } from './pleo/scopes.ts'
import { toClientConfiguration } from './provider/configuration.ts'
import { generateSigningKeys } from './provider/signing-keys.ts'
import type { Storage } from './storage.ts'
import { defaultProductName } from './views/theme.ts'

/** What is administered of an authorization server: a part of it, or of what a storage holds. */
export interface Administration {
  readonly clients: Clients
  readonly connections: Connections
  readonly signingKeys: SigningKeys
  /** Where the authorization server is, if it is known. */
  readonly provider?: { readonly issuer: string }
  /** The scopes that a client may be registered with, where they are known. */
  readonly scopes?: readonly string[]
}

/**
 * What a storage holds, for whoever has no authorization server at hand: by the same rules, with the bundled
 * scopes and the bundled product name. Not checked: whether a client given with the options of a server has a name
 * like that of a new one.
 */
export function createStandalone(storage: Storage): Administration {
  const connections = createConnections(storage.grants, createConnectionTeller())
  return {
    clients: createStandaloneClients(storage, connections),
    connections,
    signingKeys: createStoredKeys(storage.records('SigningKeys')),
    scopes: Object.keys(pleoScopes),
  }
}

function createStandaloneClients(storage: Storage, connections: Connections): Clients {
  // The framework has its rules for clients in an instance only. This one serves nobody.
  const rules = new Provider('https://clients.invalid', {
    ...toClientConfiguration(pleoScopes, generateSigningKeys()),
    cookies: { keys: ['of no cookie'] },
    adapter: () => {
      throw new Error('this has no storage')
    },
  })
  const findIssues = createClientCheck({
    scopes: Object.keys(pleoScopes),
    reservedNames: [defaultProductName],
    credentials: 'made',
  })
  const registry = createRegistry({
    storage,
    secrets: createClientSecrets(storage.deriveKeys('client secrets')),
    connections,
    staticClients: [],
    scopes: Object.keys(pleoScopes),
    findIssues: createRegistrationCheck(rules, findIssues),
    // The issuer is not known here.
    isDevelopment: true,
  })
  return createClients(registry)
}
