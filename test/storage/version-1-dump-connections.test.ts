import { beforeEach, describe, expect, test } from 'vitest'
import { revoke } from '../support/flow.ts'
import { keysOf } from '../support/redis-dump.ts'
import { listAll, readKeptDump, type HeldConnection } from './kept-dump.ts'
import { serveDump } from './served-dump.ts'

// The connections that version 1 left in Redis: see `version-1-dump.test.ts`.

const dump = await readKeptDump()
const { settings, held } = dump
const { connections } = held
const refreshed = connections.filter(({ used }) => used !== undefined)
const [ledger] = refreshed as [HeldConnection]

const served = serveDump(dump)
const { refresh, redeem, introspect, expectEnd } = served

/** All that was refreshed was refreshed so many milliseconds ago. */
async function refreshedBefore(milliseconds: number): Promise<void> {
  const { redis } = served
  for (const key of await keysOf(redis, 'pleo:grant:')) {
    if (await redis.hexists(key, 'rt')) await redis.hset(key, 'rt', Date.now() - milliseconds)
  }
}

async function expectRepeat(connection: HeldConnection): Promise<void> {
  const { status, body } = await refresh(connection, connection.used)
  expect([status, body['refresh_token']]).toEqual([200, connection.refresh_token])
  expect((await refresh(connection)).status).toBe(200)
}

async function expectReplay(connection: HeldConnection): Promise<void> {
  const { status, body } = await refresh(connection, connection.used)
  expect([status, body['error']]).toEqual([400, 'invalid_grant'])
  await expectEnd(connection)
}

/** As after a failover, which can lose a refresh that was answered. */
async function expectForgiveness(connection: HeldConnection): Promise<void> {
  const { body } = await refresh(connection)
  await served.reset()
  expect((await refresh(connection, String(body['refresh_token']))).status).toBe(200)
  await expectEnd(connection)
}

describe.each(connections)('$name', (connection) => {
  test('has the access token that it had', async () => {
    expect(await introspect(connection.access_token)).toEqual(connection.introspection)
  })

  test('is refreshed, and goes on', async () => {
    const { status, body } = await refresh(connection)
    expect([status, body['token_type']]).toEqual([200, connection.token_type])
    const { exp: _, iat: __, jti: ___, ...same } = connection.introspection
    expect(await introspect(body['access_token'])).toMatchObject(same)
    expect(await introspect(connection.access_token)).toEqual({ active: false })
    expect((await refresh(connection, String(body['refresh_token']))).status).toBe(200)
  })

  test('goes on with a refresh token that Redis forgot', () => expectForgiveness(connection))

  test('takes the form of this version when it is next changed', async () => {
    await refresh(connection)
    const { redis } = served
    const isChanged = async (key: string): Promise<boolean> => (await redis.hexists(key, 'p')) === 1
    const changed = (
      await Promise.all(
        (await keysOf(redis, 'pleo:grant:')).map(async (key) =>
          (await isChanged(key)) ? key : [],
        ),
      )
    ).flat()
    expect(changed).toHaveLength(1)
    const names = await redis.hkeys(changed[0] ?? '')
    const others = names.filter((name) => !name.startsWith('a:') && name !== 'ro')
    expect(others.toSorted()).toEqual(['c', 'g', 'p', 'r'])
  })

  test('is revoked by its client', async () => {
    await revoke(served.server.issuer, connection.refresh_token, connection.client)
    await expectEnd(connection)
  })

  test('is ended by the host', async () => {
    const { subject, client } = connection
    const which = { clientId: client.client_id, subject }
    expect(await served.server.connections.revoke(which)).toBeGreaterThan(0)
    await expectEnd(connection)
  })

  test('ends if its code comes again', async () => {
    expect((await redeem(connection, connection)).body['error']).toBe('invalid_grant')
    await expectEnd(connection)
  })
})

describe.each(refreshed)('$name', (connection) => {
  test('ends if the refresh token before comes again', () => expectReplay(connection))

  test('ends if that comes after the overlap, as its tokens were in use', async () => {
    await refreshedBefore(15_000)
    await expectReplay(connection)
  })

  test('gets the same again from a repeat in time', async () => {
    await refreshedBefore(0)
    await expectRepeat(connection)
  })

  describe('after a rotation of the storage key', () => {
    const storageKeys = ['the next storage key, long enough for this', ...settings.storageKeys]
    beforeEach(() => served.restart({ ...settings, storageKeys }))

    test('gets the same again from a repeat in time', async () => {
      await refreshedBefore(0)
      await expectRepeat(connection)
    })

    test('goes on with a refresh token that Redis forgot', () => expectForgiveness(connection))
  })
})

test('another connection comes of the code that waits', async () => {
  const { status, body } = await redeem(ledger, held.code)
  expect(status).toBe(200)
  expect((await refresh(ledger, String(body['refresh_token']))).status).toBe(200)
})

test('the host finds all clients and connections that there were', async () => {
  expect(await listAll(served.server)).toEqual(held.listed)
})

test('the host ends all that a client was granted', async () => {
  const { client_id: clientId } = ledger.client
  const own = connections.filter(({ client }) => client.client_id === clientId)
  // One has nothing but the code that waits.
  expect(await served.server.connections.revoke({ clientId })).toBe(own.length + 1)
  for (const connection of own) await expectEnd(connection)
})

test('a server that lacks the storage key says so at its start', async () => {
  const { redis, restart, reset } = served
  await restart({ ...settings, storageKeys: ['another storage key, long enough for this'] })
  await reset()
  // It is remembered for sixty days.
  for (const id of await redis.zrange('pleo:storage-keys', '0', '-1')) {
    await redis.zadd('pleo:storage-keys', String(Date.now() + 60_000), id)
  }
  await expect(served.server.check()).rejects.toMatchObject({
    issues: [{ code: 'missing_storage_key' }],
  })
})
