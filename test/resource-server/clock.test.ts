import { createServer, type Server, type ServerResponse } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  introspection,
  jwt,
  type ResourceServerWarning,
  type TokenVerifier,
} from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { good } from '../support/introspection-proxy.ts'
import { bakery } from '../support/people.ts'
import { audience, closeServer, listen } from '../support/server.ts'

// With a wrong clock at the API, every token is "unknown, revoked, expired". The Date of an answer says why.

type Headers = Readonly<Record<string, string>>

let http: Server
let issuer: string
let keys: { readonly privateKey: CryptoKey; readonly jwk: JWK }
let headers: () => Headers
let status: number
let beforeAnswer: () => void
beforeAll(async () => {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  keys = { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' } }
  http = createServer((request, response) => answer(request.url ?? '', response))
  issuer = await listen(http)
})
afterAll(() => closeServer(http))

function answer(path: string, response: ServerResponse): void {
  beforeAnswer()
  response.sendDate = false
  response.writeHead(status, { 'content-type': 'application/json', ...headers() })
  response.end(JSON.stringify(path.endsWith('/jwks') ? { keys: [keys.jwk] } : good))
}

const warnings: ResourceServerWarning[] = []
const listener = (warning: Error): void => {
  if (warning.name === 'ResourceServerWarning') warnings.push(warning as ResourceServerWarning)
}
beforeEach(() => {
  status = 200
  headers = () => ({})
  beforeAnswer = () => undefined
  process.on('warning', listener)
})
afterEach(async () => {
  vi.useRealTimers()
  process.off('warning', listener)
  warnings.length = 0
})

const verifiers: Readonly<Record<'introspection' | 'jwt', () => TokenVerifier>> = {
  introspection: () =>
    introspection({
      endpoint: `${issuer}/introspect`,
      client: { id: 'api', secret: 'secret' },
      cache: { maxAge: 0 },
    }),
  jwt: () => jwt({ issuer, audience }),
}

async function start(verify: TokenVerifier): Promise<RunningApi> {
  return endAfterTest(await startApi({ verify }))
}

const sign = (): Promise<string> =>
  new SignJWT({ iss: issuer, aud: audience, client_id: 'ledger', scope: 'companies:read' })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })
    .setSubject(bakery)
    .setExpirationTime('10 minutes')
    .sign(keys.privateKey)

async function ask(api: RunningApi, times = 1): Promise<void> {
  const token = await sign()
  await Promise.all(Array.from({ length: times }, () => api.get('/token', token)))
  await new Promise((resolve) => setImmediate(resolve))
}

/** The time, so many seconds from now, as a server writes it. */
const dateIn = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString()

const minute = 60
const hour = 3600

describe.each(['introspection', 'jwt'] as const)('an API with %s()', (name) => {
  test.each([
    ['ahead of', hour],
    ['behind', -hour],
    ['ahead of', minute],
    ['behind', -minute],
  ])('is told that its clock is %s the other (%s seconds)', async (relation, seconds) => {
    headers = () => ({ date: dateIn(-seconds) })
    await ask(await start(verifiers[name]()), 3)
    expect(warnings.map(({ code }) => code)).toEqual(['clock_difference'])
    const [warning] = warnings
    expect(Math.abs((warning?.seconds ?? 0) - seconds)).toBeLessThanOrEqual(2)
    expect(warning?.message).toContain(`${Math.abs(warning?.seconds ?? 0)} seconds ${relation}`)
    expect(warning?.message).toContain(`${name}()`)
  })

  test.each<[string, () => Headers]>([
    ['the clocks agree', () => ({ date: dateIn(0) })],
    ['they differ by a few seconds', () => ({ date: dateIn(-10) })],
    ['the answer has no Date', () => ({})],
    ['its Date makes no sense', () => ({ date: 'yesterday' })],
    ['it comes from a cache, with its age', () => ({ date: dateIn(-hour), age: `${hour}` })],
  ])('is told nothing if %s', async (_, from) => {
    headers = from
    await ask(await start(verifiers[name]()))
    expect(warnings).toEqual([])
  })

  test('takes a slow answer for no difference', async () => {
    headers = () => ({ date: dateIn(0) })
    const realNow = Date.now()
    vi.useFakeTimers({ toFake: ['Date'], now: realNow })
    beforeAnswer = () => vi.setSystemTime(realNow + minute * 1000)
    await ask(await start(verifiers[name]()))
    expect(warnings).toEqual([])
  })

  test('hears it from an answer that is an error, too', async () => {
    status = 503
    headers = () => ({ date: dateIn(-hour) })
    await ask(await start(verifiers[name]()))
    expect(warnings.map(({ code }) => code)).toEqual(['clock_difference'])
  })
})

test('each API is told by itself, and every hour again, also after its clock was set back', async () => {
  headers = () => ({ date: dateIn(-hour) })
  const [one, other] = [
    await start(verifiers.introspection()),
    await start(verifiers.introspection()),
  ]
  await ask(one, 2)
  await ask(other, 2)
  expect(warnings).toHaveLength(2)
  const now = Date.now()
  for (const [later, times] of [
    [hour - minute, 2],
    [hour, 3],
    [-hour, 4],
  ] as const) {
    vi.useFakeTimers({ toFake: ['Date'], now: now + later * 1000 })
    await ask(one, 2)
    expect(warnings).toHaveLength(times)
  }
})
