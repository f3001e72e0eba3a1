import { createServer } from 'node:http'
import express from 'express'
import type { AuthorizationServer } from '../../lib/index.ts'
import Koa from 'koa'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { runInProcess } from '../support/cli-in-process.ts'
import { runCommandWith } from '../support/cli.ts'
import { mountAtRoot } from '../support/hosts.ts'
import { closeServer, listen, openServer } from '../support/server.ts'
import { toDiagnosis, useSetUps, type Diagnosis, type SetUp } from '../support/set-ups.ts'
import { createForwarding, startTls } from '../support/tls-proxy.ts'

// Each set-up is a good one but for one thing, and gives exactly the code of that.

const { authority, diagnose } = useSetUps()

const metadata = '/.well-known/oauth-authorization-server'

/** Answers in place of the server, at some paths. */
const instead = (isSo: (path: string) => boolean, answer: () => Response): SetUp => ({
  proxy: { answer: (given, path) => (isSo(path) ? answer() : given) },
})

/** Changes an answer. */
const changed = (change: (headers: Headers, path: string) => void): SetUp => ({
  proxy: {
    answer(given, path) {
      const headers = new Headers(given.headers)
      change(headers, path)
      return new Response(given.body, { status: given.status, headers })
    },
  },
})

/** Puts the server into an application of Koa, behind something. */
const behind = (middleware: Koa.Middleware): SetUp => ({
  mount({ app }) {
    const parent = new Koa().use(middleware).use(mountAtRoot(app))
    const handle = parent.callback()
    return (request, response) => void handle(request, response)
  },
})

/** Puts it into an application of Express, before a page of that. */
const inExpress = (
  use: (app: express.Express, handle: ReturnType<AuthorizationServer['app']['callback']>) => void,
): SetUp => ({
  mount(server) {
    const app = express()
    use(app, server.app.callback())
    app.get('/', (_request, response) => void response.send('the page of the host'))
    return (request, response) => void app(request, response)
  },
})

const hour = 3_600_000
const later = (headers: Headers): void =>
  headers.set('date', new Date(Date.now() + hour).toUTCString())

const setUps: readonly (readonly [code: string, what: string, setUp: SetUp])[] = [
  [
    'unavailable',
    'no server is behind the proxy',
    instead(
      () => true,
      () => new Response('', { status: 502 }),
    ),
  ],
  [
    'metadata_missing',
    'the metadata are missing at the place of RFC 8414',
    {
      path: '/auth',
      ...instead(
        (path) => path.startsWith(metadata),
        () => new Response('', { status: 404 }),
      ),
    },
  ],
  [
    'other_issuer',
    'the metadata are those of another server',
    instead(
      (path) => path.startsWith(metadata),
      () => Response.json({ issuer: 'https://else.example.test' }),
    ),
  ],
  [
    'wrong_prefix',
    'the proxy takes the path of the issuer away',
    { path: '/auth', proxy: { path: (path) => path.replace(/^\/auth/, '') } },
  ],
  ['guarded', 'a sign-in of the host is before it', behind(async (ctx) => ctx.redirect('/login'))],
  [
    'body_consumed',
    'something before it reads forms',
    behind(async (ctx, next) => {
      for await (const _ of ctx.req);
      return next()
    }),
  ],
  [
    'answer_changed',
    'the proxy sets a header',
    changed((headers) => headers.set('x-frame-options', 'SAMEORIGIN')),
  ],
  ['host_swallowed', 'Express gave it all requests', inExpress((app, handle) => app.use(handle))],
  [
    'host_swallowed',
    'Express gave it all requests, without a way on',
    inExpress((app, handle) => app.use((request, response) => void handle(request, response))),
  ],
  [
    'redirected',
    'the public URL redirects to another host',
    {
      proxy: {
        answer: (_, path) =>
          new Response(null, {
            status: 301,
            headers: { location: `https://www.example.test${path}` },
          }),
      },
    },
  ],
  ['proxy_not_trusted', 'the proxy is not trusted', { options: 'trustedProxies: []' }],
  [
    'proxy_not_trusted',
    'one of two proxies is not trusted',
    {
      proxy: {
        request: (headers) => headers.append('X-Forwarded-For', '198.51.100.7, 198.51.100.99'),
      },
    },
  ],
  [
    'forwarded_for_missing',
    'the proxy sends no address',
    { proxy: { request: (headers) => headers.delete('X-Forwarded-For') } },
  ],
  [
    'forwarded_for_believed',
    'the proxy passes on the address that a client made up',
    { proxy: { request: () => undefined } },
  ],
  [
    'server_clock',
    'the clock of the server is ahead',
    changed((headers, path) => path !== '/api' && later(headers)),
  ],
  [
    'api_clock',
    'the clock of the API is ahead',
    changed((headers, path) => path === '/api' && later(headers)),
  ],
]

const expectOnly = (code: string, found: Diagnosis): void =>
  expect([found.codes, found.exitCode]).toEqual([[code], 1])

