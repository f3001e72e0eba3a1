import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type {
  Clients,
  ClientMetadata,
  CreatedClient,
  NewClientMetadata,
  Storage,
  StoredPayload,
} from '../../lib/index.ts'

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

/** Makes the secrets of a client an hour older. */
export async function passAnHour(storage: Storage, id: string): Promise<void> {
  const records = storage.records('Client')
  const { version, ...found } = (await records.find(id)) as StoredPayload & {
    readonly registration: { readonly secrets: readonly { readonly createdAt: number }[] }
  }
  const secrets = found.registration.secrets.map((secret) => ({
    ...secret,
    createdAt: secret.createdAt - 3_600_000,
  }))
  const older = {
    ...found,
    registration: { ...found.registration, secrets },
    version: randomUUID(),
  }
  expect(await records.swap(id, older, version)).toBe(true)
}
