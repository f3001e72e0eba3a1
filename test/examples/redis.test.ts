import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { startExample, type RunningExample } from '../support/example.ts'
import {
  authorizationUrl,
  connect,
  createPkce,
  goToConsent,
  introspect,
  refresh,
} from '../support/flow.ts'
import { bakery, idOf, password } from '../support/people.ts'
import { freePorts } from '../support/free-ports.ts'
import { startCluster } from '../support/redis-cluster.ts'
import { startSentinel } from '../support/redis-sentinel.ts'
import { startRedis, waitUntil } from '../support/redis-server.ts'
import { confidential } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'pleo-example-'))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

const company = idOf(bakery)
const settings = {
  STORAGE_KEYS: 'a storage key of the tests with 32 characters',
  CLIENTS_FILE: file('clients.json', [{ ...confidential, client_name: 'Southwind Ledger' }]),
  PEOPLE_FILE: file('people.json', {
    people: [{ name: 'Sofia', email: 'sofia@example.test', password, administers: [company] }],
    companies: [{ id: company, name: 'Bright Bakery' }],
  }),
}

async function start(more: Record<string, string>): Promise<RunningExample> {
  const example = await startExample({ ...settings, ...more })
  onTestFinished(() => example.close())
  return example
}

async function untilTheEnd<T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting
  onTestFinished(() => started.stop())
  return started
}

const companiesOf = (api: string, token: string): Promise<number> =>
  fetch(`${api}/v1/companies`, { headers: { authorization: `Bearer ${token}` } }).then(
    ({ status }) => status,
  )

/** Connects, and uses what came of it. */
async function expectWorking({ issuer, api }: RunningExample): Promise<void> {
  const tokens = await connect(issuer)
  expect(await companiesOf(api, tokens.access_token)).toBe(200)
  expect((await refresh(issuer, tokens.refresh_token)).status).toBe(200)
}

describe('the example on Redis', () => {
  it('has its connections and sign-ins after a restart, and after a rotation of the keys', async () => {
    const redis = await untilTheEnd(startRedis())
    const REDIS_URL = `${redis.url}/3`
    const [PORT, API_PORT, APP_PORT] = (await freePorts()).map(String)
    const ports = { PORT, API_PORT, APP_PORT } as Record<string, string>
    const first = await start({ REDIS_URL, ...ports })
    expect(first.output).toContain(`kept in Redis (127.0.0.1:${redis.port}, database 3)`)
    const browser = createBrowser()
    const tokens = await connect(first.issuer, { browser })
    await first.close()

    const second = await start({ REDIS_URL, ...ports })
    const { issuer, api } = second
    expect(issuer).toBe(first.issuer)
    expect(await introspect(issuer, tokens.access_token)).toMatchObject({ active: true })
    expect(await companiesOf(api, tokens.access_token)).toBe(200)
    const refreshed = await refresh(issuer, tokens.refresh_token)
    expect(refreshed.status).toBe(200)
    const { page } = await goToConsent(issuer, { browser })
    expect(page.text).not.toContain('name="password"')
    expect(page.text).toContain('Bright Bakery')
    await second.close()

    const STORAGE_KEYS = `a newer key of the tests with 32 characters, ${settings.STORAGE_KEYS}`
    const third = await start({ REDIS_URL, STORAGE_KEYS, ...ports })
    const again = await refresh(third.issuer, String(refreshed.body['refresh_token']))
    expect(again.status).toBe(200)
  })

  it('starts without its Redis, says so, answers 503 at once, and works when it is there', async () => {
    const redis = await untilTheEnd(startRedis())
    await redis.kill()
    const example = await start({ REDIS_URL: `redis://:geheim@127.0.0.1:${redis.port}` })
    await waitUntil('it says so', async () => example.errors().includes('until it is back\n'))
    expect(example.errors()).toMatch(
      /^Redis is unreachable: .*ECONNREFUSED.* 503 until it is back$/m,
    )
    expect(example.errors().match(/unreachable/g)).toHaveLength(1)
    // stdout is for where everything is.
    expect(example.said()).not.toContain('unreachable')
    expect(example.said() + example.errors()).not.toContain('geheim')

    const { challenge } = createPkce()
    const url = authorizationUrl(example.issuer, confidential, { code_challenge: challenge })
    const ask = (): Promise<number> =>
      fetch(url, { redirect: 'manual' }).then(({ status }) => status)
    expect(await ask()).toBe(503)

    await redis.restart()
    await waitUntil('Redis is used', async () => (await ask()) < 400)
    await expectWorking(example)
  })

  it('runs on a Cluster, of which it is told some nodes', async () => {
    const cluster = await untilTheEnd(startCluster())
    const [one, two] = cluster.addresses.map(({ host, port }) => `${host}:${port}`)
    const example = await start({ REDIS_URL: `redis://${one},${two}` })
    expect(example.output).toContain(`kept in Redis (Cluster: ${one}, ${two})`)
    await expectWorking(example)
  })

  it('runs on the primary that a Sentinel names, and goes on with the next one', async () => {
    const group = await untilTheEnd(startSentinel())
    const { host, port } = group.sentinel
    const example = await start({ REDIS_URL: `redis+sentinel://${host}:${port}/${group.name}` })
    expect(example.output).toContain(`Sentinel: ${host}:${port}`)
    const tokens = await connect(example.issuer)
    await group.waitForReplica()
    await group.failover()
    const refreshes = async (): Promise<boolean> => {
      const { status, body } = await refresh(example.issuer, tokens.refresh_token)
      if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
      return true
    }
    await waitUntil('the new primary is used', refreshes)
  })
})
