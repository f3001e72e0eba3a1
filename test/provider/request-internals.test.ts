import Provider from 'oidc-provider'
import { expect, test } from 'vitest'
import { asRequest, internalsOf } from '../../lib/oidc/internals.ts'
import { createBare } from '../support/bare-provider.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { openServer, startApp } from '../support/server.ts'

// More of what test/provider/internals.test.ts is about.

test('Provider.ctx is the context of a request for everything that is done as a part of it', async () => {
  const ctx = {}
  const seen = await asRequest(ctx, async () => {
    await Promise.resolve()
    return Provider.ctx
  })
  expect([seen === ctx, Provider.ctx]).toEqual([true, undefined])
})

test('the configuration says whether introspection is on, how it answers, and how clients authenticate', () => {
  const { features, clientAuthMethods } = internalsOf(createBare()).configuration
  expect([features.introspection.enabled, features.jwtIntrospection.enabled]).toEqual([
    expect.any(Boolean),
    expect.any(Boolean),
  ])
  expect(clientAuthMethods.has('client_secret_post')).toBe(true)
})

test('the framework gives a context its getter `oidc`, and lib/http/app.ts makes it a value', async () => {
  const seen: (PropertyDescriptor | undefined)[] = []
  const see = async (ctx: object, next: () => Promise<unknown>): Promise<void> => {
    await next()
    seen.push(Object.getOwnPropertyDescriptor(ctx, 'oidc'))
  }
  const bare = createBare()
  bare.use(see)
  const server = await openServer()
  server.provider.use(see)
  const { origin } = endAfterTest(await startApp(bare))
  await fetch(`${origin}${internalsOf(bare).configuration.routes['authorization']}`)
  await fetch(`${server.issuer}/oauth/authorize`)
  const [ofFramework, ofServer] = seen
  expect(ofFramework).toMatchObject({ get: expect.any(Function) })
  expect(ofServer?.value).toMatchObject({ route: 'authorization' })
})
