import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { grantIdOf } from '../../lib/grants/token-values.ts'
import {
  connect,
  consent,
  introspect,
  redeem,
  refresh,
  type Consented,
  type Tokens,
} from '../support/flow.ts'
import { bakery, nordlysDenmark, nordlysGermany } from '../support/people.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import {
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
  useServer,
} from '../support/server.ts'

// What ends, ends at once on every process: here two servers with a client of Redis each.

let clients: readonly [Redis, Redis]
let storages: readonly [Storage, Storage]

const redis = useRedis()
beforeAll(async () => {
  const create = (): Redis => new Redis(redis.url, recommendedRedisOptions)
  clients = [create(), create()]
  storages = [
    createRedisAdapter({ client: clients[0], keys: storageKeys }),
    createRedisAdapter({ client: clients[1], keys: storageKeys }),
  ]
})
const here = useServer(() => ({ storage: storages[0] }))
const there = useServer(() => ({ storage: storages[1] }))
afterAll(() => clients.forEach((client) => client.disconnect()))

interface Connected {
  readonly tokens: Tokens
  readonly code: Consented
}

/** A connection with a lost answer still in its window, and a code that is not redeemed yet. */
async function connectTo(subject: string, as = 'jonas', client = confidential): Promise<Connected> {
  const options = { subject, as, client }
  const { refresh_token } = await connect(here.issuer, options)
  const { body } = await refresh(here.issuer, refresh_token, client)
  return { tokens: body as unknown as Tokens, code: await consent(here.issuer, options) }
}

async function lives({ tokens, code }: Connected, client = confidential): Promise<boolean> {
  const access = await introspect(there.issuer, tokens.access_token, resourceServer)
  const own = await introspect(there.issuer, tokens.refresh_token, client)
  const refreshed = await refresh(there.issuer, tokens.refresh_token, client)
  const redeemed = await redeem(there.issuer, code, client)
  const all = [access['active'], own['active'], refreshed.status === 200, redeemed.status === 200]
  expect(new Set(all).size).toBe(1)
  return all[0] === true
}

describe('connections.revoke ends everything of', () => {
  test('one grant', async () => {
    const [one, other] = [await connectTo(nordlysDenmark), await connectTo(nordlysDenmark)]
    const grantId = grantIdOf(one.tokens.access_token) ?? ''
    expect(await here.connections.revoke({ grantId })).toBe(1)
    expect(await here.connections.revoke({ grantId })).toBe(0)
    expect((await introspect(there.issuer, one.tokens.access_token))['active']).toBe(false)
    expect((await refresh(there.issuer, one.tokens.refresh_token)).status).toBe(400)
    expect(await lives(other)).toBe(true)
  })

  test('a client for one subject, whoever granted it', async () => {
    const denmark = await connectTo(nordlysDenmark)
    const germany = await connectTo(nordlysGermany)
    const other = await connectTo(nordlysDenmark, 'jonas', { ...publicClient, client_secret: '' })
    const of = {
      clientId: confidential.client_id,
      subject: nordlysDenmark.toUpperCase().replace('URN:PLEO:COMPANY', 'urn:pleo:company'),
    }
    expect(await here.connections.revoke(of)).toBeGreaterThanOrEqual(2)
    expect(await lives(denmark)).toBe(false)
    expect(await lives(germany)).toBe(true)
    expect(
      (await introspect(there.issuer, other.tokens.access_token, resourceServer))['active'],
    ).toBe(true)
  })

  test('a client', async () => {
    const denmark = await connectTo(nordlysDenmark)
    const sofias = await connectTo(bakery, 'sofia')
    const clientId = confidential.client_id
    expect(await there.connections.revoke({ clientId })).toBeGreaterThanOrEqual(4)
    expect(await lives(denmark)).toBe(false)
    expect(await lives(sofias)).toBe(false)
    expect(await there.connections.revoke({ clientId })).toBe(0)
  })

  test('nobody, where the subject is none', async () => {
    const wrong = { clientId: confidential.client_id, subject: 'bakery' }
    await expect(here.connections.revoke(wrong)).rejects.toThrow('subject must be a subject URN')
  })
})

test('of a revocation and a refresh at the same time, the revocation wins', async () => {
  for (let round = 0; round < 30; round += 1) {
    const { refresh_token } = await connect(here.issuer)
    const [refreshed] = await Promise.all([
      refresh(there.issuer, refresh_token),
      here.connections.revoke({ clientId: confidential.client_id, subject: bakery }),
    ])
    const { access_token, refresh_token: next } = refreshed.body as unknown as Partial<Tokens>
    for (const token of [refresh_token, next ?? refresh_token]) {
      expect((await refresh(there.issuer, token)).body['error']).toBe('invalid_grant')
    }
    expect((await introspect(here.issuer, access_token ?? 'none'))['active']).toBe(false)
  }
})

test('how long it takes does not depend on how often the grant was refreshed', async () => {
  const { refresh_token } = await connect(here.issuer)
  let token = refresh_token
  for (let turn = 0; turn < 200; turn += 1) {
    token = String((await refresh(here.issuer, token)).body['refresh_token'])
  }
  const commands = async (): Promise<number> => {
    const info = await clients[0].info('stats')
    return Number(/total_commands_processed:(\d+)/.exec(info)?.[1])
  }
  const costOf = async (grantId: string): Promise<number> => {
    const before = await commands()
    await here.connections.revoke({ grantId })
    return (await commands()) - before
  }
  const fresh = grantIdOf((await connect(here.issuer)).refresh_token) ?? ''
  const cost = await costOf(fresh)
  expect(await costOf(grantIdOf(token) ?? '')).toBe(cost)
})

test('nothing is left behind by connections that came and went', async () => {
  // Of what has ended, something is left for ten seconds.
  const count = async (): Promise<number> => {
    const entries = await dumpOf(clients[0], 'pleo:gr')
    return entries.filter(({ expiresIn = 0 }) => expiresIn > 10).length
  }
  const subject = { as: 'jonas', subject: nordlysGermany }
  for (const client of [confidential, organizationClient]) {
    await here.connections.revoke({ clientId: client.client_id })
  }
  await here.connections.revoke({ clientId: publicClient.client_id })
  await expect.poll(count).toBe(0)
  const ids = await Promise.all(
    Array.from({ length: 10 }, async () => (await connect(here.issuer, subject)).refresh_token),
  )
  await Promise.all(
    ids.slice(0, 5).map((id) => here.connections.revoke({ grantId: grantIdOf(id) ?? '' })),
  )
  await expect.poll(count).toBe(5 + 2)
  await here.connections.revoke({ clientId: confidential.client_id })
  await expect.poll(count).toBe(0)
})
