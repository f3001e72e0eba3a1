import { readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runExample, startExample, type RunningExample } from '../support/example.ts'
import { connect, refresh } from '../support/flow.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { startSentinel, type SentinelGroup } from '../support/redis-sentinel.ts'
import {
  startRedis,
  waitUntil,
  withClient,
  type RedisServer,
  type ServerAccess,
} from '../support/redis-server.ts'
import { confidential } from '../support/server.ts'
import { createFolder } from '../support/folder.ts'
import { bakery, idOf, password as ownPassword } from '../support/people.ts'

// A Redis or a Sentinel that answers and refuses is another thing than one that is away.

const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
const [, sentinelRights = ''] = /ACL SETUSER (pleo .*\+sentinel\|.*)/.exec(operations) ?? []

const STORAGE_KEYS = 'a storage key of the tests with 32 characters'
const [ofServers, ofSentinel] = ['geheim-eins', 'geheim-zwei']

async function untilTheEnd<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  onTestFinished(() => started.stop())
  return started
}

async function start(settings: Record<string, string>): Promise<RunningExample> {
  const example = await startExample({ STORAGE_KEYS, ...settings })
  onTestFinished(() => example.close())
  return example
}

/** That the start ends by itself, with one line and without a password. */
async function expectRefused(settings: Record<string, string>, line: RegExp): Promise<void> {
  const { code, stdout, stderr } = await runExample({ STORAGE_KEYS, ...settings })
  expect(stderr).toMatch(line)
  expect(stderr).toMatch(/^[^\n]+\n$/)
  expect(stderr).not.toContain('geheim')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
}

const urlOf = ({ sentinel: { host, port }, name }: SentinelGroup, access = ''): string =>
  `redis+sentinel://${access}${host}:${port}/${name}`

