import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { Limiter, LimitOptions, Storage } from '../../lib/index.ts'
import { connect, introspect, post } from '../support/flow.ts'
import { authenticate, behindProxy, from, statusesOf } from '../support/limited.ts'
import { sendRefusedForm } from '../support/refusals.ts'
import { basic, pause, send } from '../support/requests.ts'
import { register } from '../support/registered.ts'
import { confidential, openServer, organizationClient, publicClient } from '../support/server.ts'

// Guessing of client secrets. A client has three attempts.

const few = { count: 3, seconds: 60 }

const start = (limits: LimitOptions = { clientAuthentication: few }, storage?: Storage) =>
  openServer({ ...behindProxy, limits, storage: storage ?? createMemoryAdapter() })

const attacker = from('203.0.113.66')
const home = from('192.0.2.1')
const right = confidential.client_secret

describe('failed authentications of one client', () => {
  test('get JSON with 429 and Retry-After above the limit', async () => {
    const { issuer } = await start()
    const statuses = await statusesOf(3, () => authenticate(issuer, 'wrong'))
    expect(statuses).toEqual([401, 401, 401])
    const { status, headers, body } = await authenticate(issuer, 'wrong')
    expect([status, body['error']]).toEqual([429, 'temporarily_unavailable'])
    expect(headers.get('content-type')).toContain('application/json')
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(headers.get('www-authenticate')).toBeNull()
  })

  test('are explained to the operator alone, by the name of the limit', async () => {
    const server = await start()
    await statusesOf(3, () => authenticate(server.issuer, 'wrong'))
    const { reason, told } = await sendRefusedForm(server, {}, basic(confidential, 'wrong'))
    expect(reason).toMatch(
      /^the limit clientAuthentication was reached, 3 in 60 seconds; it ends in \d+ seconds/,
    )
    expect(told).toMatch(/^there were too many requests or attempts/)
  })

  test('count once each, at every endpoint and in every way to authenticate', async () => {
    const { issuer } = await start({ clientAuthentication: { count: 4, seconds: 60 } })
    const statuses = [
      await authenticate(issuer, 'wrong', {}, '/oauth/token/introspect'),
      await authenticate(issuer, 'wrong', {}, '/oauth/token/revoke'),
      await authenticate(issuer, 'wrong', {}, '/oauth/par'),
      // With a header that only the framework takes.
      await send(`${issuer}/oauth/token/revoke`, {
        body: 'token=x',
        headers: {
          ...basic(confidential, 'wrong'),
          'content-type': 'application/x-www-form-urlencoded; charset=us-ascii',
        },
      }),
      await authenticate(issuer, 'wrong', {}, '/oauth/token'),
    ].map(({ status }) => status)
    expect(statuses).toEqual([401, 401, 401, 401, 429])
  })

  test('are looked at again when the time is over', async () => {
    const { issuer } = await start({ clientAuthentication: { count: 1, seconds: 1 } })
    expect(await statusesOf(2, () => authenticate(issuer, 'wrong'))).toEqual([401, 429])
    await pause(1100)
    expect((await authenticate(issuer)).status).toBe(200)
  })

  test('of a burst at once are limited as well', async () => {
    const { issuer } = await start()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => authenticate(issuer, 'wrong')),
    )
    const refused = answers.filter(({ status }) => status === 401)
    expect(refused).toHaveLength(3)
  })

  test('count also for a registered client', async () => {
    const server = await start()
    const client = await register(server.clients)
    const ask = (secret: string) =>
      post(`${server.issuer}/oauth/token/introspect`, {
        token: 'x',
        client_id: client.client_id,
        client_secret: secret,
      })
    expect(await statusesOf(4, () => ask('wrong'))).toEqual([401, 401, 401, 429])
    expect((await ask(client.client_secret)).status).toBe(429)
  })
})

