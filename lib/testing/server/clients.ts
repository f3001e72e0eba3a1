import type { ClientMetadata } from '../../clients/rules.ts'

/** A client as whoever registered it has it: without a secret, `client_secret` may be there as well. */
export type ClientToConnect = Omit<ClientMetadata, 'client_secret'> & {
  readonly client_secret?: string | undefined
}

/** A client with a secret. */
export type ConfidentialClient = ClientMetadata & { readonly client_secret: string }

/** The clients of the test server. All but the API may ask for every scope there is. */
export interface TestClients {
  /** Connects to companies, and keeps a secret. */
  readonly confidential: ConfidentialClient
  /** Connects to companies, without a secret: in a browser, or on a person's own machine. */
  readonly public: ClientMetadata
  /** Connects to organizations. */
  readonly organization: ConfidentialClient
  /** The API itself, which may introspect every access token. */
  readonly api: ConfidentialClient
}

/** Makes the clients of a server that has these scopes. */
export function createTestClients(scopes: readonly string[]): TestClients {
  const scope = scopes.join(' ')
  const client = (name: string, client_name: string): ClientMetadata => ({
    client_id: `test-${name}`,
    client_name,
    redirect_uris: [`https://${name}.client.example/callback`],
    scope,
  })
  const secretOf = (name: string): string => `a-long-secret-of-the-client-test-${name}`
  return {
    confidential: {
      ...client('confidential', 'Confidential Test Client'),
      client_secret: secretOf('confidential'),
    },
    public: { ...client('public', 'Public Test Client'), token_endpoint_auth_method: 'none' },
    organization: {
      ...client('organization', 'Organization Test Client'),
      client_secret: secretOf('organization'),
      subject_type_preference: 'organization',
    },
    api: {
      client_id: 'test-api',
      client_secret: secretOf('api'),
      grant_types: [],
      response_types: [],
      redirect_uris: [],
    },
  }
}