const cut = (server: ServerAccess): Promise<unknown> =>
  withClient(server, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal'))

const askForTokens = (issuer: string): Promise<Response> =>
  fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('unknown:unknown')}` },
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: 'x' }),
  })

describe('Sentinels with a password of their own', () => {
  it('are asked with it, and the servers with theirs, also after a failover', async () => {
    const group = await untilTheEnd(startSentinel({ ofServers, ofSentinel }))
    const folder = createFolder({
      'clients.json': JSON.stringify([{ ...confidential, client_name: 'Southwind Ledger' }]),
      'people.json': JSON.stringify({
        people: [
          {
            name: 'Sofia',
            email: 'sofia@example.test',
            password: ownPassword,
            administers: [idOf(bakery)],
          },
        ],
        companies: [{ id: idOf(bakery), name: 'Bright Bakery' }],
      }),
    })
    const example = await start({
      REDIS_URL: urlOf(group, `:${ofServers}@`),
      REDIS_SENTINEL_PASSWORD: ofSentinel,
      CLIENTS_FILE: `${folder}/clients.json`,
      PEOPLE_FILE: `${folder}/people.json`,
    })
    const tokens = await connect(example.issuer)
    await group.waitForReplica()
    await group.failover()
    await waitUntil('the new primary is used', async () => {
      return (await refresh(example.issuer, tokens.refresh_token)).status === 200
    })
    expect(example.said() + example.errors()).not.toContain('geheim')
  })

  it('are asked as a user with the rights that docs/operations.md lists', async () => {
    const group = await untilTheEnd(startSentinel())
    await withClient(group.sentinel, (client) =>
      client.call('ACL', 'SETUSER', ...sentinelRights.split(' ')),
    )
    const user = { REDIS_SENTINEL_USERNAME: 'pleo', REDIS_SENTINEL_PASSWORD: 'secret' }
    await start({ REDIS_URL: urlOf(group), ...user })
    await waitUntil('it hears of failovers, and was refused nothing', async () => {
      const list = await withClient(group.sentinel, (client) => client.client('LIST'))
      return / sub=1 .*user=pleo/.test(String(list))
    })
    const log = await withClient(group.sentinel, (client) => client.call('ACL', 'LOG'))
    expect(log).toEqual([])
  })

  it('are told from the servers if either has another password', async () => {
    const group = await untilTheEnd(startSentinel({ ofServers, ofSentinel }))
    const right = urlOf(group, `:${ofServers}@`)
    const bySentinel = /^REDIS_SENTINEL_PASSWORD: the Sentinel refuses: /
    const missing = new RegExp(`${bySentinel.source}NOAUTH`)
    const wrong = new RegExp(`${bySentinel.source}WRONGPASS`)
    await expectRefused({ REDIS_URL: right }, missing)
    // What everybody tries first.
    await expectRefused({ REDIS_URL: right, REDIS_SENTINEL_PASSWORD: ofServers }, wrong)
    const access = { REDIS_SENTINEL_PASSWORD: ofSentinel }
    await expectRefused(
      { REDIS_URL: urlOf(group, `:${ofSentinel}@`), ...access },
      /^REDIS_URL: Redis refuses: WRONGPASS/,
    )
    await expectRefused({ REDIS_URL: urlOf(group), ...access }, /^REDIS_URL: Redis refuses: NOAUTH/)
  })

  it('that know no such primary, or a user without the rights, are told as well', async () => {
    const group = await untilTheEnd(startSentinel())
    await withClient(group.sentinel, (client) =>
      client.call('ACL', 'SETUSER', 'poor', 'on', '>geheim', '-@all', '+@connection'),
    )
    await expectRefused(
      { REDIS_URL: `${urlOf(group)}-other` },
      /^REDIS_URL: the Sentinel refuses: .*No such master/,
    )
    const poor = { REDIS_SENTINEL_USERNAME: 'poor', REDIS_SENTINEL_PASSWORD: 'geheim' }
    await expectRefused(
      { REDIS_URL: urlOf(group), ...poor },
      /^REDIS_SENTINEL_PASSWORD: the Sentinel refuses: NOPERM .* docs\/operations\.md/,
    )
  })

  it('of which one refuses and another one is away refuse', async () => {
    const group = await untilTheEnd(startSentinel({ ofSentinel }))
    const away = await untilTheEnd(startRedis())
    await away.kill()
    const { host, port } = group.sentinel
    const REDIS_URL = `redis+sentinel://${host}:${port},${host}:${away.port}/${group.name}`
    await expectRefused({ REDIS_URL }, /^REDIS_SENTINEL_PASSWORD: the Sentinel refuses: NOAUTH/)
  })

  it('have no user name without a password', async () => {
    await expectRefused(
      { REDIS_URL: 'redis+sentinel://localhost/pleo', REDIS_SENTINEL_USERNAME: 'pleo' },
      /^REDIS_SENTINEL_PASSWORD must be set with REDIS_SENTINEL_USERNAME$/m,
    )
  })

  it('that change it while the example runs are told as refusing, and not as unreachable', async () => {
    const group = await untilTheEnd(startSentinel({ ofSentinel }))
    const example = await start({
      REDIS_URL: urlOf(group),
      REDIS_SENTINEL_PASSWORD: ofSentinel,
    })
    const change = (from: string, to: string): Promise<unknown> =>
      withClient({ ...group.sentinel, password: from }, (client) =>
        client.call('ACL', 'SETUSER', 'default', 'resetpass', `>${to}`),
      )
    await change(ofSentinel, 'another')
    await cut(group.primary)
    await waitUntil('it says so', async () =>
      example.errors().includes('the Sentinel refuses: WRONGPASS'),
    )
    await change('another', ofSentinel)
    await waitUntil('it is back', async () => example.errors().includes('Redis is back'))
    expect(example.errors()).not.toContain('unreachable')
  })
})

