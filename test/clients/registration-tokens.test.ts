import { beforeAll, expect, test, vi } from 'vitest'
import type { ClientChangedItself, Storage } from '../../lib/index.ts'
import { register } from '../support/registered.ts'
import { toJson } from '../support/requests.ts'
import {
  readSelf,
  removeSelf,
  replaceSelf,
  selfRegister,
  toReplacement,
  type SelfRegistered,
} from '../support/self-registered.ts'
import { useServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

// A registration access token that leaked is taken away at once, from every process.

let storage: Storage
beforeAll(async () => {
  storage = await createTestStorage()
})
const here = useServer(() => ({ storage, registration: {} }))
const there = useServer(() => ({ storage, registration: {} }))

/** The same client, managed at the other process. */
const elsewhere = (client: SelfRegistered): SelfRegistered => ({
  ...client,
  registration_client_uri: client.registration_client_uri.replace(here.issuer, there.issuer),
})

async function expectPowerless(client: SelfRegistered): Promise<void> {
  for (const one of [client, elsewhere(client)]) {
    expect((await readSelf(one)).status).toBe(401)
    expect((await replaceSelf(one, toReplacement(one, { scope: 'users:read' }))).status).toBe(401)
    expect((await removeSelf(one)).status).toBe(401)
  }
}

test('after a rotation the old token stops at once everywhere, and the new one works', async () => {
  const client = await selfRegister(here)
  // Both have just read the client.
  for (const one of [client, elsewhere(client)]) expect((await readSelf(one)).status).toBe(200)
  const rotated = await here.clients.rotateRegistrationToken(client.client_id)
  await expectPowerless(client)
  expect(rotated.token).toMatch(/^pleo_rat_\w{49}$/)
  expect(rotated.client.isSelfRegistered).toBe(true)
  const renewed = { ...client, registration_access_token: rotated.token }
  for (const one of [renewed, elsewhere(renewed)]) expect((await readSelf(one)).status).toBe(200)
})

test('a token that was ended works no more until there is another one', async () => {
  const client = await selfRegister(here)
  const ended = await there.clients.endRegistrationToken(client.client_id)
  expect(ended.isSelfRegistered).toBe(true)
  await expectPowerless(client)
  for (const registration_access_token of ['', 'x']) {
    expect((await readSelf({ ...client, registration_access_token })).status).toBe(401)
  }
  const { token } = await there.clients.rotateRegistrationToken(client.client_id)
  const renewed = { ...client, registration_access_token: token }
  expect((await readSelf(renewed)).status).toBe(200)
  await expectPowerless(client)
})

test('a replacement that is under way is refused when its token is taken away', async () => {
  const client = await selfRegister(here)
  const records = storage.records('Client')
  // The token ends between the first look at the client and the change.
  const find = records.find.bind(records)
  const spy = vi.spyOn(records, 'find').mockImplementationOnce(async (id) => {
    const found = await find(id)
    await there.clients.endRegistrationToken(client.client_id)
    return found
  })
  const answer = await replaceSelf(client, toReplacement(client, { scope: 'users:read' }))
  spy.mockRestore()
  expect(answer.status).toBe(401)
  expect((await here.clients.find(client.client_id))?.metadata.scope).not.toBe('users:read')
})

test('only clients that registered themselves have one', async () => {
  const { client_id } = await register(here.clients)
  const refused = { error: 'invalid_client_metadata' }
  await expect(here.clients.rotateRegistrationToken(client_id)).rejects.toMatchObject(refused)
  await expect(here.clients.endRegistrationToken(client_id)).rejects.toMatchObject(refused)
  await expect(here.clients.endRegistrationToken('nobody')).rejects.toThrow('no such client')
})

test('the host is told when a client changes itself, and what', async () => {
  const client = await selfRegister(here)
  // With the defaults that the answer names, which it is registered with from then on.
  await replaceSelf(client, toReplacement(client))
  const told: ClientChangedItself[] = []
  const listen = (event: ClientChangedItself): void => {
    told.push(event)
    throw new Error('a listener that fails')
  }
  const warn = vi.spyOn(process, 'emitWarning').mockReturnValue()
  here.clients.events.on('client.changed_itself', listen)
  expect((await replaceSelf(client, toReplacement(client))).status).toBe(200)
  expect(told).toEqual([])
  const changes = {
    'client_name#da': `Ny ${client.client_id}`,
    redirect_uris: ['https://nordvind.example.test/other'],
  }
  const answer = await replaceSelf(client, toReplacement(client, changes))
  expect([answer.status, toJson(answer)['redirect_uris']]).toEqual([200, changes.redirect_uris])
  expect(told).toEqual([
    {
      clientId: client.client_id,
      members: expect.arrayContaining(Object.keys(changes)) as readonly string[],
    },
  ])
  expect(told[0]?.members).toHaveLength(2)
  await here.clients.update(client.client_id, { scope: 'users:read' })
  expect(told).toHaveLength(1)
  expect(warn).toHaveBeenCalledOnce()
  warn.mockRestore()
  here.clients.events.off('client.changed_itself', listen)
})
