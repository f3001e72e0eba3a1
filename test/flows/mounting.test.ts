import { request } from 'node:http'
import { bodyParser } from '@koa/bodyparser'
import type Koa from 'koa'
import type { Middleware } from 'koa'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { AuthorizationServer } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, goToConsent, introspect, refresh, revoke } from '../support/flow.ts'
import {
  createProxyFetch,
  mountAtRoot,
  mountBelow,
  startHost,
  type Host,
} from '../support/hosts.ts'
import { bakery } from '../support/people.ts'

async function start(...args: Parameters<typeof startHost>): Promise<Host> {
  return endAfterTest(await startHost(...args))
}

afterEach(() => void vi.unstubAllGlobals())

type Build = (parent: Koa, server: AuthorizationServer) => void

/** As older parsers do: what they do not read has an empty body, and is still to be read. */
const jsonOrNothing: Middleware = (ctx, next) => {
  ctx.request.body = {}
  return next()
}

const atRoot: Build = (parent, { app }) => parent.use(mountAtRoot(app))
const inPrefix: Build = (parent, { app }) => {
  parent.use(mountBelow('/auth', app))
  parent.use(mountBelow('/.well-known', app))
}

async function expectWholeFlow({ issuer }: Host): Promise<void> {
  const tokens = await connect(issuer)
  const { body } = await refresh(issuer, tokens.refresh_token)
  const token = body['access_token'] as string
  expect(await introspect(issuer, token)).toMatchObject({ active: true, iss: issuer })
  await revoke(issuer, body['refresh_token'] as string)
  expect(await introspect(issuer, token)).toEqual({ active: false })
}

async function metadataAt(url: string): Promise<Record<string, unknown> | number> {
  const response = await fetch(url)
  return response.ok ? ((await response.json()) as Record<string, unknown>) : response.status
}

describe.each([
  ['the ways of the root', '', atRoot],
  ['the root of a parent, with a prefix in the issuer', '/auth', atRoot],
  ['a prefix', '/auth', inPrefix],
])('mounted at %s', (_, path, build) => {
  test('the whole flow works, with the cookies below the prefix', async () => {
    const host = await start(build, { path })
    await expectWholeFlow(host)
    const { page, browser } = await goToConsent(host.issuer)
    expect(page.url.href.startsWith(`${host.issuer}/oauth/authorize/`)).toBe(true)
    const paths = [...browser.cookies]
      .filter(([key]) => !key.includes('pleo_session'))
      .map(([, cookie]) => cookie.path)
    expect(paths.length).toBeGreaterThan(0)
    for (const own of paths) expect(own.startsWith(`${path}/oauth/`)).toBe(true)
  })

  test('the metadata stands where the specifications look for it, with URLs of the issuer', async () => {
    const { origin, issuer } = await start(build, { path })
    for (const url of [
      `${origin}/.well-known/oauth-authorization-server${path}`,
      `${issuer}/.well-known/openid-configuration`,
    ]) {
      expect(await metadataAt(url)).toMatchObject({
        issuer,
        authorization_endpoint: `${issuer}/oauth/authorize`,
        token_endpoint: `${issuer}/oauth/token`,
        introspection_endpoint: `${issuer}/oauth/token/introspect`,
        revocation_endpoint: `${issuer}/oauth/token/revoke`,
        pushed_authorization_request_endpoint: `${issuer}/oauth/par`,
        jwks_uri: `${issuer}/oauth/jwks`,
      })
    }
  })

  test('the files of the pages are found', async () => {
    const { origin, issuer } = await start(build, { path })
    const { page } = await goToConsent(issuer)
    for (const [name, type] of [
      ['stylesheet', 'text/css'],
      ['icon', 'image/svg+xml'],
    ]) {
      const href = new RegExp(`rel="${name}" href="([^"]+)"`).exec(page.text)?.[1] ?? ''
      const response = await fetch(new URL(href, origin))
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        expect.stringContaining(type ?? ''),
      ])
    }
  })

  test('a Host header changes no URL', async () => {
    const { origin, issuer } = await start(build, { path })
    const text = await getWithHost(`${issuer}/.well-known/openid-configuration`, 'evil.test')
    expect(text).toContain(`"token_endpoint":"${issuer}/oauth/token"`)
    expect(text).not.toContain('evil.test')
    const answer = await getWithHost(`${origin}${path}/oauth/authorize?client_id=x`, 'evil.test')
    expect(answer).not.toContain('evil.test')
  })
})

test.each([
  '/oauth/authorize',
  '/oauth/jwks',
  '/authoauth/jwks',
  '/auth',
  '/auth/',
  '/AUTH/oauth/jwks',
  '/.well-known/oauth-authorization-server',
  '/.well-known/oauth-authorization-server/other',
  '/.well-known/oauth-authorization-server/auth/',
  '/.well-known/openid-configuration',
])('with a prefix, %s is not ours', async (path) => {
  const { origin } = await start(atRoot, { path: '/auth' })
  expect((await fetch(origin + path)).status).toBe(404)
})

