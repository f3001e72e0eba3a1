import { describe, expect, test } from 'vitest'
import { runCommandWith } from '../support/cli.ts'
import { useRunning } from '../support/fixtures.ts'
import { startSentinel } from '../support/redis-sentinel.ts'
import { withClient } from '../support/redis-server.ts'

const STORAGE_KEYS = 'a-storage-key-of-the-tests-long-enough'
const [ofServers, ofSentinel] = ['geheim-eins', 'geheim-zwei']
const group = useRunning(() => startSentinel({ ofServers, ofSentinel }))

async function list(access: string, sentinel: Record<string, string>) {
  const { host, port } = group.sentinel
  const REDIS_URL = `redis+sentinel://${access}${host}:${port}/${group.name}`
  const settings = { REDIS_URL, STORAGE_KEYS, ...sentinel }
  const result = await runCommandWith(settings, 'clients', 'list')
  expect(result.stdout + result.stderr).not.toContain('geheim')
  return result
}

describe('Redis behind Sentinels with a password of their own', () => {
  test('is administered with both', async () => {
    const both = await list(`:${ofServers}@`, { REDIS_SENTINEL_PASSWORD: ofSentinel })
    expect(both).toMatchObject({ code: 0, stdout: 'No client is registered.\n' })
  })

  test.each([
    [
      'the Sentinels are given none',
      `:${ofServers}@`,
      {},
      /^error: REDIS_SENTINEL_PASSWORD: the Sentinel refuses: NOAUTH/,
    ],
    [
      'the Sentinels are given that of the servers',
      `:${ofServers}@`,
      { REDIS_SENTINEL_PASSWORD: ofServers },
      /^error: REDIS_SENTINEL_PASSWORD: the Sentinel refuses: WRONGPASS/,
    ],
    [
      'the servers are given that of the Sentinels',
      `:${ofSentinel}@`,
      { REDIS_SENTINEL_PASSWORD: ofSentinel },
      /^error: REDIS_URL: Redis refuses: WRONGPASS/,
    ],
    [
      'a user of the Sentinels has none',
      '',
      { REDIS_SENTINEL_USERNAME: 'pleo' },
      /^error: REDIS_SENTINEL_PASSWORD must be set with REDIS_SENTINEL_USERNAME\n$/,
    ],
  ])('is not if %s', async (_, access, sentinel, said) => {
    const { code, stderr } = await list(access, sentinel)
    expect(stderr).toMatch(said)
    expect(code).toBe(1)
  })

  test('is not if its user lacks a right, and nothing is said to be changed', async () => {
    await withClient({ ...group.primary, password: ofServers }, (client) =>
      client.call('ACL', 'SETUSER', 'poor', 'on', `>${ofServers}`, '~*', '+@all', '-evalsha'),
    )
    const access = { REDIS_SENTINEL_PASSWORD: ofSentinel }
    const { code, stderr } = await list(`poor:${ofServers}@`, access)
    expect(stderr).toMatch(
      /^error: REDIS_URL: Redis refuses: NOPERM .* docs\/operations\.md lists\n$/,
    )
    expect(code).toBe(1)
  })
})
