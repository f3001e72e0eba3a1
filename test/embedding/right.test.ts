import { connect as openSocket } from 'node:net'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { bodyParser } from '@koa/bodyparser'
import type { Context, Middleware } from 'koa'
import { describe, expect, test } from 'vitest'
import { createAuthorizationServer } from '../../lib/index.ts'
import {
  after,
  atRoot,
  behind,
  findMounting,
  proxied,
  useEmbedders,
  type Build,
} from '../support/embedders.ts'
import { authorizationUrl, connect, createPkce, refresh } from '../support/flow.ts'
import { mountAtRoot, mountBelow } from '../support/hosts.ts'
import { createAccounts } from '../support/people.ts'
import { audience, confidential } from '../support/server.ts'

// Hosts that do everything right, and what strangers send them: nothing is said.

const { start, codes } = useEmbedders()

const compress = after((ctx) => {
  if (typeof ctx.body !== 'string' && !Buffer.isBuffer(ctx.body)) return
  ctx.set('Content-Encoding', 'gzip')
  ctx.vary('Accept-Encoding')
  ctx.body = Readable.from([ctx.body]).pipe(createGzip())
})

const addHeaders = after((ctx) => {
  ctx.set('X-Response-Time', '1')
  ctx.set('Permissions-Policy', 'camera=()')
})

/** Reads forms, and leaves them as it likes. */
const leaving =
  (leave: (ctx: Context, text: string) => void, encoding?: 'utf8'): Middleware =>
  async (ctx, next) => {
    if (!ctx.is('urlencoded')) return next()
    if (encoding) ctx.req.setEncoding(encoding)
    const chunks: Buffer[] = []
    for await (const chunk of ctx.req) chunks.push(Buffer.from(chunk as Buffer | string))
    leave(ctx, Buffer.concat(chunks).toString())
    return next()
  }

const readText = leaving((ctx, text) => {
  ctx.request.body = Object.fromEntries(new URLSearchParams(text))
}, 'utf8')

/** Where parsers of Express leave what they read. */
const leaveInNode = (ctx: Context, body: unknown): void => void Object.assign(ctx.req, { body })

const asText: readonly (readonly [string, Middleware])[] = [
  ['text', leaving((ctx, text) => void (ctx.request.body = text))],
  ['bytes', leaving((ctx, text) => void (ctx.request.body = Buffer.from(text)))],
  ['text, as Express does', leaving(leaveInNode)],
  ['bytes, as Express does', leaving((ctx, text) => leaveInNode(ctx, Buffer.from(text)))],
]
const beside = leaving((ctx, text) => {
  leaveInNode(ctx, Object.fromEntries(new URLSearchParams(text)))
  ctx.request.body = {}
})
const jsonAlone: Middleware = (ctx, next) => {
  leaveInNode(ctx, {})
  return next()
}

describe('a host that does everything right', () => {
  test.each<readonly [string, string, Build]>([
    ['nothing before it', '', atRoot],
    ['a body parser that says what it read', '', behind(bodyParser() as Middleware)],
    ['one that reads text', '', behind(readText)],
    ...asText.map(
      ([left, parser]) =>
        [`one that leaves ${left}`, '', behind(parser)] as [string, string, Build],
    ),
    ['one of Express beside one that leaves nothing', '', behind(beside)],
    ['one for JSON that leaves something for forms, too', '', behind(jsonAlone)],
    ['compression', '', behind(compress)],
    ['more headers', '', behind(addHeaders)],
    [
      'a prefix',
      '/auth',
      (parent, { app }) => {
        parent.use(mountBelow('/auth', app))
        parent.use(mountBelow('/.well-known', app))
      },
    ],
  ])('has no warning: %s', async (_, path, build) => {
    const host = await start(build, { path })
    expect(await findMounting(host)).toEqual([])
    const { refresh_token } = await connect(host.issuer)
    expect((await refresh(host.issuer, refresh_token)).status).toBe(200)
    expect(await codes()).toEqual([])
  })

  test('may stand behind a proxy that says the same once more', async () => {
    const twice = proxied((headers) => headers.append('x-frame-options', 'DENY'))
    expect(await findMounting(await start(atRoot), { fetch: twice })).toEqual([])
  })

  test('may have another authorization server in the same process', async () => {
    const other = createAuthorizationServer({
      issuer: 'http://127.0.0.1/a',
      cookieKeys: ['a key for the cookies of the tests'],
      accounts: createAccounts(),
      resourceServer: { audience },
    })
    const { issuer } = await start(
      (parent, { app }) => {
        parent.use(mountAtRoot(other.app))
        parent.use(mountAtRoot(app))
      },
      { path: '/b' },
    )
    expect((await fetch(`${issuer}/oauth/jwks`)).status).toBe(200)
    expect((await fetch(`${issuer}/oauth/assets/logos/none`)).status).toBe(404)
    expect(await codes()).toEqual([])
  })
})

describe('bodies', () => {
  test.each([
    ['before anybody reads', () => undefined],
    ['while a parser reads text', (ctx: Context) => void ctx.req.setEncoding('utf8')],
  ])('of clients that go away are consumed by nobody: %s', async (_, read) => {
    const passed = Promise.withResolvers<void>()
    const waiting = behind(async (ctx, next) => {
      read(ctx)
      await new Promise((resolve) => ctx.req.once('close', resolve))
      await next()
      passed.resolve()
    })
    const { origin } = await start((parent, server) => {
      parent.silent = true
      waiting(parent, server)
    })
    const { hostname, port } = new URL(origin)
    const socket = openSocket(Number(port), hostname)
    socket.write(
      'POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\ngrant_type=',
      () => socket.resetAndDestroy(),
    )
    await passed.promise
    expect(await codes()).toEqual([])
  })

  test.each(asText)('may be forms as %s, as long as any other', async (_, parser) => {
    const { issuer } = await start(behind(parser))
    const send = async (length: number): Promise<number> => {
      const body = new URLSearchParams({ username: 'x'.repeat(length - 'username='.length) })
      return (await fetch(`${issuer}/oauth/sign-in`, { method: 'POST', body })).status
    }
    expect([await send(16 * 1024), await send(16 * 1024 + 1)]).toEqual([403, 413])
  })

  test('may be an authorization request as text', async () => {
    const { issuer } = await start(behind(leaving((ctx, text) => void (ctx.request.body = text))))
    const url = new URL(
      authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge }),
    )
    const { status, headers } = await fetch(url.origin + url.pathname, {
      method: 'POST',
      body: url.searchParams,
      redirect: 'manual',
    })
    expect(status).toBe(303)
    expect(headers.get('location')).toContain('/oauth/interaction/')
  })

  test('may be forms with nothing in them', async () => {
    const { issuer } = await start(behind(bodyParser() as Middleware))
    const body = '&'
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await fetch(`${issuer}/oauth/token`, { method: 'POST', headers, body })).status).toBe(
      401,
    )
    expect(await codes()).toEqual([])
  })
})
