import { get, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import Koa2 from 'koa-2'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createBrowser } from '../support/browser.ts'
import {
  after,
  atRoot,
  behind,
  findMounting,
  useEmbedders,
  visit,
  type Build,
} from '../support/embedders.ts'
import { authorizationUrl, createPkce, redeem, refresh } from '../support/flow.ts'
import { createHostSession, mountAtRoot, type Host } from '../support/hosts.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { confidential } from '../support/server.ts'

// What embedders get wrong, each named at the first request, or when the server asks itself; docs/embedding.md has the list.

const { start, codes, messages } = useEmbedders()
afterEach(() => void vi.useRealTimers())

const authorization = (): string =>
  authorizationUrl('http://any.test', confidential, { code_challenge: createPkce().challenge })

const answerOf = async (asked: ClientRequest): Promise<void> => {
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  await once(response.resume(), 'end')
}

describe('1. a body parser in front keeps what it read', () => {
  const keepBody: Middleware = async (ctx, next) => {
    const chunks: unknown[] = []
    for await (const chunk of ctx.req) chunks.push(chunk)
    return next()
  }
  const keepForm: Middleware = (ctx, next) => {
    ctx.request.body = {}
    return keepBody(ctx, next)
  }
  const keepHalf: Middleware = (ctx, next) => {
    ctx.req.setEncoding('utf8')
    return next()
  }

  test.each([
    ['nothing is left', keepBody],
    ['nothing is left in what it leaves', keepForm],
    ['text is what it wants', keepHalf],
  ])('a warning says so at the first form: %s', async (_, middleware) => {
    const host = await start(behind(middleware))
    const { status, body } = await refresh(host.issuer, 'x'.repeat(93))
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request' })
    await refresh(host.issuer, 'x'.repeat(93))
    expect(await codes()).toEqual(['body_consumed'])
    expect(messages[0]).toContain('ctx.request.body')
  })

  test('a warning says so of a form whose length nobody knew', async () => {
    const { issuer } = await start(behind(keepBody))
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const form = request(`${issuer}/oauth/token`, { method: 'POST', headers })
    form.write('grant_type=')
    form.end('refresh_token')
    await answerOf(form)
    expect(await codes()).toEqual(['body_consumed'])
  })

  test('the server finds it by asking itself', async () => {
    expect(await findMounting(await start(behind(keepBody)))).toEqual(['issuer body_consumed'])
  })
})

describe('2. processes with different cookie keys', () => {
  /** A person begins at one process and comes to the other. */
  const comeToOther = async (one: Host, other: Host): Promise<void> => {
    const browser = createBrowser()
    const page = await browser.go(
      authorizationUrl(one.issuer, confidential, { code_challenge: createPkce().challenge }),
    )
    const cookie = [...browser.cookies].map(([key, { value }]) => `${key.split(' ')[1]}=${value}`)
    const there = await fetch(other.origin + page.url.pathname, {
      headers: { cookie: cookie.join('; '), accept: 'text/html' },
    })
    expect(there.status).toBe(400)
  }

  test('a warning says so where a person comes to the other one, and every hour again', async () => {
    const storage = createMemoryAdapter()
    const one = await start(atRoot, { storage })
    const cookieKeys = ['another key for the cookies of the tests']
    const other = await start(atRoot, { issuer: one.issuer, storage, cookieKeys })
    await comeToOther(one, other)
    await comeToOther(one, other)
    expect(await codes()).toEqual(['unknown_cookie_key'])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    await comeToOther(one, other)
    expect(await codes()).toEqual(['unknown_cookie_key', 'unknown_cookie_key'])
  })
})

describe('3. the issuer is not the URL that browsers see', () => {
  test('a warning says so where the cookie is gone', async () => {
    const host = await start(atRoot, { issuer: 'https://auth.example.test' })
    const begun = { 'x-forwarded-host': 'www.other.test' }
    const led = { 'x-forwarded-host': 'AUTH.example.test:443' }
    expect(await visit(host, authorization(), { begun, led })).toBe(400)
    expect(await codes()).toEqual(['other_origin'])
    expect(messages[0]).toContain('"https://www.other.test"')
  })

  test('what a stranger sends as a host is quoted and short', async () => {
    const begun = { 'x-forwarded-host': `\tx\t${'y'.repeat(500)}` }
    expect(await visit(await start(atRoot), authorization(), { begun })).toBe(400)
    expect(await codes()).toEqual(['other_origin'])
    expect(messages[0]).toMatch(/^[ -~]* "http:\/\/xy{92}" [ -~]*$/)
  })
})

