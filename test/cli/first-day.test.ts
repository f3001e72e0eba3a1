import { Redis } from 'ioredis'
import * as openid from 'openid-client'
import { afterAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { createBrowser } from '../support/browser.ts'
import { runCommandWith } from '../support/cli.ts'
import { useRunning } from '../support/fixtures.ts'
import { bakery, password } from '../support/people.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { resourceServer, startServer, type RunningServer } from '../support/server.ts'

// A partner's first day: registered at a command line, with a published client on the other side, and two servers on one
// Redis that learn of everything from there.

const storageKey = 'a-storage-key-of-the-tests-long-enough'
const open: Redis[] = []
const faults: unknown[] = []
const redis = useRedis()
const here = useRunning(start)
const there = useRunning(start)
afterAll(() => open.forEach((client) => client.disconnect()))

async function start(): Promise<RunningServer> {
  const client = new Redis(redis.url, recommendedRedisOptions)
  open.push(client)
  const storage = createRedisAdapter({ client, keys: [storageKey] })
  const server = await startServer({ storage, clients: [resourceServer] })
  server.provider.on('server_error', (_, error) => faults.push(error))
  return server
}

interface Said {
  readonly client: { readonly clientId: string; readonly secrets: readonly unknown[] }
  readonly secret: string
}

/** What a command for clients says, as JSON, where it says nothing else. */
async function say(...args: readonly string[]): Promise<Said> {
  const environment = { REDIS_URL: redis.url, STORAGE_KEYS: storageKey }
  const result = await runCommandWith(environment, 'clients', ...args, '--json')
  const { code, stdout, stderr } = result
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return JSON.parse(stdout) as Said
}

const callback = 'https://nordvind.example.test/callback'

const discover = (
  { issuer }: RunningServer,
  id: string,
  secret: string,
): Promise<openid.Configuration> =>
  openid.discovery(new URL(issuer), id, undefined, openid.ClientSecretBasic(secret), {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
  })

async function connect(config: openid.Configuration): Promise<openid.TokenEndpointResponse> {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier()
  const expectedState = openid.randomState()
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope: 'companies:read',
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const browser = createBrowser()
  const login = await browser.go(url.href)
  const page = await browser.submit(login, { username: 'sofia@example.test', password })
  const { location } = await browser.submit(page, { decision: 'allow', subject: bakery })
  if (!location) throw new Error('the browser was not sent back to the client')
  return openid.authorizationCodeGrant(config, location, { pkceCodeVerifier, expectedState })
}

// Some fifteen commands, each a process.
const timeout = 120_000

test(
  'create, connect, rotate the secret while refreshing, suspend, resume, remove',
  { timeout },
  async () => {
    const named = ['--name', 'Nordvind Regnskab', '--redirect-uri', callback]
    const { client, secret } = await say('create', ...named, '--scope', 'companies:read')
    const id = client.clientId
    const secrets = [secret]

    // Two workers, each at a process of its own, refresh in a loop, each a connection of its own.
    let current = secret
    const working = new AbortController()
    let refreshes = 0
    const work = async (server: RunningServer): Promise<openid.TokenEndpointResponse> => {
      let known = current
      let config = await discover(server, id, known)
      let tokens = await connect(config)
      while (!working.signal.aborted) {
        // A worker learns of a new secret when it is deployed: between two refreshes.
        if (known !== current) config = await discover(server, id, (known = current))
        tokens = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')
        refreshes += 1
      }
      return tokens
    }
    const workers = Promise.all([work(here), work(there)])
    const rotations = (async () => {
      for (let round = 0; round < 3; round += 1) {
        const rotated = await say('rotate', id, '--yes')
        secrets.push(rotated.secret)
        // Shown to a person, who puts it where the workers read it. By then every process knows it.
        await pause(1100)
        current = rotated.secret
        await pause(400)
      }
    })().finally(() => working.abort())
    const [[tokens]] = await Promise.all([workers, rotations])
    expect(refreshes).toBeGreaterThan(20)
    expect(await say('show', id)).toMatchObject({ secrets: [{}, {}] })

    const config = await discover(here, id, current)
    const api = await discover(here, resourceServer.client_id, resourceServer.client_secret)
    const accessToken = tokens?.access_token ?? ''
    const isActive = async () => (await openid.tokenIntrospection(api, accessToken)).active
    expect(await isActive()).toBe(true)

    // What is done at a command line counts on every server within a second.
    await say('suspend', id, '--yes')
    await expect.poll(isActive).toBe(false)
    const refresh = () => openid.refreshTokenGrant(config, tokens?.refresh_token ?? '')
    await expect(refresh()).rejects.toMatchObject({ status: 401 })

    await say('resume', id)
    await expect.poll(isActive).toBe(true)
    const last = await refresh()
    expect(last.refresh_token).toBeDefined()

    const dump = await dumpOf(open[0] as Redis)
    const stored = dump.map(({ key, value }) => `${key} ${value}`).join('\n')
    expect(stored).toContain(id)
    const all = [...secrets, accessToken, tokens?.refresh_token, last.access_token]
    expect(all.filter((value) => stored.includes(value ?? ''))).toEqual([])

    await say('remove', id, '--yes')
    await expect.poll(isActive).toBe(false)
    await expect(openid.refreshTokenGrant(config, last.refresh_token ?? '')).rejects.toMatchObject({
      status: 401,
    })
    expect(await here.clients.list()).toEqual([])
    expect(faults).toEqual([])
  },
)
