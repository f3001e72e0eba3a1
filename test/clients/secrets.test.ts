import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { isClientSecret, type RecordStorage, type Storage } from '../../lib/index.ts'
import { createClientSecrets, generateClientSecret } from '../../lib/clients/secrets.ts'
import { createStandalone } from '../../lib/administration.ts'
import { connect, introspect, refresh } from '../support/flow.ts'
import { register, registration, toCredentials, type Credentials } from '../support/registered.ts'
import { confidential, startServer, useServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

let client: Credentials
const server = useServer()
beforeEach(async () => {
  client = await register(server.clients)
})

const day = 86_400_000

/** Whether the secret authenticates the client: with a token of nobody, its client gets no other error. */
async function isGood(client_secret: string): Promise<boolean> {
  const { body } = await refresh(server.issuer, 'x'.repeat(93), { ...client, client_secret })
  expect(['invalid_grant', 'invalid_client']).toContain(body['error'])
  return body['error'] === 'invalid_grant'
}

async function rotate(
  options?: Parameters<typeof server.clients.rotateSecret>[1],
): Promise<string> {
  return toCredentials(await server.clients.rotateSecret(client.client_id, options)).client_secret
}

const infos = async () => (await server.clients.find(client.client_id))?.secrets ?? []

async function atTime<T>(later: number, run: () => Promise<T>): Promise<T> {
  const now = Date.now()
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + later)
  try {
    return await run()
  } finally {
    clock.mockRestore()
  }
}

describe('a secret', () => {
  test('is told from other text by its form and its checksum', async () => {
    const { client_secret: secret } = client
    expect(secret).toMatch(/^pleo_cs_[0-9A-Za-z]{49}$/)
    expect(isClientSecret(secret)).toBe(true)
    for (let at = 0; at < secret.length; at += 1) {
      const other = secret[at] === 'x' ? 'y' : 'x'
      expect(isClientSecret(secret.slice(0, at) + other + secret.slice(at + 1))).toBe(false)
    }
    expect(isClientSecret(`${secret} `)).toBe(false)
    expect(isClientSecret('')).toBe(false)
  })

  test('is of its client alone, whole', async () => {
    const { client_secret: other } = await register(server.clients)
    expect(await isGood(client.client_secret)).toBe(true)
    for (const wrong of [other, client.client_secret.slice(0, -1), `${client.client_secret}x`, 'x'])
      expect(await isGood(wrong)).toBe(false)
  })

  test('says when it was last used, with one write a minute', async () => {
    expect((await infos())[0]?.lastUsedAt).toBeUndefined()
    await Promise.all(Array.from({ length: 20 }, () => isGood(client.client_secret)))
    await expect.poll(async () => (await infos())[0]?.lastUsedAt).toBeGreaterThan(0)
    const [first] = await infos()
    const { updatedAt } = (await server.clients.find(client.client_id)) ?? {}
    await atTime(59_000, () => isGood(client.client_secret))
    expect(await infos()).toEqual([first])
    await atTime(61_000, () => isGood(client.client_secret))
    await expect
      .poll(async () => (await infos())[0]?.lastUsedAt)
      .toBeGreaterThan(first?.lastUsedAt ?? 0)
    expect((await server.clients.find(client.client_id))?.updatedAt).toBe(updatedAt)
  })
})

