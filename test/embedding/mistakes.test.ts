import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import Koa2 from 'koa-2'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { atRoot, behind, findMounting, useEmbedders, type Build } from '../support/embedders.ts'
import { authorizationUrl, createPkce, redeem, refresh } from '../support/flow.ts'
import { createHostSession, mountAtRoot, type Host } from '../support/hosts.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { confidential } from '../support/server.ts'

// What embedders get wrong, each named at the first request, or when the server asks itself; docs/embedding.md has the list.

const { start, codes, messages } = useEmbedders()

afterEach(() => void vi.useRealTimers())

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

  test('the warning comes again an hour later', async () => {
    const { issuer } = await start(behind(keepBody))
    await refresh(issuer, 'x'.repeat(93))
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    await refresh(issuer, 'x'.repeat(93))
    expect(await codes()).toEqual(['body_consumed', 'body_consumed'])
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
