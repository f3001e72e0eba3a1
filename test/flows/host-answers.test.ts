import Koa from 'koa'
import compose from 'koa-compose'
import { expect, it } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createAuthorizationServer } from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { audience, startApp } from '../support/server.ts'

it.each([
  '/oauth/apps?page=2',
  // Not ours either, although the pages of a flow are near.
  '/oauth/authorize/a/b?page=2',
  '/oauth/interaction-help?page=2',
])(
  'leaves to the host its own page %s, with the headers and the status it gave it',
  async (url) => {
    const server = createAuthorizationServer({
      issuer: 'https://auth.example.test',
      cookieKeys: ['a key for the cookies of the tests'],
      storage: createMemoryAdapter(),
      signingKeys: 'ephemeral',
      accounts: createAccounts(),
      resourceServer: { audience },
    })
    const parent = new Koa()
    parent.use(async (ctx, next) => {
      ctx.status = 200
      ctx.set({
        'Content-Security-Policy': "default-src 'self'",
        'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
        'Strict-Transport-Security': 'max-age=1',
        'X-Frame-Options': 'SAMEORIGIN',
      })
      await next()
    })
    parent.use(compose(server.app.middleware) as Koa.Middleware)
    parent.use((ctx) => {
      ctx.body = `the host's page at ${ctx.url}`
    })
    const { origin, close } = await startApp(parent)
    const response = await fetch(origin + url)
    const text = await response.text()
    await close()
    expect([response.status, text]).toEqual([200, `the host's page at ${url}`])
    expect(response.headers.get('content-security-policy')).toBe("default-src 'self'")
    const opener = response.headers.get('cross-origin-opener-policy')
    expect(opener).toBe('same-origin-allow-popups')
    expect(response.headers.get('strict-transport-security')).toBe('max-age=1')
    expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN')
    expect(response.headers.get('x-content-type-options')).toBeNull()
  },
)
