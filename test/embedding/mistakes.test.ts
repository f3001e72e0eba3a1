import { bodyParser } from '@koa/bodyparser'
import type Koa from 'koa'
import type { Context, Middleware } from 'koa'
import Koa2 from 'koa-2'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { ConfigurationError, type AuthorizationServer } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { authorizationUrl, connect, createPkce, redeem, refresh } from '../support/flow.ts'
import {
  createHostSession,
  mountAtRoot,
  mountBelow,
  startHost,
  type Host,
} from '../support/hosts.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { confidential } from '../support/server.ts'

// What embedders get wrong, each named at the first request, or when the server asks itself; docs/embedding.md has the list.

const running: { close(): Promise<void> }[] = []
const warnings: string[] = []
const listen = (warning: Error & { readonly code?: string }): void => {
  if (warning.name === 'EmbeddingWarning')
    warnings.push(`${warning.code ?? ''}: ${warning.message}`)
}
beforeEach(() => void process.on('warning', listen))
afterEach(async () => {
  process.off('warning', listen)
  warnings.length = 0
  await Promise.all(running.splice(0).map((host) => host.close()))
})

/** The codes of the warnings there are by now. */
async function codes(): Promise<readonly string[]> {
  await new Promise((resolve) => setImmediate(resolve))
  return warnings.map((warning) => warning.slice(0, warning.indexOf(':')))
}

async function start(...args: Parameters<typeof startHost>): Promise<Host> {
  const host = await startHost(...args)
  running.push(host)
  return host
}

type Build = (parent: Koa, server: AuthorizationServer) => void

const behind =
  (middleware: Middleware): Build =>
  (parent, { app }) => {
    parent.use(middleware)
    parent.use(mountAtRoot(app))
  }

async function findMounting(host: Host): Promise<readonly string[]> {
  try {
    await host.checkMounting()
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues.map(({ path, code }) => `${path} ${code}`)
  }
}

const keepBody: Middleware = async (ctx, next) => {
  const chunks: unknown[] = []
  for await (const chunk of ctx.req) chunks.push(chunk)
  return next()
}

describe('a host that does everything right', () => {
  test.each<readonly [string, string, Build]>([
    ['nothing before it', '', (parent, { app }) => parent.use(mountAtRoot(app))],
    ['a body parser that says what it read', '', behind(bodyParser() as Middleware)],
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
    await fetch(`${host.origin}/legacy/oauth/token`, { method: 'POST' })
    expect(await codes()).toEqual([])
  })
})

describe('1. a body parser in front keeps what it read', () => {
  test('a warning says so at the first form, which is answered all the same', async () => {
    const host = await start(behind(keepBody))
    const { status, body } = await refresh(host.issuer, 'x'.repeat(93))
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request' })
    await refresh(host.issuer, 'x'.repeat(93))
    expect(await codes()).toEqual(['body_consumed'])
    expect(warnings[0]).toContain('ctx.request.body')
  })

  test('the server finds it by asking itself', async () => {
    expect(await findMounting(await start(behind(keepBody)))).toEqual(['issuer body_consumed'])
  })
})

test('2. processes with different cookie keys: a warning says so where a person comes to the other one', async () => {
  const storage = createMemoryAdapter()
  const one = await start(
    behind((_, next) => next()),
    { storage },
  )
  const { issuer } = one
  const other = await start(
    behind((_, next) => next()),
    {
      issuer,
      storage,
      cookieKeys: ['another key for the cookies of the tests'],
    },
  )
  const browser = createBrowser()
  const page = await browser.go(
    authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge }),
  )
  const cookie = [...browser.cookies].map(([key, { value }]) => `${key.split(' ')[1]}=${value}`)
  const there = await fetch(other.origin + page.url.pathname, {
    headers: { cookie: cookie.join('; '), accept: 'text/html' },
  })
  expect(there.status).toBe(400)
  expect(await codes()).toEqual(['unknown_cookie_key'])
})

describe('3. the issuer is not the URL that browsers see', () => {
  const visit = async (host: Host, headers: Record<string, string>): Promise<void> => {
    const url = authorizationUrl(host.origin, confidential, {
      code_challenge: createPkce().challenge,
    })
    const begun = await fetch(url, { redirect: 'manual', headers })
    const { pathname } = new URL(begun.headers.get('location') ?? '')
    expect((await fetch(host.origin + pathname)).status).toBe(400)
  }

  test.each([
    ['another host', { 'x-forwarded-host': 'www.other.test' }],
    ['https, and the issuer is http', { 'x-forwarded-proto': 'https' }],
  ])('a warning says so where the cookie is gone: %s', async (_, headers) => {
    await visit(await start(behind((__, next) => next())), headers)
    expect(await codes()).toEqual(['other_origin'])
  })

  test('nothing is said of somebody who opens the page of another browser', async () => {
    await visit(await start(behind((_, next) => next())), {})
    expect(await codes()).toEqual([])
  })

  test('what a stranger sends as a host is quoted and short', async () => {
    const host = 'x\u001B[2J' + 'y'.repeat(500)
    await visit(await start(behind((_, next) => next())), {
      'x-forwarded-host': encodeURI(host),
    })
    expect(warnings.join('').length).toBeLessThan(400)
  })
})

