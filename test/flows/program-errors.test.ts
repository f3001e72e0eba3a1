import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { RecordStorage, Storage } from '../../lib/index.ts'
import { basic, send, toJson, type RawAnswer, type RawInit } from '../support/requests.ts'
import { bearer, selfRegister } from '../support/self-registered.ts'
import { confidential, useServer, type RunningServer } from '../support/server.ts'

// Endpoints for programs say what is wrong in JSON, whatever the library of a program asks for.

let isDown = false
const server = useServer({ storage: createMemoryAdapter(), registration: {} })
const failing = useServer(() => ({
  storage: breakable(createMemoryAdapter()),
  registration: {},
  signingKeys: 'stored',
}))
beforeAll(() => void (isDown = true))

/** A storage that can be gone. */
function breakable(storage: Storage): Storage {
  const orGone = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, name) {
        const method: unknown = Reflect.get(of, name)
        if (typeof method !== 'function') return method
        return async (...given: readonly unknown[]) => {
          if (isDown) throw new Error('gone')
          return (await Reflect.apply(method, of, given)) as unknown
        }
      },
    })
  return {
    deriveKeys: (purpose) => storage.deriveKeys(purpose),
    onClientChange: (listener) => storage.onClientChange(listener),
    grants: orGone(storage.grants),
    records: (model): RecordStorage => orGone(storage.records(model)),
  }
}

const accepts = [
  'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'text/html',
  'image/png',
]

const form = (fields: Readonly<Record<string, string>>, secret?: string): RawInit => ({
  body: new URLSearchParams(fields),
  headers: basic(confidential, secret),
})
const refresh = { grant_type: 'refresh_token', refresh_token: 'x' }
const json = { 'content-type': 'application/json' }
const tooLarge = { token: 'x'.repeat(100_000) }

const refused: readonly (readonly [string, string, RawInit, number, string])[] = [
  ['a refresh token that is none', '/oauth/token', form(refresh), 400, 'invalid_grant'],
  ['a grant type that is none', '/oauth/token', form({ grant_type: 'x' }), 400, 'unsupported_'],
  ['a wrong secret', '/oauth/token', form(refresh, 'wrong'), 401, 'invalid_client'],
  ['a body that is too large', '/oauth/token', form(tooLarge), 400, 'invalid_request'],
  ['a body of JSON', '/oauth/token', { body: '{}', headers: json }, 400, 'invalid_request'],
  ['another spelling', '/oauth/Token/', form(refresh), 400, 'invalid_grant'],
  ['introspection', '/oauth/token/introspect', form({ token: 'x' }, 'x'), 401, 'invalid_client'],
  ['introspection of nothing', '/oauth/token/introspect', form({ a: 'b' }), 400, 'invalid_request'],
  ['revocation', '/oauth/token/revoke', form({ token: 'x' }, 'x'), 401, 'invalid_client'],
  ['revocation of nothing', '/oauth/token/revoke', form({ a: 'b' }), 400, 'invalid_request'],
  ['a pushed request', '/oauth/par', form({ scope: 'x' }), 400, 'invalid_request'],
  ['a pushed request of nobody', '/oauth/par', form({ scope: 'x' }, 'x'), 401, 'invalid_client'],
  ['registration', '/oauth/register', { body: '{}', headers: json }, 401, 'invalid_token'],
  ['management', '/oauth/register/x', { headers: bearer('x') }, 401, 'invalid_token'],
  ...['/token', '/token/introspect', '/token/revoke', '/par', '/register', '/jwks'].map(
    (path) => [`PUT ${path}`, `/oauth${path}`, { method: 'PUT' }, 405, 'invalid_request'] as const,
  ),
  ...['oauth-authorization-server', 'openid-configuration'].map(
    (name) =>
      [`PUT ${name}`, `/.well-known/${name}`, { method: 'PUT' }, 405, 'invalid_request'] as const,
  ),
]

function expectJson(answer: RawAnswer, status: number, error: string): void {
  expect([answer.status, answer.headers['content-type']]).toEqual([
    status,
    'application/json; charset=utf-8',
  ])
  expect(toJson(answer)['error']).toMatch(error)
}

describe.each(accepts)('asked for %s', (accept) => {
  const ask = (at: RunningServer, path: string, init: RawInit): Promise<RawAnswer> =>
    send(at.issuer + path, { ...init, headers: { ...init.headers, accept } })

  test.each(refused)('%s is refused in JSON', async (_, path, init, status, error) => {
    expectJson(await ask(server, path, init), status, error)
  })

  test('so are what partners register that is wrong or too much', async () => {
    const { token } = await server.clients.createInitialAccessToken()
    const client = await selfRegister(server)
    const { pathname } = new URL(client.registration_client_uri)
    for (const [path, method, one] of [
      ['/oauth/register', 'POST', token],
      [pathname, 'PUT', client.registration_access_token],
    ] as const) {
      const headers = { ...bearer(one), ...json }
      const register = (body: string) => ask(server, path, { method, headers, body })
      expectJson(await register('{}'), 400, 'invalid_')
      expectJson(await register('{'), 400, 'invalid_request')
      expectJson(await register(JSON.stringify(tooLarge)), 413, 'invalid_request')
    }
  })

  test.each([
    ['/oauth/token', form(refresh)],
    ['/oauth/token/introspect', form({ token: 'x' })],
    ['/oauth/token/revoke', form({ token: 'x' })],
    ['/oauth/register', { body: '{}', headers: { ...json, ...bearer('x') } }],
    ['/oauth/register/x', { headers: bearer('x') }],
    ['/oauth/jwks', {}],
  ] as const)('a storage that is gone is JSON at %s', async (path, init) => {
    const answer = await ask(failing, path, init)
    expectJson(answer, 503, 'temporarily_unavailable')
    expect(answer.headers['retry-after']).toBe('1')
  })
})

test('people get pages all the same', async () => {
  for (const path of ['/oauth/authorize', '/oauth/interaction/x', '/oauth/sign-in?continue=x']) {
    const { headers } = await send(server.issuer + path, { headers: { accept: accepts[0] ?? '' } })
    expect([path, headers['content-type']]).toEqual([path, 'text/html; charset=utf-8'])
  }
})