describe('4. mounted below another prefix than the one of the issuer', () => {
  test.each([
    ['below one that the issuer lacks', '', '/auth/oauth/authorize'],
    ['the proxy takes it away', '/auth', '/oauth/authorize'],
    ['below another one', '/auth', '/login/oauth/token'],
    ['metadata', '', '/auth/.well-known/oauth-authorization-server'],
  ])('a warning says so at the first request: %s', async (_, path, requested) => {
    const host = await start(atRoot, { path })
    expect((await fetch(`${host.origin}${requested}?code=secret`)).status).toBe(404)
    expect(await codes()).toEqual(['wrong_prefix'])
    expect(messages[0]).toContain(JSON.stringify(requested))
    expect(messages[0]).not.toContain('secret')
  })

  test('a warning says so after the metadata, which a proxy leaves as it is', async () => {
    const { origin } = await start(atRoot, { path: '/auth' })
    const metadata = await fetch(`${origin}/.well-known/oauth-authorization-server/auth`)
    expect(metadata.status).toBe(200)
    await fetch(`${origin}/oauth/token`, { method: 'POST' })
    expect(await codes()).toEqual(['wrong_prefix'])
  })

  test('a warning says so where the host answers 404 by an error', async () => {
    const { origin } = await start(
      (parent, { app }) => {
        parent.use(mountAtRoot(app))
        parent.use((ctx) => ctx.throw(404))
      },
      { path: '/auth' },
    )
    await fetch(`${origin}/oauth/authorize`)
    expect(await codes()).toEqual(['wrong_prefix'])
  })

  test('what a stranger sends as a path is quoted and short', async () => {
    const { origin } = await start(atRoot)
    await answerOf(get(origin, { path: `/"x${'y'.repeat(200)}/oauth/token` }))
    expect(await codes()).toEqual(['wrong_prefix'])
    expect(messages[0]).toMatch(/ "\/\\"xy{97}" /)
  })
})

describe('6. something in front changes answers', () => {
  const policy = after((ctx) => ctx.set('Content-Security-Policy', "form-action 'self'"))
  const noErrors = after((ctx) => {
    if (ctx.status < 400) return
    ctx.status = 200
    ctx.body = { ok: false, error: 'failed' }
  })
  const unchanged = after((ctx) => void (ctx.status = 304))
  const opener = after((ctx) => ctx.set('Cross-Origin-Opener-Policy', 'same-origin'))

  test.each([
    ['a security policy', policy, 'content-security-policy'],
    ['an opener policy, which breaks popups', opener, 'cross-origin-opener-policy'],
    ['errors of its own', noErrors, 'the status'],
    ['an error that is said to be the same as before', unchanged, 'the status'],
  ])('a warning says what: %s', async (_, middleware, what) => {
    const { issuer } = await start(behind(middleware))
    await fetch(`${issuer}/oauth/authorize`)
    expect(await codes()).toEqual(['answer_changed'])
    expect(messages[0]).toContain(what)
  })
})

describe('8. a host of another Koa version', () => {
  test('everything works, with its sign-in, and nothing is said', async () => {
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

  test.each([
    '/oauth/jwks',
    '/oauth/authorize',
    '/oauth/assets/styles.css',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
  ])('%s has the same headers', async (path) => {
    const ask = async ({ issuer }: Host): Promise<object> => {
      const { status, headers } = await fetch(issuer + path)
      // These differ between any two answers, or two issuers.
      const others = ['date', 'content-length', 'x-request-id']
      const same = [...headers].filter(([name]) => !others.includes(name))
      return { status, headers: Object.fromEntries(same) }
    }
    const ours = await ask(await start(atRoot))
    expect(await ask(await start(atRoot, { parent: new Koa2() }))).toEqual(ours)
    expect(await codes()).toEqual([])
  })
})