describe('one Redis', () => {
  const admin = (server: RedisServer, ...args: readonly string[]): Promise<unknown> =>
    withClient(server, (client) => client.call('ACL', 'SETUSER', ...args))
  const all = ['on', '>geheim', '~*', '&*', '+@all']

  it('that wants a password, and is given none', async () => {
    const server = await untilTheEnd(startRedis())
    await admin(server, 'default', '>geheim')
    await expectRefused({ REDIS_URL: server.url }, /^REDIS_URL: Redis refuses: NOAUTH/)
  })

  it.each(['-evalsha', '-@sortedset', 'resetkeys'])(
    'whose user lacks a right (%s) is refused at the start',
    async (lack) => {
      const server = await untilTheEnd(startRedis())
      await admin(server, 'app', ...all, lack)
      const REDIS_URL = server.url.replace('//', '//app:geheim@')
      await expectRefused({ REDIS_URL }, /^REDIS_URL: Redis refuses: .*docs\/operations\.md/)
    },
  )

  it('whose user loses a right while the example runs: it says so once, with the first request', async () => {
    const server = await untilTheEnd(startRedis())
    await admin(server, 'app', ...all)
    const example = await start({ REDIS_URL: server.url.replace('//', '//app:geheim@') })
    await admin(server, 'app', '-@hash')
    expect((await askForTokens(example.issuer)).status).toBe(503)
    expect((await askForTokens(example.issuer)).status).toBe(503)
    expect(example.errors().match(/Redis refuses: .*503 until that is put right/g)).toHaveLength(1)
    expect(example.errors()).not.toContain('unreachable')
    await admin(server, 'app', '+@hash')
    expect((await askForTokens(example.issuer)).status).toBe(401)
  })

  it('whose password is changed while the example runs: it says so, and when it is back', async () => {
    const server = await untilTheEnd(startRedis())
    await admin(server, 'app', ...all)
    const example = await start({ REDIS_URL: server.url.replace('//', '//app:geheim@') })
    await admin(server, 'app', 'resetpass', '>another')
    await cut(server)
    await waitUntil('it says so', async () => example.errors().includes('Redis refuses: WRONGPASS'))
    await admin(server, 'app', '>geheim')
    await waitUntil('it is back', async () => example.errors().includes('Redis is back'))
    expect(example.errors()).not.toContain('unreachable')
  })

  it('that is restarted with another password is first away, and then refuses', async () => {
    const server = await untilTheEnd(startRedis())
    const example = await start({ REDIS_URL: server.url })
    await server.kill()
    await waitUntil('it says so', async () => example.errors().includes('Redis is unreachable'))
    await server.restart()
    await waitUntil('it is back', async () => example.errors().includes('Redis is back'))
    await admin(server, 'default', 'resetpass', '>geheim')
    await cut({ ...server, password: 'geheim' })
    await waitUntil('it says so', async () => example.errors().includes('Redis refuses: NOAUTH'))
    expect(example.errors().match(/Redis is unreachable|Redis is back|Redis refuses/g)).toEqual([
      'Redis is unreachable',
      'Redis is back',
      'Redis refuses',
    ])
  })
})

describe('a Cluster', () => {
  it('with another password refuses at the start, also if one of its nodes is away, and later', async () => {
    const cluster = await untilTheEnd(startCluster())
    const [one, two] = cluster.nodes as [RedisServer, RedisServer]
    const REDIS_URL = `redis://${one.host}:${one.port},${two.host}:${two.port}`
    const example = await start({ REDIS_URL })
    for (const node of cluster.nodes) {
      await withClient(node, (client) => client.config('SET', 'requirepass', 'geheim'))
      await cut({ host: node.host, port: node.port, password: 'geheim' })
    }
    await waitUntil('it says so', async () => example.errors().includes('Redis refuses: NOAUTH'))
    expect(example.errors()).not.toContain('unreachable')
    await expectRefused({ REDIS_URL }, /^REDIS_URL: Redis refuses: NOAUTH/)
    await two.kill()
    await expectRefused({ REDIS_URL }, /^REDIS_URL: Redis refuses: NOAUTH/)
  })
})