describe('an attacker who used up the limit of a client', () => {
  test('does not lock the client out at an address that was good before', async () => {
    const { issuer } = await start()
    expect((await authenticate(issuer, right, home)).status).toBe(200)
    await statusesOf(9, () => authenticate(issuer, 'wrong', attacker))
    expect(await statusesOf(5, () => authenticate(issuer, right, home))).toEqual(
      Array.from({ length: 5 }, () => 200),
    )
    // From elsewhere, the right secret gets the same answer as a wrong one.
    expect((await authenticate(issuer, right, from('203.0.113.67'))).status).toBe(429)
  })

  test('does not lock it out if another process saw the good address', async () => {
    const storage = createMemoryAdapter()
    const [one, other] = [await start(undefined, storage), await start(undefined, storage)]
    await authenticate(one.issuer, right, home)
    await statusesOf(4, () => authenticate(other.issuer, 'wrong', attacker))
    expect((await authenticate(other.issuer, right, home)).status).toBe(200)
    expect((await authenticate(other.issuer, right, attacker)).status).toBe(429)
  })

  test('has a limit at an address that was good before, too', async () => {
    const { issuer } = await start()
    await authenticate(issuer, right, home)
    await statusesOf(4, () => authenticate(issuer, 'wrong', attacker))
    const statuses = await statusesOf(4, () => authenticate(issuer, 'wrong', home))
    expect(statuses).toEqual([401, 401, 401, 429])
    expect((await authenticate(issuer, right, home)).status).toBe(429)
  })

  test('does not lock out other clients, nor public ones', async () => {
    const { issuer } = await start()
    await statusesOf(5, () => authenticate(issuer, 'wrong'))
    const tokens = await connect(issuer, { client: publicClient })
    expect(await introspect(issuer, tokens.access_token, organizationClient)).toEqual({
      active: false,
    })
  })
})

describe('failed authentications from one address', () => {
  const limits = { clientAddress: few }
  const unknown = (issuer: string, index: number, headers = attacker) =>
    post(
      `${issuer}/oauth/token/introspect`,
      { token: 'x', client_id: `nobody-${index}`, client_secret: 'x' },
      headers,
    )

  test('are limited over all clients, also those that do not exist', async () => {
    const { issuer } = await start(limits)
    const statuses = await statusesOf(4, (index) => unknown(issuer, index))
    expect(statuses).toEqual([401, 401, 401, 429])
    expect((await authenticate(issuer, right, attacker)).status).toBe(429)
    expect((await authenticate(issuer, right, home)).status).toBe(200)
  })

  test('do not lock out clients that were good at that address', async () => {
    const { issuer } = await start(limits)
    await authenticate(issuer, right, attacker)
    await statusesOf(5, (index) => unknown(issuer, index))
    expect((await authenticate(issuer, right, attacker)).status).toBe(200)
  })

  test('cannot name other addresses if no proxy is trusted', async () => {
    const { issuer } = await openServer({ limits, storage: createMemoryAdapter() })
    const statuses = await statusesOf(4, (index) =>
      unknown(issuer, index, from(`198.51.100.${index}`)),
    )
    expect(statuses).toEqual([401, 401, 401, 429])
  })

  test('count if a client sends no secret at all', async () => {
    const { issuer } = await start(limits)
    const ask = () =>
      post(`${issuer}/oauth/token/introspect`, { token: 'x', client_id: confidential.client_id })
    expect(await statusesOf(4, ask)).toEqual([401, 401, 401, 429])
  })
})

test('a client that nobody attacks costs no question to the counter, and is stored once', async () => {
  const memory = createMemoryAdapter()
  const asked: string[] = []
  const counted = (name: string): Limiter => ({
    async count(key) {
      asked.push(`${name} ${key}`)
      return { count: 1, endsIn: 1000 }
    },
    giveBack: async () => {},
  })
  const storage: Storage = {
    ...memory,
    records: (model) => ({
      ...memory.records(model),
      async upsert(...given) {
        asked.push(model)
        return memory.records(model).upsert(...given)
      },
    }),
  }
  const { issuer } = await start({ limiter: ({ name }) => counted(name) }, storage)
  expect(await statusesOf(5, () => authenticate(issuer))).not.toContain(429)
  expect(asked).toEqual(['KnownAddress'])
})

test('a client that comes from thousands of addresses does not fill the storage', async () => {
  const memory = createMemoryAdapter()
  let stored = 0
  const storage: Storage = {
    ...memory,
    records: (model) => ({
      ...memory.records(model),
      async upsert(...given) {
        if (model === 'KnownAddress') stored += 1
        return memory.records(model).upsert(...given)
      },
    }),
  }
  const { issuer } = await start({}, storage)
  const ask = (index: number) =>
    authenticate(issuer, right, from(`192.0.${index >> 8}.${index & 255}`))
  expect(await statusesOf(1000, ask)).not.toContain(429)
  expect(stored).toBe(100)
})

test('a preflight request at the endpoints of clients counts as nothing', async () => {
  const { issuer } = await start({ pushedRequest: few, clientAddress: few })
  const ask = () => send(`${issuer}/oauth/par`, { method: 'OPTIONS' })
  expect(await statusesOf(6, ask)).not.toContain(429)
})
