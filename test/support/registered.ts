import type { Clients, ClientMetadata, CreatedClient, NewClientMetadata } from '../../lib/index.ts'

/** What a developer partner registers. */
export const registration: NewClientMetadata = {
  client_name: 'Nordvind Regnskab',
  redirect_uris: ['https://nordvind.example.test/callback'],
  scope: 'companies:read users:read',
  contacts: ['oauth@nordvind.example.test'],
}

/** A client as the tests ask with it. */
export type Credentials = ClientMetadata & { readonly client_secret: string }

export const toCredentials = ({ client, secret = '' }: CreatedClient): Credentials => ({
  ...client.metadata,
  client_secret: secret,
})

let count = 0

/** Registers a client with a name of its own. */
export async function register(
  clients: Clients,
  members: Partial<NewClientMetadata> = {},
): Promise<Credentials> {
  count += 1
  const client_name = `Nordvind Regnskab ${count}`
  return toCredentials(await clients.create({ ...registration, client_name, ...members }))
}
