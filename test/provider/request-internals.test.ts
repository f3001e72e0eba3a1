import Provider from 'oidc-provider'
import { expect, test } from 'vitest'
import { asRequest, internalsOf } from '../../lib/oidc/internals.ts'
import { createBare } from '../support/bare-provider.ts'

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
