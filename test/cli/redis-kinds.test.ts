import { setTimeout as wait } from 'node:timers/promises'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import {
  createRedisAdapter,
  parseRedisUrl,
  recommendedRedisOptions,
  toClientOptions,
} from '../../adapters/redis.ts'
import { runCommandWith } from '../support/cli.ts'
import { connect, introspect, refresh } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { startSentinel } from '../support/redis-sentinel.ts'
import { resourceServer, startServer } from '../support/server.ts'

const key = 'a-storage-key-of-the-tests-long-enough'
const ends: (() => unknown)[] = []
afterAll(async () => {
  for (const end of ends.toReversed()) await end()
})

const kinds = [
  [
    'a Cluster',
    async () => {
      const cluster = await startCluster()
      ends.push(() => cluster.stop())
      return `redis://${cluster.addresses.map(({ host, port }) => `${host}:${port}`).join(',')}`
    },
  ],
  [
    'Sentinel',
    async () => {
      const group = await startSentinel()
      ends.push(() => group.stop())
      return `redis+sentinel://${group.sentinel.host}:${group.sentinel.port}/${group.name}`
    },
  ],
] as const

interface Created {
  readonly client: { readonly clientId: string; readonly metadata: { readonly client_id: string } }
  readonly secret: string
}

describe.each(kinds)('everything can be administered in %s', (_, start) => {
  test('clients and connections, beside a server that runs', { timeout: 60_000 }, async () => {
    const REDIS_URL = await start()
    const { nodes, options } = toClientOptions(parseRedisUrl(REDIS_URL), recommendedRedisOptions)
    const connection = nodes ? new Cluster(nodes, options) : new Redis(options)
    ends.push(() => connection.disconnect())
    const server = await startServer({
      storage: createRedisAdapter({ client: connection, keys: [key] }),
    })
    ends.push(server.close)
    const ok = async (...args: readonly string[]): Promise<string> => {
      const result = await runCommandWith({ REDIS_URL, STORAGE_KEYS: key }, ...args)
      expect(result).toMatchObject({ code: 0, stderr: '' })
      return result.stdout
    }

    const uri = ['--redirect-uri', 'https://nordvind.example.test/callback']
    const given = ['--name', 'Nordvind Regnskab', ...uri, '--scope', 'companies:read']
    const made = JSON.parse(await ok('clients', 'create', ...given, '--json')) as Created
    const { clientId } = made.client
    expect(await ok('clients', 'list')).toContain(clientId)
    const rotated = await ok('clients', 'rotate', clientId, '--now', '--yes', '--json')
    const { client, secret } = JSON.parse(rotated) as Created
    // Another process has it within a second.
    await wait(1100)
    const registered = { ...client.metadata, client_secret: secret, ...redirectUris }
    const tokens = await connect(server.issuer, { client: registered })

    expect(await ok('connections', 'list', bakery)).toMatch(/Nordvind Regnskab +\S+ +\S+ +sofia /)
    const ended = await ok('connections', 'revoke', '--client', clientId, '--yes', '--json')
    expect(JSON.parse(ended)).toEqual({ ended: 1 })
    expect(await ok('connections', 'list', bakery)).toBe('Nothing is granted.\n')
    const token = await introspect(server.issuer, tokens.access_token, resourceServer)
    expect(token).toEqual({ active: false })
    expect((await refresh(server.issuer, tokens.refresh_token, registered)).status).toBe(400)

    await ok('clients', 'remove', clientId, '--yes')
    expect(await ok('clients', 'list')).toBe('No client is registered.\n')
  })
})

const redirectUris = { redirect_uris: ['https://nordvind.example.test/callback'] }
