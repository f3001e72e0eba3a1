import { createPrivateKey, randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { RecordStorage } from '../../lib/index.ts'
import { runInProcess } from '../support/cli-in-process.ts'
import type { CommandResult } from '../support/cli.ts'
import { createFolder } from '../support/folder.ts'
import { startRedis, waitUntil, type RedisServer } from '../support/redis-server.ts'
import { startServer, type RunningServer } from '../support/server.ts'
import { publishedBy, signing } from '../support/signed-tokens.ts'

const key = 'a-storage-key-of-the-tests-long-enough'
let redis: RedisServer
let client: Redis
let server: RunningServer
let records: RecordStorage
beforeAll(async () => {
  redis = await startRedis()
  client = new Redis(redis.url, recommendedRedisOptions)
  const storage = createRedisAdapter({ client, keys: [key] })
  records = storage.records('SigningKeys')
  // Long enough for some commands in each state, and no longer than a server goes on for without reading: 5 seconds.
  const lifetimes = { accessToken: 3, keyAnnouncement: 20, keyRetirement: 33 }
  server = await startServer({ ...signing, lifetimes, storage })
})
afterAll(async () => {
  await server.close()
  client.disconnect()
  await redis.stop()
})

type Environment = Readonly<Record<string, string>>
const surroundings = (): Environment => ({ REDIS_URL: redis.url, STORAGE_KEYS: key })

async function ok(environment: Environment, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runInProcess(environment, 'keys', ...args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

async function refusal(environment: Environment, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr }: CommandResult = await runInProcess(environment, 'keys', ...args)
  expect([[1, 2].includes(code ?? 0), stdout]).toEqual([true, ''])
  return stderr
}

interface ShownKey {
  readonly kid: string
  readonly state: string
  readonly usedFrom: string
  readonly retiredAt: string | null
}
const list = async (): Promise<readonly ShownKey[]> =>
  JSON.parse(await ok(surroundings(), 'list', '--json')) as readonly ShownKey[]

interface StoredKeys {
  readonly version: string
  readonly keys: readonly {
    readonly jwk: { readonly d: string }
    readonly announcedAt: number
    readonly usedFrom: number
  }[]
}
const stored = async (): Promise<StoredKeys> =>
  (await records.find('current')) as unknown as StoredKeys

/** Has so many seconds gone by for the keys that are stored. */
async function pass(seconds: number): Promise<void> {
  const { version, ...schedule } = await stored()
  const keys = schedule.keys.map(({ jwk, announcedAt, usedFrom }) => ({
    jwk,
    announcedAt: announcedAt - seconds * 1000,
    usedFrom: usedFrom - seconds * 1000,
  }))
  const older = { ...schedule, keys, version: randomUUID() }
  expect(await records.swap('current', older, version)).toBe(true)
}

describe('signing keys in the storage', () => {
  test('there are none to list or to rotate before a server used one', async () => {
    expect(await ok(surroundings(), 'list')).toBe('There are no signing keys in the storage.\n')
    expect(await list()).toEqual([])
    expect(await refusal(surroundings(), 'rotate')).toMatch(
      /^error: there are no signing keys in the storage: a server with signingKeys: "stored"/,
    )
    expect(await publishedBy(server.issuer)).toHaveLength(1)
    expect(await list()).toHaveLength(1)
  })

  test('are rotated, which the server follows, and not twice at once', async () => {
    const [old = ''] = await publishedBy(server.issuer)
    const said = await ok(surroundings(), 'rotate')
    const [first, next] = await list()
    expect([first, next]).toMatchObject([
      { kid: old, algorithm: 'ES256', state: 'in use', retiredAt: expect.any(String) as string },
      { algorithm: 'ES256', state: 'announced', retiredAt: null },
    ])
    expect(said).toContain(`${next?.kid} is announced, and used from `)
    expect(said).toContain(`${old} is retired at `)
    // The times are those that the server asked for.
    const spans = [Date.parse(next?.usedFrom ?? ''), Date.parse(first?.retiredAt ?? '')]
    expect((spans[1] ?? 0) - (spans[0] ?? 0)).toBe(33_000)
    expect(await refusal(surroundings(), 'rotate')).toMatch(
      /^error: nothing was changed: a rotation is under way, and its key is used from .*Z on\n$/,
    )
    await waitUntil('it is published', async () => (await publishedBy(server.issuer)).length === 2)
    await pass(20)
    expect(await list()).toMatchObject([{ state: 'retiring' }, { state: 'in use' }])
    const table = await ok(surroundings(), 'list')
    expect(table).toMatch(/^KID +ALGORITHM +STATE +ANNOUNCED +USED FROM +RETIRED\n/)
    expect(table).toContain(`${old}  ES256      retiring`)
    await pass(33)
    expect(await list()).toMatchObject([{ kid: next?.kid }])
    await waitUntil('the old one is gone', async () => {
      const published = await publishedBy(server.issuer)
      return published.join() === next?.kid
    })
  })

  test('go at once where whoever asks means it', async () => {
    const before = await list()
    expect(await refusal(surroundings(), 'rotate', '--now')).toMatch(
      /^error: nothing was changed: .* it takes --yes, .*:\nRemove every signing key now\? .*\n$/,
    )
    expect(await list()).toEqual(before)
    const [rotated, ...others] = JSON.parse(
      await ok(surroundings(), 'rotate', '--now', '--yes', '--json'),
    ) as readonly ShownKey[]
    expect([rotated?.state, others]).toEqual(['in use', []])
    expect(rotated?.kid).not.toBe(before[0]?.kid)
    await waitUntil('it is published', async () => {
      const published = await publishedBy(server.issuer)
      return published.join() === rotated?.kid
    })
    expect(await ok(surroundings(), 'rotate', '--now', '--yes')).toMatch(
      / is the only signing key now/,
    )
  })

  test('nothing private is said by any command', async () => {
    const { keys } = await stored()
    const said = [await ok(surroundings(), 'list'), await ok(surroundings(), 'list', '--json')]
    for (const { jwk } of keys) expect(said.join('\n')).not.toContain(jwk.d)
    expect(said.join('\n')).not.toContain('"d"')
  })

  test('of a server of the host, which keeps none, are none', async () => {
    const file = join(createFolder(), 'server.mjs')
    const lib = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)
    writeFileSync(
      file,
      `import { createAuthorizationServer } from ${lib}
      export const server = createAuthorizationServer({
        issuer: 'http://localhost:3000', cookieKeys: ['x'], signingKeys: 'ephemeral',
        accounts: { find: () => undefined, subjects: () => [], authenticate: () => undefined },
        resourceServer: { audience: 'https://api.example.test' },
      })`,
    )
    expect(await ok({}, 'list', '--config', file, '--json')).toBe('[]\n')
    expect(await refusal({}, 'rotate', '--config', file)).toContain('there are no signing keys')
  })
})

describe('new keys', () => {
  test.each(['--cookie', '--storage'])('%s: a secret, another one each time', async (flag) => {
    const [one, two] = [await ok({}, 'generate', flag), await ok({}, 'generate', flag)]
    expect(one).toMatch(/^[\w-]{43}\n$/)
    expect(one).not.toBe(two)
  })

  test('--signing: a JWK set that a server takes', async () => {
    const signingKeys = JSON.parse(await ok({}, 'generate', '--signing')) as {
      readonly keys: readonly [{ readonly kid: string; readonly kty: string }]
    }
    expect(createPrivateKey({ key: signingKeys.keys[0], format: 'jwk' }).asymmetricKeyType).toBe(
      'ec',
    )
    const own = await startServer({ signingKeys: signingKeys as never })
    expect(await publishedBy(own.issuer)).toEqual([signingKeys.keys[0].kid])
    await own.close()
  })

  test('are for one thing', async () => {
    expect(await refusal({}, 'generate')).toContain('--cookie, --storage or --signing')
    expect(await refusal({}, 'generate', '--cookie', '--storage')).toContain('cannot be used with')
    expect(await refusal({}, 'generate', '--signing', '--cookie')).toContain('cannot be used with')
  })

  /** Keys as production wants them. They end with signs that a new key does not have. */
  const long = (keys: string): string => keys.replaceAll(/\w{3,}/g, (one) => one.padEnd(32, '.'))
  const rotated = async (keys: string): Promise<string> =>
    (await ok({ COOKIE_KEYS: long(keys) }, 'rotate', '--cookies')).trimEnd().replaceAll('.', '')

  test('for cookies are second at first, then sign, then are accepted, then are gone', async () => {
    expect(await rotated('one')).toMatch(/^one,[\w-]{43}$/)
    expect(await rotated('one,two')).toMatch(/^two,[\w-]{43},one$/)
    expect(await rotated('one, two,three')).toMatch(/^two,[\w-]{43},one$/)
    expect(await rotated('one,two,three,four')).toMatch(/^two,[\w-]{43},one,three$/)
    const json = await ok({ COOKIE_KEYS: long('one,two') }, 'rotate', '--cookies', '--json')
    expect(JSON.parse(json.replaceAll('.', ''))).toEqual([
      'two',
      expect.stringMatching(/^[\w-]{43}$/),
      'one',
    ])
  })

  test('for cookies come so that processes before and after a restart accept what each other sign', async () => {
    let before = ['the-first-one']
    const signers = new Set<string | undefined>()
    for (let restart = 0; restart < 4; restart += 1) {
      const after = (await rotated(before.join())).split(',')
      expect(before).toContain(after[0])
      expect(after).toContain(before[0])
      signers.add(after[0])
      before = after
    }
    expect(signers.size).toBe(4)
  })

  test('for cookies come with a warning if production would refuse one of the others', async () => {
    const keys = { COOKIE_KEYS: 'verysecret' }
    const { code, stdout, stderr } = await runInProcess(keys, 'keys', 'rotate', '--cookies')
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^verysecret,[\w-]{43}\n$/)])
    expect(stderr).toMatch(/^warning: COOKIE_KEYS has a secret of fewer than 32 characters, .*\n$/)
    expect(stderr).not.toContain('verysecret')
  })

  test('for cookies need those there are, and say nothing of them', async () => {
    for (const environment of [{}, { COOKIE_KEYS: '' }, { COOKIE_KEYS: 'verysecret,,x' }]) {
      const said = await refusal(environment, 'rotate', '--cookies')
      expect(said).toContain('error: COOKIE_KEYS must be set')
      expect(said).not.toContain('verysecret')
    }
    const both = await refusal({ COOKIE_KEYS: 'one' }, 'rotate', '--cookies', '--now')
    expect(both).toContain('cannot be used with')
  })
})
