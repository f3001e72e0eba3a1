import { Redis } from 'ioredis'
import { beforeAll, expect, test } from 'vitest'
import {
  createRedisAdapter,
  MissingKeyError,
  recommendedRedisOptions,
  SealError,
} from '../../adapters/redis.ts'
import type { ClientMetadata, Storage } from '../../lib/index.ts'
import { createBrowser, type Browser } from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import {
  authorizationUrl,
  consent,
  createPkce,
  goToConsent,
  introspect,
  post,
  redeem,
  refresh,
  type Answer,
  type Tokens,
} from '../support/flow.ts'
import { dumpOf } from '../support/redis-dump.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { basic, pause } from '../support/requests.ts'
import { confidential, publicClient, resourceServer, useServer } from '../support/server.ts'

// Whoever gets a dump of Redis, in the middle of everything, gets nothing.

const stored: ClientMetadata & { readonly client_secret: string } = {
  ...confidential,
  client_id: 'stored-client',
  client_secret: 'the-secret-of-a-stored-client',
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
}

let storage: Storage
const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
beforeAll(async () => {
  storage = createRedisAdapter({ client, keys: storageKeys })
  await storage.records('Client').upsert(stored.client_id, { ...stored })
})
const server = useServer(() => ({
  storage,
  clients: [publicClient, resourceServer],
  configure: (configuration) => ({
    ...configuration,
    features: {
      ...configuration.features,
      clientCredentials: { enabled: true },
    },
  }),
}))
let issuer: string
beforeAll(() => void ({ issuer } = server))

/** Everything that was handed out on the way, by what it is. */
async function runEveryFlow(): Promise<Map<string, string>> {
  const secrets = new Map([['client secret', stored.client_secret]])
  const note = (what: string, value: unknown): void => void secrets.set(what, String(value))
  const browser = createBrowser()

  // A connection that was refreshed and is repeated, with its sign-in.
  const given = await consent(issuer, { client: stored, browser })
  note('redeemed code', given.code)
  const first = tokensOf(await redeem(issuer, given, stored))
  const second = tokensOf(await refresh(issuer, first.refresh_token, stored))
  note('used refresh token', first.refresh_token)
  note('dead access token', first.access_token)
  note('refresh token', second.refresh_token)
  note('access token', second.access_token)
  noteCookies('signed in', browser, note)

  // A code that waits, a page that is open, and one that was left after signing in.
  note('waiting code', (await consent(issuer, { client: stored })).code)
  const open = await goToConsent(issuer, { client: stored })
  noteCookies('open consent', open.browser, note)
  const fresh = createBrowser()
  await fresh.go(authorizationUrl(issuer, stored, { code_challenge: createPkce().challenge }))
  noteCookies('sign-in page', fresh, note)

  const machine = await token({ grant_type: 'client_credentials' })
  note('token of a machine', machine.body['access_token'])
  const query = new URL(
    authorizationUrl(issuer, stored, { code_challenge: createPkce().challenge }),
  )
  const fields = Object.fromEntries(query.searchParams)
  const pushed = await post(`${issuer}/oauth/par`, fields, basic(stored))
  note('pushed request', String(pushed.body['request_uri']).split(':').at(-1))
  // Its endpoint is not ours, but whoever switches the flow on keeps it here.
  const device = { jti: createPkce().verifier, userCode: 'WDJBMJHT' }
  await storage.records('DeviceCode').upsert(device.jti, device, 600)
  note('device code', device.jti)
  note('user code', device.userCode)
  return secrets
}

const token = (fields: Record<string, string>): Promise<Answer> =>
  post(`${issuer}/oauth/token`, fields, basic(stored))
const tokensOf = ({ status, body }: Answer): Tokens => {
  expect(status).toBe(200)
  return body as unknown as Tokens
}

function noteCookies(
  when: string,
  { cookies }: Browser,
  note: (what: string, value: unknown) => void,
): void {
  for (const [key, { value }] of cookies) note(`cookie ${key}, ${when}`, value)
}

