import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { urlOfInteraction } from '../support/browser.ts'
import type { Storage } from '../../lib/index.ts'
import type { Browser } from '../support/browser.ts'
import { decide } from '../support/browser-visits.ts'
import { authorizationUrl, connect, createPkce, goToConsent, redeem } from '../support/flow.ts'
import { mountAtRoot, startHost, type Host } from '../support/hosts.ts'
import { bakery } from '../support/people.ts'
import { send, type RawAnswer } from '../support/requests.ts'
import { registration } from '../support/registered.ts'
import { bearer, sendJson } from '../support/self-registered.ts'
import { confidential } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

// HEAD and OPTIONS are safe: whatever they are sent to, nothing changes (RFC 9110, Section 9.2.1).

const writes: string[] = []
const isRead = /^(find|load|list|ids$)/

/** Notes by name whatever is called that does not only read. */
const watching = <T extends object>(part: T): T =>
  new Proxy(part, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...args: unknown[]): unknown => {
        if (!isRead.test(String(name))) writes.push(String(name))
        return Reflect.apply(member, target, args)
      }
    },
  })

let host: Host
let issuer: string
let paths: Readonly<Record<string, string>>
let browser: Browser
let token: string

beforeAll(async () => {
  const stored = await createTestStorage()
  const storage: Storage = {
    ...stored,
    grants: watching(stored.grants),
    // The note of why a request was refused is no part of the request.
    records: (model) =>
      model === 'Refusal' ? stored.records(model) : watching(stored.records(model)),
  }
  host = await startHost(
    (parent, { app }) => {
      parent.use(mountAtRoot(app))
      parent.use((ctx) => void (ctx.body = 'the page of the host'))
    },
    { storage, registration: { initialAccessToken: false } },
  )
  ;({ issuer } = host)
  await connect(issuer)
  const own = await sendJson(`${issuer}/oauth/register`, registration)
  const registered = JSON.parse(own.text) as Record<string, string>
  token = registered['registration_access_token'] ?? ''
  const management = new URL(registered['registration_client_uri'] ?? '').pathname
  const answered = await goToConsent(issuer)
  const resume = await decide(answered.browser, answered.page, {
    subject: bakery,
    decision: 'allow',
  })
  const open = await goToConsent(issuer, { browser: answered.browser })
  ;({ browser } = answered)
  const authorization = new URL(
    authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge }),
  )
  const client = `client_id=${confidential.client_id}&subject=${bakery}`
  paths = {
    authorization: authorization.pathname + authorization.search,
    'authorization, spelled otherwise': `/oauth/Authorize/${authorization.search}`,
    resume: new URL(resume).pathname,
    'resume, spelled otherwise': new URL(resume).pathname.replace('authorize', 'AUTHORIZE'),
    interaction: urlOfInteraction(open.page).pathname,
    'switch account': `${urlOfInteraction(open.page).pathname}/switch-account`,
    disconnect: `/oauth/connections/disconnect?${client}`,
    connections: '/oauth/connections',
    'sign-in': '/oauth/sign-in',
    'sign-out': '/oauth/sign-out',
    token: '/oauth/token',
    introspection: '/oauth/token/introspect',
    revocation: '/oauth/token/revoke',
    par: '/oauth/par',
    jwks: '/oauth/jwks',
    metadata: '/.well-known/oauth-authorization-server',
    'metadata for OpenID': '/.well-known/openid-configuration',
    register: '/oauth/register',
    management,
    'style sheet': '/oauth/assets/styles.css',
    script: '/oauth/assets/script.js',
    'product logo': '/oauth/assets/product-logo',
    icon: '/oauth/assets/icon',
    'logo of a client': '/oauth/assets/logos/unknown',
    'end of a session': '/oauth/session/end/confirm',
    'no route': '/oauth/apps',
  }
})
afterAll(() => host.close())

/** As the browser of the person asks, with all of its cookies. */
const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
  send(issuer + path, {
    method,
    headers: { accept: 'text/html', cookie: toCookie(browser), ...bearer(token), ...headers },
  })

const toCookie = ({ cookies }: Browser): string =>
  [...cookies].map(([key, { value }]) => `${key.slice(key.indexOf(' ') + 1)}=${value}`).join('; ')

/** Asks, and says what that changed. */
async function changesOf(asking: () => Promise<RawAnswer>): Promise<unknown> {
  writes.length = 0
  const { status, headers } = await asking()
  expect(status).toBeLessThan(500)
  return { writes: [...writes], cookies: headers['set-cookie'] ?? [] }
}

const none = { writes: [], cookies: [] }
const preflight = {
  origin: 'https://mobile.example.test',
  'access-control-request-method': 'POST',
  'access-control-request-headers': 'authorization',
}

test('HEAD and OPTIONS change nothing at any route', async () => {
  for (const [name, path] of Object.entries(paths)) {
    for (const [method, headers] of [
      ['HEAD', {}],
      ['OPTIONS', {}],
      ['OPTIONS', preflight],
    ] as const) {
      const changed = await changesOf(() => ask(method, path, headers))
      expect([name, method, changed]).toEqual([name, method, none])
    }
  }
})

test('every answer to HEAD is without a body', async () => {
  for (const [name, path] of Object.entries(paths)) {
    expect([name, (await ask('HEAD', path)).text]).toEqual([name, ''])
  }
})

describe('HEAD is refused, and Allow names the rest, at', () => {
  test.each([
    ['authorization', 'GET, POST'],
    ['authorization, spelled otherwise', 'GET, POST'],
    ['resume', 'GET'],
    ['resume, spelled otherwise', 'GET'],
    ['interaction', 'GET, POST'],
    ['switch account', 'POST'],
    ['disconnect', 'GET, POST'],
  ])('%s', async (name, allow) => {
    const { status, headers } = await ask('HEAD', paths[name] ?? '')
    expect([status, headers.allow]).toEqual([405, allow])
  })
})

test.each([
  'connections',
  'sign-in',
  'sign-out',
  'jwks',
  'metadata',
  'metadata for OpenID',
  'management',
  'style sheet',
  'script',
  'logo of a client',
  'no route',
])('HEAD answers like GET at %s', async (name) => {
  const [head, get] = [await ask('HEAD', paths[name] ?? ''), await ask('GET', paths[name] ?? '')]
  const compared = ['content-type', 'content-length', 'cache-control', 'location', 'etag']
  const toCompared = ({ status, headers }: RawAnswer): unknown => [
    status,
    ...compared.map((header) => headers[header]),
  ]
  expect(toCompared(head)).toEqual(toCompared(get))
})

test('a request whose resume URL was asked with HEAD before goes on to its code', async () => {
  const { verifier, challenge } = createPkce()
  const { page, browser: other } = await goToConsent(issuer, {
    params: { code_challenge: challenge },
  })
  const resume = await decide(other, page, { subject: bakery, decision: 'allow' })
  const headers = { cookie: toCookie(other) }
  expect((await send(resume, { method: 'HEAD', headers })).status).toBe(405)
  const { location: redirect } = await other.go(resume)
  if (!redirect) throw new Error('the resume URL leads nowhere')
  const code = redirect.searchParams.get('code') ?? ''
  expect((await redeem(issuer, { code, verifier, redirect })).status).toBe(200)
})
