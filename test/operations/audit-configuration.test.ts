import { createMemoryAdapter } from '../../adapters/memory.ts'
import { describe, expect, test } from 'vitest'
import {
  createAuthorizationServer,
  type AuditEvent,
  type AuthorizationServerOptions,
  type Storage,
} from '../../lib/index.ts'
import { inEachStorage, listenTo, outside } from '../support/audited.ts'
import { createAccounts } from '../support/people.ts'
import { audience, confidential, openServer, publicClient } from '../support/server.ts'

// What changed in the options since the last start.

const issuer = 'http://localhost:3456'

/** Starts a process with these options, and returns what it tells. */
async function start(
  storage: Storage,
  options: Partial<AuthorizationServerOptions> = {},
): Promise<readonly AuditEvent[]> {
  const server = await openServer({ issuer, storage, ...options })
  const { events } = listenTo(server)
  await server.check()
  return events
}

inEachStorage((createStorage) => {
  test('the first start and one with the same options tell nothing', async () => {
    const storage = createStorage()
    expect([await start(storage), await start(storage)]).toEqual([[], []])
  })

  test('a start with other options names them, once, and never their values', async () => {
    const storage = createStorage()
    await start(storage, { lifetimes: { accessToken: 300 }, cookieKeys: ['the first cookie key'] })
    const other = {
      lifetimes: { accessToken: 300, session: 600 },
      cookieKeys: ['the other cookie key'],
      clients: [
        { ...confidential, client_secret: 'another-secret-of-32-characters-x' },
        publicClient,
      ],
    }
    const options = ['clients', 'cookieKeys', 'lifetimes.session']
    expect(await start(storage, other)).toEqual([
      { ...outside, type: 'configuration.changed', actor: { kind: 'system' }, options },
    ])
    expect(await start(storage, other)).toEqual([])
  })
})

describe('the start', () => {
  test('of two processes at once is told by one', async () => {
    const storage = createMemoryAdapter()
    await start(storage)
    const clients = [confidential]
    const both = await Promise.all([start(storage, { clients }), start(storage, { clients })])
    expect(both.flat().map(({ type }) => type)).toEqual(['configuration.changed'])
  })

  test('with the members of a client in another order is no change', async () => {
    const storage = createMemoryAdapter()
    const reversed = Object.fromEntries(Object.entries(confidential).toReversed())
    await start(storage, { clients: [confidential] })
    expect(await start(storage, { clients: [reversed as unknown as typeof confidential] })).toEqual(
      [],
    )
  })

  test('with a new storage key is no change, and what changed with it is told', async () => {
    const storage = createMemoryAdapter()
    const [old, young] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
    const withKeys = (...keys: readonly Uint8Array[]): Storage => ({
      ...storage,
      deriveKeys: (purpose) => (purpose === 'configuration' ? keys : storage.deriveKeys(purpose)),
    })
    await start(withKeys(old))
    expect(await start(withKeys(young, old))).toEqual([])
    expect(await start(withKeys(young))).toEqual([])
    await start(withKeys(old, young))
    expect(await start(withKeys(young, old), { refreshOverlap: 5 })).toMatchObject([
      { options: ['refreshOverlap'] },
    ])
  })

  test('keeps nothing if nobody listens, and no value in the storage', async () => {
    const storage = createMemoryAdapter()
    // Test servers listen: this one does not.
    const server = createAuthorizationServer({
      issuer,
      storage,
      cookieKeys: ['a cookie key of this test'],
      accounts: createAccounts(),
      resourceServer: { audience },
      signingKeys: 'ephemeral',
    })
    await server.check()
    expect(await storage.records('Configuration').find('options')).toBeUndefined()
    await start(storage, { cookieKeys: ['a cookie key of this test'] })
    const found = JSON.stringify(await storage.records('Configuration').find('options'))
    expect(found).toContain('cookieKeys')
    expect(found).not.toContain('a cookie key')
    expect(found).not.toContain(confidential.client_secret)
  })
})
