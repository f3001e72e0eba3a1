import { describe, expect, test } from 'vitest'
import { runCommandWith } from '../support/cli.ts'
import { startRedis, useRedis, withClient } from '../support/redis-server.ts'

const key = 'a-storage-key-of-the-tests-long-enough'
const redis = useRedis()

/** Why a list was refused, with these settings. */
async function refusal(settings: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await runCommandWith(settings, 'clients', 'list')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  return stderr
}

describe('what is wrong with the surroundings is said', () => {
  test('what is not set', async () => {
    expect(await refusal({})).toContain('REDIS_URL and STORAGE_KEYS must be set')
    expect(await refusal({ REDIS_URL: redis.url })).toContain('error: STORAGE_KEYS must be set')
    expect(await refusal({ STORAGE_KEYS: key })).toContain('error: REDIS_URL must be set')
  })

  test.each([
    'verysecret',
    'redis://:verysecret%@localhost',
    'redis://:verysecret@localhost/path',
    'redis://:verysecret@localhost?db=1',
    'redis://:verysecret@localhost:99999',
    'redis://:verysecret@localhost,rediss://other',
    'redis://:verysecret@localhost/1,other',
    'redis+sentinel://:verysecret@localhost',
  ])('a REDIS_URL like %s, without a part of it', async (REDIS_URL) => {
    const said = await refusal({ REDIS_URL, STORAGE_KEYS: key })
    expect(said).toMatch(/^error: REDIS_URL must /)
    expect(said).not.toContain('verysecret')
  })

  test('keys that are too short, without a part of them', async () => {
    const said = await refusal({ REDIS_URL: redis.url, STORAGE_KEYS: `${key},verysecret` })
    expect(said).toContain('error: STORAGE_KEYS must be')
    expect(said).not.toContain('verysecret')
  })

  test('a list of keys that begins with a comma', async () => {
    const said = await refusal({ REDIS_URL: redis.url, STORAGE_KEYS: `,${key}` })
    expect(said).toContain('Number 1 of 2 is empty: remove its comma')
  })

  test('a Redis that is not there, or does not answer, or wants a password', async () => {
    const nobody = { REDIS_URL: 'redis://:verysecret@127.0.0.1:1', STORAGE_KEYS: key }
    const said = await refusal(nobody)
    expect(said).toMatch(
      /^error: REDIS_URL: Redis is unreachable: .*ECONNREFUSED.* \(127\.0\.0\.1:1\)/,
    )
    expect(said).not.toContain('verysecret')
    const strict = await startRedis()
    await withClient(strict, (client) => client.config('SET', 'requirepass', 'other'))
    const url = strict.url.replace('//', '//:verysecret@')
    const denied = await refusal({ REDIS_URL: url, STORAGE_KEYS: key })
    expect(denied).toMatch(/^error: REDIS_URL: Redis refuses: WRONGPASS/)
    expect(denied).not.toContain('verysecret')
    strict.pause()
    const silent = await refusal({ REDIS_URL: url, STORAGE_KEYS: key })
    expect(silent).toMatch(/^error: REDIS_URL: Redis is unreachable: /)
    await strict.stop()
  })

  test('keys that are not those of the servers, which go on as if nothing was', async () => {
    const settings = { REDIS_URL: redis.url, STORAGE_KEYS: key }
    const args = ['clients', 'list', '--json'] as const
    expect(await runCommandWith(settings, ...args)).toMatchObject({ code: 0, stdout: '[]\n' })
    const before = await withClient(redis, (client) =>
      client.zrange('pleo:storage-keys', '0', '-1'),
    )
    expect(before).toHaveLength(1)
    const said = await refusal({ ...settings, STORAGE_KEYS: `verysecret-${key}` })
    expect(said).toContain('error: STORAGE_KEYS: something was stored under keys')
    expect(said).not.toContain('verysecret')
    expect(
      await withClient(redis, (client) => client.zrange('pleo:storage-keys', '0', '-1')),
    ).toEqual(before)
    expect(await runCommandWith(settings, ...args)).toMatchObject({ code: 0, stdout: '[]\n' })
  })

  test('a missing driver', async () => {
    const hook = `import { registerHooks } from 'node:module'
      registerHooks({ resolve(name, context, next) {
        if (name === 'ioredis') throw Object.assign(new Error(name), { code: 'ERR_MODULE_NOT_FOUND' })
        return next(name, context)
      } })`
    const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hook)}`
    const said = await refusal({ REDIS_URL: redis.url, STORAGE_KEYS: key, NODE_OPTIONS })
    expect(said).toBe('error: ioredis is not installed, and Redis needs it: npm install ioredis\n')
  })
})
