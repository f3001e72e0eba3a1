import { createServer, type AddressInfo } from 'node:net'
import { Cluster, Redis } from 'ioredis'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  createRedisAdapter,
  recommendedRedisOptions,
  toConnectionProblem,
  type RedisAdapterOptions,
  type RedisClient,
} from '../../adapters/redis.ts'
import { ConfigurationError, type Storage, type StorageProblem } from '../../lib/index.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { freePorts } from '../support/free-ports.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startRedis, waitUntil, withClient, type RedisServer } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { openServer } from '../support/server.ts'

// A Redis that would drop connections of customers when its memory is short.

const start = async (policy?: string): Promise<RedisServer> => {
  const args = policy === undefined ? [] : ['--maxmemory-policy', policy]
  return endAfterTest(await startRedis({ args }))
}

function connectTo(redis: { readonly port: number }): Redis {
  const client = new Redis(redis.port, '127.0.0.1', recommendedRedisOptions)
  client.on('error', () => undefined)
  return endAfterTest(client)
}

function joinCluster(addresses: { readonly host: string; readonly port: number }[]): Cluster {
  const client = new Cluster(addresses, { redisOptions: recommendedRedisOptions })
  client.on('error', () => undefined)
  return endAfterTest(client)
}

/** What is wrong with how the storage is set up, as a server says it at its start. */
async function issuesOf(storage: Storage): Promise<ConfigurationError['issues']> {
  const server = await openServer({ storage })
  try {
    await server.check()
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues
  }
}

const adapterOn = (client: RedisClient, options: Partial<RedisAdapterOptions> = {}): Storage =>
  createRedisAdapter({ client, keys: storageKeys, ...options })

/** An adapter, and what it was told of its setup. */
function watch(client: RedisClient): { storage: Storage; told: StorageProblem[] } {
  const told: StorageProblem[] = []
  return { told, storage: adapterOn(client, { onProblem: (problem) => void told.push(problem) }) }
}

const evicting = (policy: string): unknown =>
  expect.objectContaining({
    code: 'evicting_policy',
    message: expect.stringContaining(`maxmemory-policy ${policy},`),
  })

const setPolicy = (redis: RedisServer, policy: string): Promise<unknown> =>
  withClient(redis, (client) => client.config('SET', 'maxmemory-policy', policy))

describe('a Redis that cannot be reached is named with the reason', () => {
  const reasonOn = async (client: RedisClient): Promise<Error> => {
    const server = await openServer({ storage: adapterOn(client) })
    const reason: unknown = await server.check().catch((error: unknown) => error)
    expect(reason).toMatchObject({ cause: expect.any(Error) as Error })
    return reason as Error
  }

  test('if nobody listens', async () => {
    const [port] = await freePorts()
    const { message } = await reasonOn(connectTo({ port }))
    expect(message).toBe(`Redis is unreachable: connect ECONNREFUSED 127.0.0.1:${port}`)
  })

  test('if it cuts the client off, as one with TLS does', async () => {
    const resetting = createServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy())
    })
    await new Promise<void>((resolve) => resetting.listen(0, '127.0.0.1', resolve))
    endAfterTest(resetting)
    const { message } = await reasonOn(connectTo(resetting.address() as AddressInfo))
    expect(message).toMatch(
      /^Redis is unreachable: read ECONNRESET: if .* wants TLS, write rediss:/,
    )
  })

  test('if it does not answer', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    endAfterTest(silent)
    const { message } = await reasonOn(connectTo(silent.address() as AddressInfo))
    expect(message).toMatch(/^Redis is unreachable: (?:no answer|.* did not answer within 700 ms)$/)
  })

  test.each([
    ['wrong version number', /write redis:\/\/ in place of rediss/],
    ['self-signed certificate in certificate chain', /set NODE_EXTRA_CA_CERTS/],
    ['unable to verify the first certificate', /set NODE_EXTRA_CA_CERTS/],
  ])('if TLS fails with %s', (reason, advice) => {
    expect(toConnectionProblem(new Error(reason)).message).toMatch(advice)
  })
})

test('a Redis that wants a password says how to give one', async () => {
  const redis = await start()
  await withClient(redis, (client) => client.config('SET', 'requirepass', 'secret'))
  expect(await issuesOf(adapterOn(connectTo(redis)))).toMatchObject([
    {
      code: 'refused',
      message:
        'Redis refuses: NOAUTH Authentication required: a password is needed in the URL (redis://:password@host)',
    },
  ])
})

