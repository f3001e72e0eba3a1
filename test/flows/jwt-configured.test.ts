import type { EventEmitter } from 'node:events'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { Configuration } from 'oidc-provider'
import { describe, expect, test } from 'vitest'
import type { AuthorizationServerOptions } from '../../lib/index.ts'
import { endAfterTest } from '../support/fixtures.ts'
import {
  connect,
  consent,
  goToConsent,
  introspect,
  redeem,
  refresh,
  revoke,
} from '../support/flow.ts'
import type { Tokens } from '../support/flow.ts'
import { createSigningKey, startJwtServer, withJwts } from '../support/jwt-server.ts'
import { bakery } from '../support/people.ts'
import { areActive } from '../support/requests.ts'
import { audience, confidential, startServer, type RunningServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

async function start(
  options: Partial<AuthorizationServerOptions>,
  how = startJwtServer,
): Promise<RunningServer> {
  return endAfterTest(await how(options))
}

const inactive = { active: false }

describe('a JWT', () => {
  test('is signed with the first key, and introspected by any', async () => {
    const [first, second] = [await createSigningKey('first'), await createSigningKey('second')]
    const storage = await createTestStorage()
    const one = await start({ storage, signingKeys: { keys: [first] } })
    const { access_token } = await connect(one.issuer)
    expect(decodeProtectedHeader(access_token).kid).toBe('first')
    const signingKeys = { keys: [second, first] }
    const next = await start({ issuer: one.issuer, storage, signingKeys })
    expect((await introspect(next.issuer, access_token))['active']).toBe(true)
    const without = await start({ issuer: one.issuer, storage, signingKeys: { keys: [second] } })
    expect(await introspect(without.issuer, access_token)).toEqual(inactive)
  })
})

describe('a client that gets no refresh tokens', () => {
  test('has a connection that is shown and ended like any other', async () => {
    const grant_types = ['authorization_code']
    const client = { ...confidential, client_id: 'once', client_name: 'Once', grant_types }
    const own = await start({ clients: [client] })
    const { body } = await redeem(own.issuer, await consent(own.issuer, { client }), client)
    const token = String(body['access_token'])
    expect(body['refresh_token']).toBeUndefined()
    expect(await areActive(own.issuer, [token], client)).toEqual([true])
    const of = { subject: bakery, clientId: client.client_id }
    const [connection] = await own.connections.list(of)
    const { exp = 0 } = decodeJwt(token)
    expect(Math.abs((connection?.grants[0]?.endsAt ?? 0) / 1000 - exp)).toBeLessThan(2)
    expect(await own.connections.revoke(of)).toBe(1)
    expect(await areActive(own.issuer, [token], client)).toEqual([false])
  })
})

describe('a server that goes over', () => {
  test('to JWTs, and back, ends no connection and no token', async () => {
    const storage = await createTestStorage()
    const signingKeys = { keys: [await createSigningKey('one')] }
    const opaque = await start({ storage, signingKeys }, startServer)
    const options = { storage, signingKeys, issuer: opaque.issuer }
    const jwt = await start({ ...options, ...withJwts })
    const first = await connect(opaque.issuer)
    const redeemed = await redeem(jwt.issuer, await consent(opaque.issuer))
    const second = redeemed.body as unknown as Tokens
    expect(second.access_token).toMatch(/\..*\./)
    for (const { issuer: either } of [opaque, jwt]) {
      const tokens = [first.access_token, second.access_token]
      expect(await areActive(either, tokens)).toEqual([true, true])
    }
    const after = await refresh(jwt.issuer, first.refresh_token)
    const back = await refresh(opaque.issuer, second.refresh_token)
    expect(String(after.body['access_token'])).toMatch(/\..*\./)
    expect(String(back.body['access_token'])).not.toContain('.')
    expect(await areActive(jwt.issuer, [second.access_token, first.access_token])).toEqual([
      false,
      false,
    ])
  })
})

test('where configure makes JWTs, nothing is kept of them, and they are what the framework makes', async () => {
  const own = await start(
    {
      configure: (configuration) => ({
        ...configuration,
        features: {
          ...configuration.features,
          resourceIndicators: {
            ...configuration.features?.resourceIndicators,
            getResourceServerInfo: (_ctx, resource, client) => ({
              audience: resource,
              scope: client.scope ?? '',
              accessTokenFormat: 'jwt',
            }),
          },
        },
      }),
    },
    startServer,
  )
  const events: string[] = []
  const emitter: EventEmitter = own.provider
  for (const name of ['access_token.issued', 'access_token.saved']) {
    emitter.on(name, () => events.push(name))
  }
  const { access_token, refresh_token } = await connect(own.issuer)
  expect(events).toEqual(['access_token.issued'])
  expect(decodeJwt(access_token).sub).toBe('sofia')
  expect(await introspect(own.issuer, access_token)).toEqual(inactive)
  expect((await revoke(own.issuer, access_token)).status).toBe(200)
  expect((await refresh(own.issuer, refresh_token)).status).toBe(200)
})

test('where configure has a stricter policy, it counts for JWTs as well, and sees them whole', async () => {
  const seen: unknown[] = []
  const allowedPolicy = (_ctx: unknown, _client: unknown, token: object): boolean =>
    seen.push({ ...token }) === 0
  const own = await start({
    configure: (configuration) => ({
      ...configuration,
      features: {
        ...configuration.features,
        introspection: { enabled: true, allowedPolicy },
        revocation: { enabled: true, allowedPolicy: () => false },
      } as NonNullable<Configuration['features']>,
    }),
  })
  const { access_token } = await connect(own.issuer)
  expect(await introspect(own.issuer, access_token)).toEqual(inactive)
  const { exp, iat, jti, scope, client_id: clientId } = decodeJwt(access_token)
  expect(seen).toEqual([
    expect.objectContaining({ kind: 'AccessToken', exp, iat, jti, scope, clientId }),
  ])
  const destroyed: unknown[] = []
  own.provider.on('access_token.destroyed', (token) => destroyed.push(token))
  await revoke(own.issuer, access_token)
  expect(destroyed).toEqual([])
})

test('a grant without a subject gets no JWT: whoever verifies it alone would take it for one of a person', async () => {
  const own = await start({
    configure: (configuration) => ({
      ...configuration,
      loadExistingGrant: async ({ oidc }) => {
        const grant = new oidc.provider.Grant({
          accountId: oidc.session?.accountId ?? '',
          clientId: oidc.client?.clientId ?? '',
        })
        grant.addResourceScope(audience, 'companies:read')
        await grant.save()
        return grant
      },
    }),
  })
  const { page, verifier } = await goToConsent(own.issuer)
  const redirect = page.location ?? new URL(own.issuer)
  const given = { code: redirect.searchParams.get('code') ?? '', verifier, redirect }
  const { status, body } = await redeem(own.issuer, given)
  expect([status, body['error']]).toEqual([400, 'invalid_grant'])
  // Nothing was used up.
  expect((await redeem(own.issuer, given)).body['error_description']).not.toMatch(/used/)
})
