import { expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { connect, goToConsent, redeem } from '../support/flow.ts'
import { register, registration, type Credentials } from '../support/registered.ts'
import { toJson } from '../support/requests.ts'
import { replaceSelf, selfRegister, sendJson, toReplacement } from '../support/self-registered.ts'
import { useServer } from '../support/server.ts'

// A client that registered itself ends after thirty days, unless somebody granted it something.

const day = 86_400_000
let past = 0
const storage = createMemoryAdapter({ now: () => Date.now() + past })
const server = useServer({ storage, registration: { initialAccessToken: false } })

let count = 0
async function registerOpenly(): Promise<Credentials> {
  const client_name = `Ubrugt ${(count += 1)}`
  const url = `${server.issuer}/oauth/register`
  return toJson(await sendJson(url, { ...registration, client_name })) as unknown as Credentials
}
const isThere = async ({ client_id }: { readonly client_id: string }): Promise<boolean> =>
  (await server.clients.find(client_id)) !== undefined
const pass = (days: number): void => void (past += days * day)

test('one that nobody used is gone after thirty days, open or invited, and not before', async () => {
  const clients = [await registerOpenly(), await selfRegister(server)]
  pass(29.9)
  for (const client of clients) expect(await isThere(client)).toBe(true)
  pass(0.2)
  for (const client of clients) expect(await isThere(client)).toBe(false)
  const ids = (await server.clients.list()).map(({ clientId }) => clientId)
  for (const { client_id } of clients) expect(ids).not.toContain(client_id)
})

test('what it changes of itself, and what it asks in vain, keeps no client', async () => {
  const client = await selfRegister(server)
  const changed = await replaceSelf(client, toReplacement(client, { scope: 'users:read' }))
  expect(changed.status).toBe(200)
  // The use of its secret is noted.
  expect((await redeem(server.issuer, { code: 'x', verifier: 'x' } as never, client)).status).toBe(
    400,
  )
  const used = async () =>
    (await server.clients.find(client.client_id))?.secrets[0]?.lastUsedAt !== undefined
  await expect.poll(used).toBe(true)
  pass(30.1)
  expect(await isThere(client)).toBe(false)
})

test('its first grant keeps it for ever, with what it was granted', async () => {
  const client = await registerOpenly()
  pass(29)
  await connect(server.issuer, { client })
  pass(5)
  expect(await isThere(client)).toBe(true)
  await connect(server.issuer, { client })
  pass(1000)
  expect(await isThere(client)).toBe(true)
})

test('a client that ends while a person decides is granted nothing', async () => {
  const client = await registerOpenly()
  const { browser, page } = await goToConsent(server.issuer, { client })
  pass(31)
  const answer = await browser.submit(page, {
    subject: 'urn:pleo:company:00000000-0000-4000-8000-000000000001',
    decision: 'allow',
  })
  expect(answer.location?.searchParams.get('code') ?? null).toBeNull()
  expect(await isThere(client)).toBe(false)
})

test('a client of the operator, and one that is verified, stay', async () => {
  const own = await register(server.clients)
  const partner = await registerOpenly()
  await server.clients.update(partner.client_id, { verified: true })
  pass(1000)
  expect([await isThere(own), await isThere(partner)]).toEqual([true, true])
})

test('a grant that comes just after the end is not stored, also where the client is still in memory', async () => {
  const client = await registerOpenly()
  const { Client, Grant } = server.provider
  expect(await Client.find(client.client_id)).toBeDefined()
  pass(31)
  const grant = new Grant({ accountId: 'anna', clientId: client.client_id })
  await expect(grant.save()).rejects.toThrow('invalid_client')
})

test('a grant that comes just before it keeps the client, also where others change it at once', async () => {
  const client = await registerOpenly()
  const { Grant } = server.provider
  const changes = Array.from({ length: 20 }, (_, index) =>
    server.clients.update(client.client_id, {
      scope: index % 2 ? 'users:read' : 'companies:read',
    }),
  )
  const grant = new Grant({ accountId: 'anna', clientId: client.client_id })
  await Promise.all([...changes, grant.save()])
  pass(31)
  expect(await isThere(client)).toBe(true)
})