describe('a broken way to the server', () => {
  test.each(setUps)('%s: %s', async (code, _, setUp) => {
    expectOnly(code, await diagnose(setUp))
  })

  test('unreachable: nothing listens', async () => {
    const gone = createServer()
    const url = await listen(gone)
    await closeServer(gone)
    const { codes } = toDiagnosis(await runCommandWith({}, 'doctor', '--url', url, '--json'))
    expect(codes).toEqual(['unreachable'])
  })

  test('plain_http: clients come without TLS', async () => {
    const { issuer } = await openServer()
    const front = createServer()
    const { port } = new URL(await listen(front))
    // It is this machine, and no address of loopback by its name.
    const url = `http://0.0.0.0:${port}`
    const rename = async (answer: Response): Promise<Response> =>
      new Response((await answer.text()).replaceAll(issuer, url), answer)
    const forward = createForwarding(() => issuer, { answer: rename })
    front.on('request', (request, response) => void forward(request, response))
    onTestFinished(() => closeServer(front))
    const { codes } = toDiagnosis(await runCommandWith({}, 'doctor', '--url', `${url}/`, '--json'))
    expect(codes).toEqual(['plain_http'])
  })
})

test('wrong_scheme: the URL has http, and the server speaks TLS', async () => {
  const { issuer } = await openServer()
  const front = await startTls(
    await authority.issue(),
    createForwarding(() => issuer, {}),
  )
  onTestFinished(() => front.close())
  const url = `http://localhost:${front.port}`
  const { codes } = toDiagnosis(await runCommandWith({}, 'doctor', '--url', url, '--json'))
  expect(codes).toEqual(['wrong_scheme'])
})

test('wrong_scheme: the URL has https, and the server speaks no TLS', async () => {
  const { issuer } = await openServer()
  const url = issuer.replace('http:', 'https:')
  const { codes } = toDiagnosis(await runCommandWith({}, 'doctor', '--url', url, '--json'))
  expect(codes).toEqual(['wrong_scheme'])
})

describe('port 80', () => {
  test.each([
    [200, ['plain_http', 'unreachable']],
    [301, ['unreachable']],
  ])('answers for metadata with %d', async (status, codes) => {
    const answering: typeof fetch = async (input) => {
      if (input === `http://127.0.0.1${metadata}`) return new Response(null, { status })
      throw new Error('nothing listens on port 443')
    }
    vi.stubGlobal('fetch', answering)
    onTestFinished(() => void vi.unstubAllGlobals())
    const found = await runInProcess({}, 'doctor', '--url', 'https://127.0.0.1', '--json')
    expect(toDiagnosis(found).codes).toEqual(codes)
  })
})

describe('a certificate', () => {
  const day = 86_400_000

  test.each([
    ['certificate_invalid', 'has expired', { endsAt: Date.now() - day }],
    ['certificate_invalid', 'is for another host', { host: 'else.example.test' }],
    ['certificate_ends', 'ends next week', { endsAt: Date.now() + 7 * day }],
  ])('%s: it %s', async (code, _, given) => {
    const found = await diagnose({ certificate: await authority.issue(given) })
    expectOnly(code, found)
    const part = `the answers at ${found.issuer}`
    expect(found.notLookedAt).toEqual(code === 'certificate_invalid' ? [part] : [])
  })

  test('certificate_invalid: it is of a CA that nobody knows', async () => {
    expectOnly('certificate_invalid', await diagnose({ environment: { NODE_EXTRA_CA_CERTS: '' } }))
  })
})

describe('nothing is found', () => {
  test.each<readonly [string, SetUp]>([
    ['below a path', { path: '/auth' }],
    ['in an application of Koa', behind((_, next) => next())],
    [
      'in an application of Express, at its own paths',
      inExpress((app, handle) =>
        app.use(['/oauth', '/.well-known'], (request, response) => void handle(request, response)),
      ),
    ],
    [
      'behind a proxy that replaces the header',
      { proxy: { request: (headers, client) => headers.set('X-Forwarded-For', client) } },
    ],
    [
      'behind two proxies, both trusted',
      {
        options: "trustedProxies: ['loopback', '198.51.100.99']",
        proxy: {
          request: (headers) => headers.append('X-Forwarded-For', '192.0.2.9, 198.51.100.99'),
        },
      },
    ],
    [
      'of people who can sign in, and are none of ours',
      {
        options:
          "accounts: { find: () => undefined, subjects: () => [], authenticate: (given, ctx) => ctx.get('x') || undefined }",
      },
    ],
  ])('%s', async (_, setUp) => {
    expect(await diagnose(setUp)).toMatchObject({ codes: [], notLookedAt: [], exitCode: 0 })
  })
})

test('a server that does not know the cookie keys leaves the question of the proxies open', async () => {
  const found = await diagnose({ options: 'cookieKeys: [cookieKey + process.pid]' })
  expect(found).toMatchObject({ codes: [], notLookedAt: ['proxies before the server'] })
})

test('a proxy that finds no server is no reason to doubt the cookie keys', async () => {
  const gone = instead(
    () => true,
    () => new Response('', { status: 502 }),
  )
  const { notLookedAt, said } = await diagnose(gone)
  expect(notLookedAt).toEqual(['proxies before the server'])
  expect(said).toContain('correct the way to the server first')
})
