import { createTestServer } from 'pleo-oauth-server/testing'
import { expect, test } from 'vitest'

test('a partner connects with a client that was registered just now', async () => {
  await using server = await createTestServer()
  const { client, secret } = await server.server.clients.create({
    client_name: 'Old Mill Ledger',
    redirect_uris: ['https://ledger.example/callback'],
    scope: 'companies:read',
  })
  const connection = await server.connect({ client: { ...client.metadata, client_secret: secret } })
  expect(connection.tokens.scope).toBe('companies:read')
})