describe('rotating', () => {
  test('makes another secret, and the one before works until its end', async () => {
    const added = await rotate()
    expect([await isGood(client.client_secret), await isGood(added)]).toEqual([true, true])
    const [newer, older] = await infos()
    expect(newer?.expiresAt).toBeUndefined()
    expect(Math.abs((older?.expiresAt ?? 0) - Date.now() - 7 * day)).toBeLessThan(10_000)
    await atTime(7 * day + 1000, async () => {
      expect([await isGood(client.client_secret), await isGood(added)]).toEqual([false, true])
      expect(await infos()).toHaveLength(1)
    })
  })

  test('ends the one before when it is told to', async () => {
    const soon = await rotate({ oldEndsIn: 60 })
    await atTime(61_000, async () => {
      expect([await isGood(client.client_secret), await isGood(soon)]).toEqual([false, true])
    })
    const next = await rotate({ now: true })
    expect([await isGood(soon), await isGood(next)]).toEqual([false, true])
    const last = await rotate({ oldEndsIn: 0 })
    expect([await isGood(next), await isGood(last)]).toEqual([false, true])
  })

  test('again leaves the one in use, and ends one that was lost before it was used', async () => {
    expect(await isGood(client.client_secret)).toBe(true)
    await expect.poll(async () => (await infos())[0]?.lastUsedAt).toBeGreaterThan(0)
    const lost = await rotate()
    const added = await rotate()
    expect(await infos()).toHaveLength(2)
    expect([await isGood(client.client_secret), await isGood(lost), await isGood(added)]).toEqual([
      true,
      false,
      true,
    ])
  })

  test('again before any use was noted ends the newer one, which may never have arrived', async () => {
    const lost = await rotate()
    const added = await rotate()
    expect([await isGood(client.client_secret), await isGood(lost), await isGood(added)]).toEqual([
      true,
      false,
      true,
    ])
  })

  test('makes no end later that was given before, and an earlier one earlier', async () => {
    await rotate({ oldEndsIn: 60 })
    const [, { expiresAt } = {}] = await infos()
    await rotate()
    expect((await infos())[1]?.expiresAt).toBe(expiresAt)
    await atTime(1000, () => rotate({ oldEndsIn: 10 }))
    expect((await infos())[1]?.expiresAt).toBeLessThan(expiresAt ?? 0)
    await atTime(61_000, async () => expect(await isGood(client.client_secret)).toBe(false))
  })

  test('says nothing is safe to end whose use was not noted, until it was idle beside a newer one', async () => {
    const added = await rotate()
    await isGood(added)
    await expect.poll(async () => (await infos())[0]?.lastUsedAt).toBeGreaterThan(0)
    const areSafe = async () => (await infos()).map(({ isSafeToEnd }) => isSafeToEnd)
    expect(await areSafe()).toEqual([false, false])
    expect(await atTime(3_700_000, areSafe)).toEqual([false, true])
  })

  test('says when the one before can go, and lets it go', async () => {
    const added = await rotate()
    const areSafe = async () => (await infos()).map(({ isSafeToEnd }) => isSafeToEnd)
    expect(await areSafe()).toEqual([false, false])
    await isGood(client.client_secret)
    await isGood(added)
    await expect.poll(async () => (await infos()).every((one) => one.lastUsedAt)).toBe(true)
    expect(await areSafe()).toEqual([false, false])
    expect(await atTime(3_700_000, areSafe)).toEqual([false, true])
    const { secrets } = await server.clients.endOldSecrets(client.client_id)
    expect(secrets).toHaveLength(1)
    expect([await isGood(client.client_secret), await isGood(added)]).toEqual([false, true])
    await server.clients.endOldSecrets(client.client_id)
    expect(await isGood(added)).toBe(true)
  })

  test('ends no connection', async () => {
    const { access_token, refresh_token } = await connect(server.issuer, { client })
    const changed = { ...client, client_secret: await rotate({ now: true }) }
    expect((await introspect(server.issuer, access_token, changed))['active']).toBe(true)
    expect((await refresh(server.issuer, refresh_token, changed)).status).toBe(200)
  })

  test.each([-1, 1.5, 1e12, Number.NaN, '60' as unknown as number, null as unknown as number])(
    'not with an end in %s',
    async (end) => {
      await expect(rotate({ oldEndsIn: end })).rejects.toThrow(RangeError)
      expect(await infos()).toHaveLength(1)
    },
  )
})

test('a misspelled option of a method is refused, and nothing is done', async () => {
  const { clients, signingKeys } = createStandalone(createMemoryAdapter())
  const { client: before } = await clients.create(registration)
  const id = before.clientId
  const calls = [
    clients.rotateSecret(id, { Now: true } as never),
    clients.endOldSecrets(id, { id: [] } as never),
    clients.update(id, { test: true }, { sen: before.metadata } as never),
    signingKeys.rotate({ Now: true } as never),
  ]
  const meant = ['now', 'ids', 'seen', 'now']
  for (const [index, call] of calls.entries())
    await expect(call).rejects.toThrow(`is not an option (did you mean "${meant[index]}"?)`)
  expect(await clients.find(id)).toEqual(before)
  expect(await signingKeys.list()).toEqual([])
})

test('a secret that a host stored as it is goes on through two rotations', async () => {
  const storage = await createTestStorage()
  const own = await startServer({ storage, clients: [] })
  await storage.records('Client').upsert(confidential.client_id, { ...confidential })
  await own.clients.rotateSecret(confidential.client_id)
  await own.clients.rotateSecret(confidential.client_id)
  const { body } = await refresh(own.issuer, 'x'.repeat(93), confidential)
  expect(body['error']).toBe('invalid_grant')
  await own.close()
})

test('a use that could not be noted is noted the next time', async () => {
  const storage = await createTestStorage()
  const records = storage.records('Client')
  let swaps = 0
  const lossy: RecordStorage = {
    ...records,
    swap: async (...args) => {
      swaps += 1
      if (swaps === 1) return false
      if (swaps === 2) throw new Error('gone')
      return records.swap(...args)
    },
  }
  const all: Storage = {
    ...storage,
    records: (model) => (model === 'Client' ? lossy : storage.records(model)),
  }
  const own = await startServer({ storage: all, clients: [] })
  const partner = await register(own.clients)
  // A request that is refused compares the secret twice.
  const use = (): Promise<unknown> => introspect(own.issuer, 'x'.repeat(93), partner)
  const lastUsedAt = async () =>
    (await own.clients.find(partner.client_id))?.secrets[0]?.lastUsedAt ?? 0
  for (const attempt of [1, 2, 3]) {
    expect(await lastUsedAt()).toBe(0)
    await use()
    await expect.poll(() => swaps).toBe(attempt)
  }
  await expect.poll(lastUsedAt).toBeGreaterThan(0)
  await use()
  expect(swaps).toBe(3)
  await own.close()
})

test('hashes outlive a rotation of the storage keys, and move to the new one', () => {
  const [old, fresh] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const before = createClientSecrets([old])
  const secret = generateClientSecret()
  const stored = before.toStored('client', secret, 0)
  const both = createClientSecrets([fresh, old])
  expect(both.find('client', secret, [stored], 1)?.id).toBe(stored.id)
  const renewed = both.renew('client', secret, stored)
  const after = createClientSecrets([fresh])
  expect(after.find('client', secret, [stored], 1)).toBeUndefined()
  expect(after.find('client', secret, [renewed], 1)?.id).toBe(stored.id)
  expect(after.find('other', secret, [renewed], 1)).toBeUndefined()
})
