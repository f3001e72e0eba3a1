import { expect, test } from 'vitest'
import { useServer } from '../support/server.ts'

const server = useServer()

/** A client with two secrets; and their ids. */
async function register(client_name: string) {
  const { client } = await server.clients.create({
    client_name,
    redirect_uris: ['https://nordvind.example.test/callback'],
    scope: 'companies:read',
  })
  await server.clients.rotateSecret(client.clientId)
  return client.clientId
}
const idsOf = async (id: string): Promise<readonly string[]> =>
  (await server.clients.find(id))?.secrets.map((secret) => secret.id) ?? []

test('the old secrets end where the client has those that were looked at', async () => {
  const id = await register('Looked At')
  const ids = await idsOf(id)
  const { secrets } = await server.clients.endOldSecrets(id, { ids })
  expect(secrets.map((secret) => secret.id)).toEqual(ids.slice(0, 1))
})

test('nothing ends where somebody rotated meanwhile', async () => {
  const id = await register('Rotated Meanwhile')
  const ids = await idsOf(id)
  await server.clients.rotateSecret(id)
  const after = await idsOf(id)
  const changed = { name: 'ClientMetadataError', issues: [{ code: 'secrets_changed' }] }
  await expect(server.clients.endOldSecrets(id, { ids })).rejects.toMatchObject(changed)
  await expect(server.clients.endOldSecrets(id, { ids: [] })).rejects.toMatchObject(changed)
  expect(await idsOf(id)).toEqual(after)
})
