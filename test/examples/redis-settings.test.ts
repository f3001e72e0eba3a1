import { afterAll, describe, expect, it } from 'vitest'
import { runExample, startExample } from '../support/example.ts'
import { startRedis, withClient, type RedisServer } from '../support/redis-server.ts'

const key = 'a storage key of the tests with 32 characters'
const secret = 'geheim'

const servers: RedisServer[] = []

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()))
})

async function start(...args: readonly string[]): Promise<RedisServer> {
  const server = await startRedis({ args })
  servers.push(server)
  return server
}

async function expectOneLine(settings: Record<string, string>, line: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runExample({ STORAGE_KEYS: key, ...settings })
  expect(stderr).toMatch(line)
  expect(stderr).toMatch(/^[^\n]+\n$/)
  expect(stderr).not.toContain(secret)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
}

describe('the example says in one line what is wrong with REDIS_URL, without the password', () => {
  it.each([
    ['no URL', 'localhost'],
    ['another scheme', `http://:${secret}@localhost`],
    ['no host', `redis://:${secret}@`],
    ['a port that is none', `redis://:${secret}@localhost:99999`],
    ['port 0', `redis://:${secret}@localhost:0`],
    ['a user without a password', `redis://${secret}@localhost`],
    ['a password with a slash', `redis://:1/${secret}@localhost`],
    ['a password with a comma', `redis://:1,${secret}@localhost`],
    ['a password with a broken escape', `redis://:${secret}%zz@localhost`],
    ['a database that is no number', `redis://:${secret}@localhost/main`],
    ['a query', `redis://localhost/?password=${secret}`],
    ['a node without a host', `redis://:${secret}@localhost:1,,localhost:2`],
    ['nodes with TLS and without', `redis://:${secret}@localhost:1,rediss://localhost:2`],
    ['nodes with different passwords', `redis://:${secret}@localhost:1,redis://:other@localhost:2`],
    ['a database of a Cluster', `redis://:${secret}@localhost:1,localhost:2/3`],
    ['Sentinels without a name', `redis+sentinel://:${secret}@localhost:1,localhost:2`],
    ['a Sentinel without a host', `redis+sentinel://:${secret}@/primary`],
    ['Sentinels with a database that is no number', 'redis+sentinel://localhost/primary/main'],
  ])('%s', async (_name, url) => {
    await expectOneLine({ REDIS_URL: url }, /^REDIS_URL must /)
  })

  it('a Redis that does not let it in', async () => {
    const server = await start()
    await withClient(server, (client) => client.config('SET', 'requirepass', 'the right one'))
    await expectOneLine(
      { REDIS_URL: `redis://:${secret}@127.0.0.1:${server.port}` },
      /^REDIS_URL: Redis refuses: WRONGPASS/,
    )
  })

  it('a database that Redis does not have', async () => {
    const { url } = await start('--databases', '2')
    await expectOneLine({ REDIS_URL: `${url}/2` }, /^REDIS_URL: .* out of range/)
  })

  it('a Redis that is no Cluster', async () => {
    const { url } = await start()
    await expectOneLine({ REDIS_URL: `${url},${url}` }, /^REDIS_URL: .* cluster support disabled/)
  })

  it('a Redis that drops what it was given', async () => {
    const { url } = await start('--maxmemory-policy', 'allkeys-lru')
    await expectOneLine({ REDIS_URL: url }, /^REDIS_URL: .*noeviction/)
  })
})

describe('the example says in one line what is wrong with STORAGE_KEYS', () => {
  const REDIS_URL = 'redis://127.0.0.1'
  it.each([
    ['none', '', /^STORAGE_KEYS is missing.*openssl rand -base64 32/],
    ['one that is short', secret, /^STORAGE_KEYS must be secrets of 32 characters or more/],
    ['one of two that is short', `${key},${secret}`, /^STORAGE_KEYS must be secrets of 32/],
    ['a comma too many', `${key},`, /^STORAGE_KEYS must be secrets of 32/],
  ])('%s', async (_name, STORAGE_KEYS, line) => {
    await expectOneLine({ REDIS_URL, STORAGE_KEYS }, line)
  })

  it('others than those that something was stored under', async () => {
    const { url } = await start()
    const STORAGE_KEYS = 'another storage key of the tests with 32 characters'
    const example = await startExample({ REDIS_URL: url, STORAGE_KEYS })
    await example.close()
    await expectOneLine({ REDIS_URL: url }, /^STORAGE_KEYS: something was stored under keys that/)
  })
})