describe('whatever the parent is set to', () => {
  const parents: readonly (readonly [string, (parent: Koa) => void])[] = [
    ['no cookie keys', () => undefined],
    ['other cookie keys', (parent) => (parent.keys = ['the keys of the parent'])],
    ['proxy on', (parent) => (parent.proxy = true)],
    ['proxy off and a subdomain offset', (parent) => (parent.subdomainOffset = 0)],
  ]
  test.each(parents)('the flow works: %s', async (_, prepare) => {
    const host = await start((parent, server) => {
      prepare(parent)
      atRoot(parent, server)
    })
    await expectWholeFlow(host)
  })

  test.each([true, false])(
    'the flow works behind a TLS-terminating proxy (proxy: %s)',
    async (proxy) => {
      const issuer = 'https://api.example.test/auth'
      const host = await start(
        (parent, { app }) => {
          parent.proxy = proxy
          parent.keys = ['the keys of the parent']
          parent.use(mountAtRoot(app))
        },
        { issuer },
      )
      vi.stubGlobal(
        'fetch',
        createProxyFetch(issuer, () => host.origin),
      )
      await expectWholeFlow(host)
      const { page, browser } = await goToConsent(issuer)
      expect(page.text).toContain(`action="${issuer}/oauth/interaction/`)
      expect([...browser.cookies.keys()]).toContain('/ __Host-pleo_session')
    },
  )

  test.each([
    ['forms and JSON', bodyParser({ enableTypes: ['form', 'json'] })],
    ['forms, JSON and text', bodyParser({ enableTypes: ['form', 'json', 'text'] })],
    ['JSON only', bodyParser({ enableTypes: ['json'] })],
    ['JSON only, with an empty body for all else', jsonOrNothing],
  ])('the flow works behind a body parser of the parent: %s', async (_, parser) => {
    const host = await start((parent, server) => {
      parent.use(parser as Middleware)
      atRoot(parent, server)
    })
    await expectWholeFlow(host)
    const { page, browser } = await goToConsent(host.issuer)
    const forged = await browser.submit(page, { subject: bakery, decision: 'allow', csrf: 'x' })
    expect(forged.status).toBe(403)
  })
})

describe('a request that is not its own', () => {
  const echo: Middleware = async (ctx) => {
    const chunks: Buffer[] = []
    for await (const chunk of ctx.req) chunks.push(chunk as Buffer)
    ctx.body = {
      url: ctx.url,
      originalUrl: ctx.originalUrl,
      method: ctx.method,
      body: Buffer.concat(chunks).toString(),
      mountPath: ctx['mountPath'] ?? null,
    }
  }
  const withEcho =
    (build: Build): Build =>
    (parent, server) => {
      build(parent, server)
      parent.use(echo)
    }

  const paths = ['/', '/other?a=1&a=2', '/oauth', '/oauth/unknown?x=%2F', '/oauth/token/unknown']
  describe.each([
    ['root', '', atRoot],
    ['prefix in the issuer', '/auth', atRoot],
    ['prefix', '/auth', inPrefix],
  ])('mounted: %s', (_, prefix, build) => {
    test.each([...paths, ...(prefix ? paths.map((path) => prefix + path) : [])])(
      'reaches the parent untouched: %s',
      async (path) => {
        const { origin } = await start(withEcho(build), { path: prefix })
        const response = await fetch(origin + path, { method: 'PUT', body: 'some body' })
        expect(response.status).toBe(200)
        const mountPath = build === inPrefix && path.startsWith('/auth') ? '/auth' : null
        const body = 'some body'
        expect(await response.json()).toEqual({
          url: path,
          originalUrl: path,
          method: 'PUT',
          body,
          mountPath,
        })
        expect([...response.headers.keys()].toSorted()).toEqual([
          'connection',
          'content-length',
          'content-type',
          'date',
          'keep-alive',
        ])
      },
    )
  })

  test('is a plain 404 where the parent has nothing either, without headers or cookies of ours', async () => {
    const { origin } = await start(atRoot)
    const response = await fetch(`${origin}/oauth/unknown`)
    expect(response.status).toBe(404)
    expect(response.headers.get('content-security-policy')).toBeNull()
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

describe("the parent's own middleware", () => {
  test("sees status and body of this server's answers, and can add headers", async () => {
    const seen: unknown[] = []
    const { issuer } = await start((parent, server) => {
      parent.use(async (ctx, next) => {
        await next()
        seen.push([ctx.path, ctx.status, typeof ctx.body])
        ctx.set('X-Parent', 'was here')
      })
      atRoot(parent, server)
    })
    const metadata = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
    expect(metadata.headers.get('x-parent')).toBe('was here')
    expect(metadata.headers.get('content-type')).toContain('application/json')
    const error = await fetch(`${issuer}/oauth/token`, { method: 'POST' })
    expect(error.headers.get('x-parent')).toBe('was here')
    const page = await createBrowser().go(`${issuer}/oauth/authorize`)
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(seen).toEqual([
      ['/.well-known/oauth-authorization-server', 200, 'object'],
      ['/oauth/token', 400, 'object'],
      ['/oauth/authorize', 400, 'string'],
    ])
  })

  test('reads the same path and URL after this server has answered', async () => {
    const seen: unknown[] = []
    const { issuer } = await start(
      (parent, server) => {
        parent.use(async (ctx, next) => {
          await next()
          seen.push([ctx.url, ctx.path, ctx.querystring, ctx.method])
        })
        inPrefix(parent, server)
      },
      { path: '/auth' },
    )
    await fetch(`${issuer}/oauth/jwks?a=1`)
    await fetch(`${issuer}/oauth/authorize`, { method: 'POST', body: new URLSearchParams() })
    expect(seen[0]).toEqual(['/auth/oauth/jwks?a=1', '/auth/oauth/jwks', 'a=1', 'GET'])
    expect(seen[1]).toEqual(['/auth/oauth/authorize', '/auth/oauth/authorize', '', 'POST'])
  })
})

/** `fetch` may not send another Host than the one it connects to; this may. */
function getWithHost(url: string, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host, 'x-forwarded-host': host } }, (response) => {
      let text = JSON.stringify(response.headers)
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve(text))
    })
      .on('error', reject)
      .end()
  })
}
