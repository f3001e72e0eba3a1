import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ConnectionRevoked } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import {
  connect,
  consent,
  goToConsent,
  introspect,
  post,
  redeem,
  refresh,
  revoke,
  type Tokens,
} from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { register, type Credentials } from '../support/registered.ts'
import { ask, basic, requestUrl, toErrorPage } from '../support/requests.ts'
import { resourceServer, useServer } from '../support/server.ts'

let client: Credentials
let tokens: Tokens
const revoked: ConnectionRevoked[] = []
const faults: unknown[] = []
const server = useServer()
let issuer: string
beforeAll(async () => {
  issuer = server.issuer
  server.connections.events.on('connection.revoked', (event) => revoked.push(event))
  server.provider.on('server_error', (_, error) => faults.push(error))
})
beforeEach(async () => {
  client = await register(server.clients)
  tokens = await connect(issuer, { client })
  revoked.length = 0
})

/** What every endpoint says to a client that may not ask. */
async function expectNothing(waiting: Awaited<ReturnType<typeof consent>>): Promise<void> {
  const refused = { status: 401, body: { error: 'invalid_client' } }
  expect(await refresh(issuer, tokens.refresh_token, client)).toMatchObject(refused)
  expect(await redeem(issuer, waiting, client)).toMatchObject(refused)
  expect(await revoke(issuer, tokens.refresh_token, client)).toMatchObject(refused)
  expect(await introspect(issuer, tokens.access_token, client)).toMatchObject(refused.body)
  const pushed = await post(`${issuer}/oauth/par`, {}, basic(client))
  expect(pushed).toMatchObject(refused)
  // Nor is a person sent back to it.
  const page = toErrorPage(await ask(issuer, {}, client))
  expect([page.status, page.code, page.location]).toEqual([400, 'invalid_client', undefined])
  for (const token of [tokens.access_token, tokens.refresh_token]) {
    expect(await introspect(issuer, token, resourceServer)).toEqual({ active: false })
  }
  expect(faults).toEqual([])
}

describe('a suspended client', () => {
  test('can ask for nothing, and its tokens are good for nothing', async () => {
    const waiting = await consent(issuer, { client })
    const { suspendedAt } = await server.clients.suspend(client.client_id)
    expect(Math.abs((suspendedAt ?? 0) - Date.now())).toBeLessThan(10_000)
    await expectNothing(waiting)
  })

  test('keeps its connections, and has them back when it is resumed', async () => {
    await server.clients.suspend(client.client_id)
    const of = { subject: bakery, clientId: client.client_id }
    expect(await server.connections.list(of)).toHaveLength(1)
    const { suspendedAt } = await server.clients.resume(client.client_id)
    expect(suspendedAt).toBeUndefined()
    expect((await introspect(issuer, tokens.access_token, resourceServer))['active']).toBe(true)
    expect((await refresh(issuer, tokens.refresh_token, client)).status).toBe(200)
    expect(revoked).toEqual([])
  })

  test('is suspended since the first time, however often', async () => {
    const first = await server.clients.suspend(client.client_id)
    expect(await server.clients.suspend(client.client_id)).toEqual(first)
    await server.clients.update(client.client_id, { test: true })
    await server.clients.rotateSecret(client.client_id)
    expect((await server.clients.find(client.client_id))?.suspendedAt).toBe(first.suspendedAt)
  })

  test('in the middle of a consent leaves the person with a page that says so', async () => {
    const { page, browser } = await goToConsent(issuer, { client })
    await server.clients.suspend(client.client_id)
    const answer = await browser.submit(page, { subject: bakery, decision: 'allow' })
    expect(answer.status).toBe(400)
    expect(answer.location).toBeUndefined()
    expect(faults).toEqual([])
  })

  test('is shown by its name where a person sees and ends what is connected', async () => {
    const { browser } = await goToConsent(issuer, { client })
    await server.clients.suspend(client.client_id)
    const page = await browser.go(`${issuer}/oauth/connections`)
    expect(page.status).toBe(200)
    expect(page.text).toContain(client.client_name)
    const query = new URLSearchParams({ client_id: client.client_id, subject: bakery })
    const asked = await browser.go(`${issuer}/oauth/connections/disconnect?${query.toString()}`)
    expect(asked.text).toContain(client.client_name)
    const done = await browser.submit(asked, Object.fromEntries(query))
    expect(done.text).toContain(client.client_name)
    expect(revoked.map(({ reason }) => reason)).toEqual(['person'])
    await server.clients.resume(client.client_id)
    expect((await refresh(issuer, tokens.refresh_token, client)).status).toBe(400)
  })
})

test('a client that is resumed while it is removed is still there, and that is said', async () => {
  const resume = async (): Promise<void> => {
    await expect
      .poll(async () => (await server.clients.find(client.client_id))?.suspendedAt)
      .toBeDefined()
    await server.clients.resume(client.client_id)
  }
  const [removed] = await Promise.allSettled([server.clients.remove(client.client_id), resume()])
  expect(removed).toMatchObject({ reason: { name: 'ClientResumedError' } })
  expect((await server.clients.find(client.client_id))?.suspendedAt).toBeUndefined()
  expect((await connect(issuer, { client })).scope).toBe('companies:read')
  expect(await server.clients.remove(client.client_id)).toBe(true)
})

describe('a removed client', () => {
  test('ends with everything it was granted, and each connection has its event', async () => {
    const waiting = await consent(issuer, { client })
    const removing = server.clients.remove(client.client_id)
    const answers = await Promise.all([removing, server.clients.remove(client.client_id)])
    expect(answers.toSorted()).toEqual([false, true])
    expect(await server.clients.find(client.client_id)).toBeUndefined()
    expect((await server.clients.list()).map(({ clientId }) => clientId)).not.toContain(
      client.client_id,
    )
    // The connection, and the grant of the code that waited.
    expect(revoked.map(({ clientId, reason }) => [clientId, reason])).toEqual([
      [client.client_id, 'client_removed'],
      [client.client_id, 'client_removed'],
    ])
    expect(new Set(revoked.map(({ grantId }) => grantId)).size).toBe(2)
    await expectNothing(waiting)
    const of = { subject: bakery, clientId: client.client_id }
    expect(await server.connections.list(of)).toEqual([])
    expect(await server.clients.remove(client.client_id)).toBe(false)
  })

  test('leaves its name to others, and nobody its id', async () => {
    await server.clients.remove(client.client_id)
    const { client_name = '' } = client
    const next = await register(server.clients, { client_name })
    expect(next.client_id).not.toBe(client.client_id)
  })

  test('is no error in a page that is open, nor in one that is opened', async () => {
    const { page, browser } = await goToConsent(issuer, { client })
    await server.clients.remove(client.client_id)
    const answer = await browser.submit(page, { subject: bakery, decision: 'allow' })
    expect(answer.status).toBe(400)
    expect((await browser.go(`${issuer}/oauth/connections`)).status).toBe(200)
    expect((await createBrowser().go(requestUrl(issuer, {}, client))).status).toBe(400)
    expect(faults).toEqual([])
  })
})