describe('4. mounted below another prefix than the one of the issuer', () => {
  test.each([
    ['below one that the issuer lacks', '', '/auth/oauth/authorize'],
    ['the proxy takes it away', '/auth', '/oauth/authorize'],
    ['below another one', '/auth', '/login/oauth/token'],
    ['metadata', '/auth', '/.well-known/oauth-authorization-server'],
  ])('a warning says so at the first request: %s', async (_, path, requested) => {
    const host = await start((parent, { app }) => parent.use(mountAtRoot(app)), { path })
    expect((await fetch(`${host.origin}${requested}?code=secret`)).status).toBe(404)
    expect(await codes()).toEqual(['wrong_prefix'])
    expect(warnings[0]).toContain(JSON.stringify(requested))
    expect(warnings[0]).not.toContain('secret')
  })
})

test('5. mounted below a prefix only: the metadata outside is missed when the server asks itself', async () => {
  const build: Build = (parent, { app }) => parent.use(mountBelow('/auth', app))
  expect(await findMounting(await start(build, { path: '/auth' }))).toEqual([
    'issuer metadata_missing',
  ])
})

describe('6. something in front changes answers', () => {
  const after =
    (change: (ctx: Context) => void): Middleware =>
    async (ctx, next) => {
      await next()
      change(ctx)
    }
  const policy = after((ctx) => ctx.set('Content-Security-Policy', "form-action 'self'"))
  const noErrors = after((ctx) => {
    if (ctx.status < 400) return
    ctx.status = 200
    ctx.body = { ok: false, error: 'failed' }
  })

  test.each([
    ['a security policy', policy, 'content-security-policy'],
    ['errors of its own', noErrors, 'the status'],
  ])('a warning says what: %s', async (_, middleware, what) => {
    const { issuer } = await start(behind(middleware))
    await fetch(`${issuer}/oauth/authorize`)
    expect(await codes()).toEqual(['answer_changed'])
    expect(warnings[0]).toContain(what)
  })

  test('the server finds it by asking itself', async () => {
    expect(await findMounting(await start(behind(policy)))).toEqual(['issuer answer_changed'])
    expect(await findMounting(await start(behind(noErrors)))).toEqual([
      'issuer answer_changed',
      'issuer guarded',
    ])
  })
})

test.each<readonly [string, Middleware]>([
  ['a sign-in', async (ctx) => ctx.redirect('/login')],
  [
    'a check of forms',
    async (ctx, next) => (ctx.method === 'POST' ? ctx.throw(403, 'csrf') : next()),
  ],
  ['another route', async (ctx) => void (ctx.body = 'the single page of the host')],
])('7. %s stands in front of it: found when the server asks itself', async (_, middleware) => {
  expect(await findMounting(await start(behind(middleware)))).toContain('issuer guarded')
})

test('8. a host of another Koa version: everything works, with its sign-in, and nothing is said', async () => {
  const session = createHostSession()
  const people = createAccounts()
  const build: Build = (parent, { app }) => {
    parent.keys = ['the keys of the parent']
    for (const middleware of [bodyParser() as Middleware, session.middleware, mountAtRoot(app)])
      parent.use(middleware)
  }
  const host = await start(build, {
    parent: new Koa2(),
    accounts: {
      find: (id) => people.find(id),
      subjects: (id, options) => people.subjects(id, options),
      signInUrl: '/login',
      signedIn: (ctx) => {
        const id = session.accountIdOf(ctx)
        return typeof id === 'string' ? id : undefined
      },
    },
  })
  await host.checkMounting()
  const browser = createBrowser()
  const pkce = createPkce()
  const signIn = await browser.go(
    authorizationUrl(host.issuer, confidential, { code_challenge: pkce.challenge }),
  )
  const page = await browser.go(`${signIn.url.href}&as=sofia`)
  const { location } = await browser.submit(page, { subject: bakery, decision: 'allow' })
  const redirect = location ?? new URL(host.issuer)
  const code = redirect.searchParams.get('code') ?? ''
  const answer = await redeem(host.issuer, { code, redirect, verifier: pkce.verifier })
  expect(answer.status).toBe(200)
  expect((await fetch(`${host.origin}/else`)).status).toBe(404)
  expect(await codes()).toEqual([])
})

test('a server that cannot be reached at its issuer says so', async () => {
  const host = await start(behind((_, next) => next()))
  await host.close()
  expect(await findMounting(host)).toEqual(['issuer unreachable'])
  const other = await start(behind((_, next) => next()))
  const never: typeof fetch = (_, init) =>
    new Promise((__, reject) => {
      init?.signal?.addEventListener('abort', () => reject(new Error('no answer')))
    })
  const asking = other.checkMounting({ fetch: never, timeout: 10 })
  await expect(asking).rejects.toThrow('cannot be reached')
})
