import { beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata, Storage } from '../../lib/index.ts'
import { grantIdOf } from '../../lib/grants/token-values.ts'
import { useRunning } from '../support/fixtures.ts'
import { goToConsent, introspect, redeem, refresh, type Tokens } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { bakery } from '../support/people.ts'
import { startServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'
import { identityOf, toTokens } from '../support/workers.ts'

const requested = 'users:write companies:read accounts:read'
const client: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'modest-ledger',
  client_secret: 'modest-secret',
  redirect_uris: ['https://modest.example.test/callback'],
  scope: `${requested} users:read`,
  optional_scope: 'users:write accounts:read',
}

const kinds = { opaque: startServer, JWTs: startJwtServer }

describe.each(Object.entries(kinds))('a person left out an optional scope (%s)', (_, start) => {
  let storage: Storage
  beforeAll(async () => {
    storage = await createTestStorage()
  })
  const server = useRunning(() => start({ storage, clients: [client] }))

  const connectWith = async (ticked: string[], scope = requested): Promise<Tokens> => {
    const { page, browser, verifier } = await goToConsent(server.issuer, {
      client,
      params: { scope },
    })
    const fields = { decision: 'allow', subject: bakery, scope: ticked }
    const { location } = await browser.submit(page, fields)
    const code = location?.searchParams.get('code') ?? ''
    return toTokens(await redeem(server.issuer, { code, verifier, redirect: page.url }, client))
  }
  const refreshWith = (token: string, scope?: string) =>
    refresh(server.issuer, token, client, scope === undefined ? {} : { scope })

  test('a refresh that repeats the requested scope gets what was granted, and the answer says so', async () => {
    const { refresh_token } = await connectWith(['accounts:read'])
    const { status, body } = await refreshWith(refresh_token, requested)
    expect([status, body['scope']]).toEqual([200, 'accounts:read companies:read'])
    const shown = await introspect(server.issuer, String(body['access_token']), client)
    expect(shown['scope']).toBe('accounts:read companies:read')
    const next = await refreshWith(String(body['refresh_token']), requested)
    expect([next.status, next.body['scope']]).toEqual([200, 'accounts:read companies:read'])
  })

  test.each([
    ['a granted one beside one that was left out', 'users:write companies:read', 'companies:read'],
    ['fewer than were granted', 'companies:read', 'companies:read'],
    ['them with odd spaces', ' companies:read  accounts:read ', 'accounts:read companies:read'],
  ])('a refresh may ask for %s', async (_name, scope, issued) => {
    const { refresh_token } = await connectWith(['accounts:read'])
    const { status, body } = await refreshWith(refresh_token, scope)
    expect([status, body['scope']]).toEqual([200, issued])
  })

  test('a scope that was never requested is refused, and nothing is used up', async () => {
    const { refresh_token } = await connectWith(['accounts:read'])
    for (const scope of ['users:read', `${requested} users:read`, 'no:scope']) {
      const { status, body } = await refreshWith(refresh_token, scope)
      expect([status, body['error']]).toEqual([400, 'invalid_scope'])
    }
    const { status } = await refreshWith(refresh_token)
    expect(status).toBe(200)
  })

  test('a refresh for nothing but what was left out is refused, and nothing is used up', async () => {
    const { access_token, refresh_token } = await connectWith([])
    const { status, body } = await refreshWith(refresh_token, 'users:write accounts:read')
    expect([status, body['error']]).toEqual([400, 'invalid_scope'])
    expect((await introspect(server.issuer, access_token, client))['active']).toBe(true)
    expect((await refreshWith(refresh_token)).status).toBe(200)
  })

  test('repeats get the same access token, in whatever order they name the scopes', async () => {
    const { refresh_token } = await connectWith(['users:write', 'accounts:read'])
    const orders = [requested, 'companies:read accounts:read users:write', undefined]
    const answers = []
    for (const scope of orders) answers.push(await refreshWith(refresh_token, scope))
    const scopes = answers.map(({ body }) => body['scope'])
    expect(new Set(scopes)).toEqual(new Set(['accounts:read companies:read users:write']))
    expect(new Set(answers.map((answer) => identityOf(toTokens(answer)))).size).toBe(1)
  })

  test('a grant from before its request was stored goes by what the client is registered for', async () => {
    const { refresh_token } = await connectWith(['accounts:read'])
    const grantId = grantIdOf(refresh_token) ?? ''
    const { requestedScope, ...before } = (await storage.grants.load(grantId))?.payload ?? {}
    expect(requestedScope).toBe(requested)
    await storage.grants.save(grantId, before, 3600)
    const { status, body } = await refreshWith(refresh_token, client.scope)
    expect([status, body['scope']]).toEqual([200, 'accounts:read companies:read'])
  })
})
