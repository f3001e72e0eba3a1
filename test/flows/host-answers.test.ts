import Koa from 'koa'
import compose from 'koa-compose'
import { expect, it } from 'vitest'
import { createAuthorizationServer } from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { audience, startApp } from '../support/server.ts'

it('leaves to the host its own pages below /oauth, with the headers and the status it gave them', async () => {
  const server = createAuthorizationServer({
    issuer: 'https://auth.example.test',
    cookieKeys: ['a key for the cookies'],
    accounts: createAccounts(),
    resourceServer: { audience },
  })
  const parent = new Koa()
  parent.use(async (ctx, next) => {
    ctx.status = 200
    ctx.set({
      'Content-Security-Policy': "default-src 'self'",
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
  const response = await fetch(`${origin}/oauth/apps?page=2`)
  const text = await response.text()
  await close()
  expect([response.status, text]).toEqual([200, "the host's page at /oauth/apps?page=2"])
  expect(response.headers.get('content-security-policy')).toBe("default-src 'self'")
  expect(response.headers.get('strict-transport-security')).toBe('max-age=1')
  expect(response.headers.get('x-frame-options')).toBe('SAMEORIGIN')
  expect(response.headers.get('x-content-type-options')).toBeNull()
})