test('no token, code, cookie, device or user code, or client secret is in it, nor anything about people', async () => {
  const secrets = await runEveryFlow()
  expect(secrets.size).toBeGreaterThan(15)
  const entries = await dumpOf(client)
  expect(entries.length).toBeGreaterThan(15)
  const everything = entries.map(({ key, value }) => `${key} ${value}`).join('\n')
  const searched = [...secrets, ['account', 'sofia'], ['subject', 'urn:pleo']] as const
  const found = searched.filter(([, value]) =>
    formsOf(value).some((form) => everything.includes(form)),
  )
  expect(found.map(([what]) => what)).toEqual([])
  expect(searched.filter(([, value]) => value.length < 5)).toEqual([])
})

/** How a text may stand in something else. */
const formsOf = (text: string): readonly string[] => [
  text,
  Buffer.from(text).toString('base64').replace(/=+$/, ''),
  Buffer.from(text).toString('hex'),
]

test('every string in it, tried as anything, opens nothing', async () => {
  const tokens = tokensOf(await redeem(issuer, await consent(issuer, { client: stored }), stored))
  const entries = await dumpOf(client)
  const strings = new Set(
    entries.flatMap(({ key, value }) => `${key} ${value}`.match(/[\w-]{8,}/g) ?? []),
  )
  // Names are parts of keys as well.
  for (const { key } of entries) strings.add(key.slice(key.lastIndexOf(':') + 1))
  expect(strings.size).toBeGreaterThan(entries.length)
  const names = [...strings]
  const ids = names.flatMap((name) => [name, tokens.refresh_token.slice(0, 22) + name])
  for (const value of ids) {
    expect(await introspect(issuer, value, stored)).toEqual({ active: false })
    expect((await refresh(issuer, value, stored)).status).toBe(400)
    const code = { code: value, verifier: 'x'.repeat(43), redirect: new URL(issuer) }
    expect((await redeem(issuer, code, stored)).status).toBe(400)
    const asSecret = { ...stored, client_secret: value }
    expect((await refresh(issuer, tokens.refresh_token, asSecret)).status).toBe(401)
    const cookie = ['session', 'interaction', 'resume']
      .map((type) => `${server.provider.cookieName(type)}=${value}`)
      .join('; ')
    const page = await fetch(
      authorizationUrl(issuer, stored, { prompt: 'none', code_challenge: createPkce().challenge }),
      {
        redirect: 'manual',
        headers: { cookie },
      },
    )
    expect(page.headers.get('location')).toContain('error=login_required')
  }
  expect((await refresh(issuer, tokens.refresh_token, stored)).status).toBe(200)
})

test('every key in it has an end, but for the registered client and the list of them', async () => {
  const entries = await dumpOf(client)
  const endless = entries.filter(({ expiresIn }) => expiresIn === undefined)
  expect(endless.map(({ key }) => key.replace(/[\w-]{22}$/, '…'))).toEqual(
    expect.arrayContaining(['pleo:client:…', 'pleo:client-ids']),
  )
  expect(endless).toHaveLength(2)
})

test('two adapters with different keys have nothing in common, and nothing opens elsewhere', async () => {
  const keys = ['another key of the tests, long enough']
  const one = createRedisAdapter({ client, keyPrefix: 'x:', keys: storageKeys })
  const other = createRedisAdapter({ client, keyPrefix: 'x:', keys })
  const [mine, theirs] = [one.records('Session'), other.records('Session')]
  await mine.upsert('one', { n: 1 }, 60)
  await expect(theirs.find('one')).rejects.toThrow(MissingKeyError)
  await client.del('x:storage-keys')
  await pause(1100)
  expect(await theirs.find('one')).toBeUndefined()

  const [first = ''] = await client.keys('x:session:*')
  await mine.upsert('two', { n: 2 }, 60)
  const second = (await client.keys('x:session:*')).find((key) => key !== first) ?? ''
  await client.rename(first, second)
  await expect(mine.find('two')).rejects.toThrow(SealError)
})
