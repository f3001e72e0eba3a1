import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import {
  connect,
  consent,
  post,
  redeem,
  refresh,
  revoke,
  type Answer,
  type Tokens,
} from '../support/flow.ts'
import { startCountingProxy, type CountingProxy } from '../support/counting-proxy.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { startRedis, type RedisServer } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { confidential, resourceServer, startServer, type RunningServer } from '../support/server.ts'

// How many answers of Redis a request waits for, one after the other: what goes over the socket.

let redis: RedisServer
let proxy: CountingProxy
let client: Redis
let server: RunningServer
let issuer: string

const machine = {
  client_id: 'machine',
  client_secret: 'machine-secret',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'companies:read',
}

beforeAll(async () => {
  redis = await startRedis()
  proxy = await startCountingProxy(redis, { delay: 5 })
  client = new Redis(proxy.port, proxy.host, recommendedRedisOptions)
  const storage = createRedisAdapter({ client, keys: storageKeys })
  for (const one of [confidential, resourceServer, machine]) {
    await storage.records('Client').upsert(one.client_id, { ...one })
  }
  server = await startServer({
    storage,
    clients: [],
    configure: (configuration) => ({
      ...configuration,
      features: { ...configuration.features, clientCredentials: { enabled: true } },
    }),
  })
  ;({ issuer } = server)
})
afterAll(async () => {
  await server.close()
  client.disconnect()
  await proxy.stop()
  await redis.stop()
})

const isFine = ({ status }: { readonly status: number }): void => expect(status).toBe(200)

/** The waves of one request, when every script is known to Redis and the clients were just asked for. */
async function wavesOf(request: () => Promise<{ readonly status: number }>): Promise<number> {
  // What was known of the clients is forgotten, and asked for anew: it is known for the next second then.
  await pause(1000)
  isFine(await post(`${issuer}/oauth/token/introspect`, { token: 'x', ...credentials }))
  isFine(await post(`${issuer}/oauth/token/introspect`, { token: 'x', ...apiCredentials }))
  isFine(await post(`${issuer}/oauth/token`, machineRequest))
  proxy.reset()
  isFine(await request())
  return proxy.waves()
}

const { client_id, client_secret } = confidential
const credentials = { client_id, client_secret }
const apiCredentials = {
  client_id: resourceServer.client_id,
  client_secret: resourceServer.client_secret,
}
const machineRequest = {
  grant_type: 'client_credentials',
  client_id: machine.client_id,
  client_secret: machine.client_secret,
}

const refreshed = async (refreshToken: string): Promise<Tokens> =>
  (await refresh(issuer, refreshToken)).body as unknown as Tokens

test('the redemption of a code takes 2 (at most 4 may be)', async () => {
  await connect(issuer)
  const given = await consent(issuer)
  expect(await wavesOf(() => redeem(issuer, given))).toBe(2)
})

test('a refresh takes 2 (at most 4)', async () => {
  const { refresh_token: first } = await connect(issuer)
  const { refresh_token: second } = await refreshed(first)
  expect(await wavesOf(() => refresh(issuer, second))).toBe(2)
  // And so does the same again.
  expect(await wavesOf(() => refresh(issuer, second))).toBe(2)
})

test('introspection takes 1, and 2 the first time after a refresh or in a minute (at most 2)', async () => {
  const { refresh_token, access_token } = await connect(issuer)
  const ask = (token: string, extra = {}): Promise<number> =>
    wavesOf(() => post(`${issuer}/oauth/token/introspect`, { token, ...apiCredentials, ...extra }))
  await ask(access_token)
  expect(await ask(access_token)).toBe(1)
  expect(await ask(access_token, { token_type_hint: 'access_token' })).toBe(1)
  const { refresh_token: later, access_token: seen } = await refreshed(refresh_token)
  await ask(seen)
  const next = await refreshed(later)
  expect(await ask(next.access_token)).toBe(2)
  expect(await ask(next.access_token)).toBe(1)
})

test('client credentials take 1 (at most 1)', async () => {
  expect(await wavesOf(() => post(`${issuer}/oauth/token`, machineRequest))).toBe(1)
})

test('a revocation takes 3 of a refresh token and 2 of an access token (at most 3)', async () => {
  const { refresh_token, access_token } = await connect(issuer)
  const other = await connect(issuer)
  await revoke(issuer, other.access_token)
  await revoke(issuer, other.refresh_token)
  expect(await wavesOf(() => revoke(issuer, access_token))).toBe(2)
  await wavesOf(() => revoke(issuer, refresh_token))
  // The grant leaves the indexes after the answer.
  await expect.poll(() => proxy.waves()).toBe(3)
})

test('access tokens that are JWTs take as many: 2, 2, 1 to introspect and 2 to revoke', async () => {
  const own = await startJwtServer({
    storage: createRedisAdapter({ client, keys: storageKeys }),
    clients: [],
  })
  const ask = (token: string) =>
    post(`${own.issuer}/oauth/token/introspect`, { token, ...apiCredentials })
  const waves = async (request: () => Promise<{ readonly status: number }>): Promise<number> => {
    await pause(1000)
    isFine(await ask('x'))
    isFine(await post(`${own.issuer}/oauth/token/introspect`, { token: 'x', ...credentials }))
    proxy.reset()
    isFine(await request())
    return proxy.waves()
  }
  const given = await consent(own.issuer)
  let tokens: Record<string, unknown> = {}
  const keep = async (answer: Promise<Answer>): Promise<Answer> => {
    const { body } = await answer
    tokens = body
    return answer
  }
  expect(await waves(() => keep(redeem(own.issuer, given)))).toBe(2)
  const used = String(tokens['refresh_token'])
  expect(await waves(() => keep(refresh(own.issuer, used)))).toBe(2)
  expect(await waves(() => keep(refresh(own.issuer, used)))).toBe(2)
  const token = String(tokens['access_token'])
  expect(token).toMatch(/\..*\./)
  expect(await waves(() => ask(token))).toBe(2)
  expect(await waves(() => ask(token))).toBe(1)
  expect(await waves(() => revoke(own.issuer, token))).toBe(2)
  await own.close()
})