describe('one server', () => {
  test.each(['allkeys-lru', 'allkeys-random', 'volatile-lfu', 'volatile-ttl'])(
    'that evicts by %s is refused at the start, and named whenever it is connected',
    async (policy) => {
      const { storage, told } = watch(connectTo(await start(policy)))
      const issues = await issuesOf(storage)
      expect(issues).toEqual([evicting(policy)])
      expect(issues[0]?.path).toBe('storage')
      await waitUntil('it was told', async () => told.length > 0)
      expect(told).toEqual([evicting(policy)])
    },
  )

  test('with noeviction has nothing wrong', async () => {
    const { storage, told } = watch(connectTo(await start('noeviction')))
    expect(await issuesOf(storage)).toEqual([])
    expect(told).toEqual([])
    expect(await issuesOf(adapterOn(connectTo(await start())))).toEqual([])
  })

  test('that evicts is a warning of the process, where nobody listens', async () => {
    const redis = await start('allkeys-lru')
    const warnings: Error[] = []
    const listen = (warning: Error): void => void warnings.push(warning)
    process.on('warning', listen)
    onTestFinished(() => void process.off('warning', listen))
    adapterOn(connectTo(redis))
    await waitUntil('it was warned of', async () => warnings.length > 0)
    expect(warnings).toEqual([evicting('allkeys-lru')])
    expect(warnings[0]?.name).toBe('RedisStorageWarning')
  })

  test('is looked at once, however many adapters use it, and also where it was connected before', async () => {
    const client = connectTo(await start('allkeys-lru'))
    await client.ping()
    const { told } = watch(client)
    const { told: other } = watch(client)
    await waitUntil('it was told', async () => told.length > 0)
    expect([told.length, other.length]).toEqual([1, 0])
  })

  test('whose policy is changed is named when it is connected again', async () => {
    const redis = await start()
    const { storage, told } = watch(connectTo(redis))
    expect(await issuesOf(storage)).toEqual([])
    // The first look is over by now.
    await pause(200)
    await setPolicy(redis, 'volatile-ttl')
    expect(told).toEqual([])
    await withClient(redis, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal'))
    await waitUntil('it was told', async () => told.length > 0)
    expect(told).toEqual([evicting('volatile-ttl')])
  })

  test.each([
    ['wants another password', ['default', 'resetpass', '>other']],
    ['does not permit its scripts', ['default', '-eval', '-evalsha']],
  ])('that %s is refused at the start', async (_, rule) => {
    const redis = await start()
    await withClient(redis, (client) => client.call('ACL', 'SETUSER', ...rule))
    const issues = await issuesOf(adapterOn(connectTo(redis)))
    expect(issues).toEqual([expect.objectContaining({ path: 'storage', code: 'refused' })])
    expect(issues[0]?.message).toMatch(/^Redis refuses: NO/)
  })

  test('that is not there is no mistake in its setup', async () => {
    const [port] = await freePorts()
    const error: unknown = await issuesOf(adapterOn(connectTo({ port }))).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(ConfigurationError)
  })
})

describe('a Cluster', () => {
  test('of which one server evicts is refused at the start, and that is named', async () => {
    const cluster = endAfterTest(await startCluster())
    const [, one] = cluster.nodes as [RedisServer, RedisServer]
    const { storage } = watch(joinCluster([...cluster.addresses]))
    expect(await issuesOf(storage)).toEqual([])
    await setPolicy(one, 'allkeys-lfu')
    // Asked before the client knows which servers there are.
    const { storage: another, told } = watch(joinCluster(cluster.addresses.slice(0, 1)))
    expect(await issuesOf(another)).toEqual([evicting('allkeys-lfu')])
    await waitUntil('it was told', async () => told.length > 0)
    expect(told).toEqual([evicting('allkeys-lfu')])
  })

  test('is looked at where a server comes back', async () => {
    const cluster = endAfterTest(await startCluster())
    const [one] = cluster.nodes as [RedisServer]
    const { storage, told } = watch(joinCluster([...cluster.addresses]))
    // Something on each of the servers, so that there is a connection to each.
    const clients = storage.records('Client')
    const useAll = () =>
      Promise.allSettled(Array.from({ length: 20 }, (_, id) => clients.find(String(id))))
    await useAll()
    await setPolicy(one, 'allkeys-lfu')
    await withClient(one, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal'))
    await waitUntil('it was told', async () => {
      await useAll()
      return told.length > 0
    })
    expect(told[0]).toEqual(evicting('allkeys-lfu'))
  })

  test('that is not there is no mistake in its setup', async () => {
    const [port] = await freePorts()
    const asked = issuesOf(adapterOn(joinCluster([{ host: '127.0.0.1', port }])))
    const error: unknown = await asked.catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(Error)
    expect(error).not.toBeInstanceOf(ConfigurationError)
  })
})

test.each([0, -1, Number.NaN, Infinity, 2 ** 31, null, 'soon', '700'])(
  'a timeout of %j is refused, and named without its value',
  (timeout) => {
    const make = (): unknown => adapterOn({} as RedisClient, { timeout: timeout as number })
    expect(make).toThrow(TypeError)
    expect(make).toThrow(/^timeout must be a number of milliseconds above 0$/)
  },
)
