import { readdirSync, readFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import Provider, { type Client } from 'oidc-provider'
// @ts-expect-error -- no types come with it
import { get as internalsOf } from 'oidc-provider/lib/helpers/weak_cache.js'
import { afterEach, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  acceptProofsOnce,
  hasGrantType,
  nameGrantInTokens,
  policyOf,
  proofAlgorithmsOf,
  publicKeysOf,
  revokeGrantPolicyOf,
  storeJwtAccessTokens,
} from '../../lib/oidc/internals.ts'
import { createGrantId, createTokenValues, grantIdOf } from '../../lib/grants/token-values.ts'
import { createBare } from '../support/bare-provider.ts'
import { connect, introspect, post, refresh, revoke } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { bakery, idOf } from '../support/people.ts'
import { basic } from '../support/requests.ts'
import { confidential, publicClient, startServer } from '../support/server.ts'

// What this server relies on in oidc-provider for its tokens: see internals.test.ts.

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

describe('lib/oidc/internals.ts, values of tokens', () => {
  const key = Buffer.alloc(32, 1)
  const grantId = createGrantId()

  test('generateTokenId makes the values, of grants, codes and tokens', async () => {
    const provider = createBare()
    const Codes = provider.AuthorizationCode as unknown as new (of: object) => {
      save(): Promise<string>
    }
    expect(await new Codes({ grantId }).save()).toHaveLength(43)
    nameGrantInTokens(provider, createTokenValues([key]), [])
    const value = await new Codes({ grantId }).save()
    expect(grantIdOf(value)).toBe(grantId)
    const grant = new provider.Grant({ accountId: 'a', clientId: 'c' })
    expect(await grant.save()).toHaveLength(22)
  })

  test('the refresh token that is given up is an entity of the request when its successor is made', async () => {
    const seen: unknown[] = []
    const server = await startServer()
    closing.push(() => server.close())
    server.provider.on('refresh_token.saved', () => {
      seen.push(Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti)
    })
    const { refresh_token } = await connect(server.issuer)
    await refresh(server.issuer, refresh_token)
    expect(seen).toEqual([undefined, refresh_token])
  })

  test('ReplayDetection.unique decides on proofs', async () => {
    const provider = createBare()
    const model = provider.ReplayDetection as unknown as {
      unique(issuer: string, jti: string, exp: number): Promise<boolean>
    }
    const exp = Math.floor(Date.now() / 1000) + 60
    const both = () => Promise.all([model.unique('i', 'j', exp), model.unique('i', 'j', exp)])
    // Why it is replaced.
    expect(await both()).toEqual([true, true])
    acceptProofsOnce(provider, createMemoryAdapter().records('ReplayDetection'))
    expect(await both()).toEqual([true, false])
    expect(await model.unique('other', 'j', exp)).toBe(true)
  })
})

describe('lib/oidc/internals.ts, access tokens that are JWTs', () => {
  const issueJwt = async (keeps: boolean): Promise<readonly [string, object | undefined]> => {
    const provider = createBare()
    if (keeps) storeJwtAccessTokens(provider, createTokenValues([Buffer.alloc(32, 1)]))
    const stored: object[] = []
    const upsert = provider.AccessToken.adapter.upsert.bind(provider.AccessToken.adapter)
    provider.AccessToken.adapter.upsert = async (id, payload, lifetime) => {
      stored.push({ id, lifetime, ...payload })
      await upsert(id, payload, lifetime)
    }
    const grantId = createGrantId()
    const Client = provider.Client as unknown as new (of: object) => Client
    const client = new Client({
      client_id: 'c',
      client_secret: 's',
      redirect_uris: ['https://x.test/'],
    })
    const server = { audience: 'https://api.test', accessTokenFormat: 'jwt', scope: 'a' } as const
    const resourceServer = new provider.ResourceServer('https://api.test', server)
    const given = { client, accountId: 'a', grantId, gty: 'x', scope: 'a', resourceServer }
    const value = await new provider.AccessToken({ ...given, expiresIn: 60 }).save()
    return [value, stored[0]]
  }

  test('are not stored by the framework; with it they are, by an id that is no credential', async () => {
    const [value, nothing] = await issueJwt(false)
    expect(value.split('.')).toHaveLength(3)
    expect(nothing).toBeUndefined()
    const [other, stored] = await issueJwt(true)
    const { jti, grantId } = stored as { jti: string; grantId: string }
    expect(stored).toMatchObject({
      id: jti,
      lifetime: 60,
      clientId: 'c',
      scope: 'a',
      accountId: 'a',
    })
    expect([jti.length, grantId.length]).toEqual([22, 22])
    expect(decodeJwt(other).jti).toBe(jti)
  })

  test('are verified with the keys that are published, of which none is private', () => {
    const [key, ...others] = publicKeysOf(createBare())
    expect(others).toEqual([])
    expect(key).toMatchObject({ kty: 'RSA', kid: expect.any(String), e: 'AQAB' })
    expect(key).not.toHaveProperty('d')
  })

  test('are verified with other keys once the list that is published is another one', async () => {
    const server = await startJwtServer()
    closing.push(() => server.close())
    const { access_token } = await connect(server.issuer)
    const isActive = async () => (await introspect(server.issuer, access_token))['active']
    expect(await isActive()).toBe(true)
    const { jwks } = (internalsOf as (of: Provider) => { jwks: { keys: readonly unknown[] } })(
      server.provider,
    )
    const { keys } = jwks
    jwks.keys = publicKeysOf(createBare())
    expect(await isActive()).toBe(false)
    jwks.keys = keys
    expect(await isActive()).toBe(true)
  })

  test('are shown by the policy that the framework goes by', async () => {
    const seen: unknown[] = []
    const allowedPolicy = (...args: readonly unknown[]): boolean => seen.push(args) > 0
    const server = await startServer({
      configure: (configuration) => ({
        ...configuration,
        features: {
          ...configuration.features,
          revocation: { enabled: true, allowedPolicy },
        },
      }),
    })
    closing.push(() => server.close())
    expect(policyOf(server.provider, 'revocation')).toBe(allowedPolicy)
    await revoke(server.issuer, (await connect(server.issuer)).access_token)
    expect(seen).toHaveLength(1)
  })
})

describe('lib/oidc/token-introspection.ts', () => {
  test('the framework knows the grant types that it answers, and no others', () => {
    const provider = createBare()
    expect(hasGrantType(provider, 'authorization_code')).toBe(true)
    expect(hasGrantType(provider, 'client_credentials')).toBe(false)
    provider.registerGrantType('client_credentials', async () => undefined, [])
    expect(hasGrantType(provider, 'client_credentials')).toBe(true)
  })

  test('its policy ends a grant with a refresh token, and not with an access token', () => {
    const endsGrant = revokeGrantPolicyOf(createBare())
    const revokes = (kind: string) =>
      endsGrant({ oidc: { route: 'revocation', entities: { [kind]: {} } } } as never)
    expect([revokes('RefreshToken'), revokes('AccessToken')]).toEqual([true, false])
  })

  test('an endpoint that configure moves answers where it is then', async () => {
    const server = await startServer({
      configure: (configuration) => ({
        ...configuration,
        routes: { ...configuration.routes, introspection: '/oauth/moved' },
      }),
    })
    closing.push(() => server.close())
    const { access_token: token } = await connect(server.issuer)
    const answer = await post(`${server.issuer}/oauth/moved`, { token }, basic(confidential))
    expect(answer.body).toMatchObject({ active: true, sub: idOf(bakery) })
  })

  test('the framework finds no token by itself at introspection and revocation', async () => {
    const memory = createMemoryAdapter()
    const loaded: string[] = []
    const load: typeof memory.grants.load = (grantId) => {
      loaded.push(grantId)
      return memory.grants.load(grantId)
    }
    const server = await startServer({ storage: { ...memory, grants: { ...memory.grants, load } } })
    closing.push(() => server.close())
    const { access_token, refresh_token } = await connect(server.issuer)
    loaded.splice(0)
    const refused = await introspect(server.issuer, access_token, publicClient)
    expect([refused['error'], loaded.length]).toEqual(['invalid_client', 0])
    expect((await introspect(server.issuer, access_token))['active']).toBe(true)
    expect(loaded).toHaveLength(1)
    await revoke(server.issuer, refresh_token)
    expect(loaded).toHaveLength(2)
  })
})

describe('lib/oidc/unavailable.ts', () => {
  test('an error of the framework with another status and its own word is answered as it is', async () => {
    const memory = createMemoryAdapter()
    const fail = async (): Promise<never> => {
      throw new Error('secret address of the storage')
    }
    const server = await startServer({
      storage: { ...memory, grants: { ...memory.grants, load: fail } },
    })
    closing.push(() => server.close())
    const causes: unknown[] = []
    server.provider.on('server_error', (_ctx, error) => causes.push(error.cause))
    const { status, body, headers } = await refresh(server.issuer, 'x'.repeat(93))
    expect([status, body['error'], headers.get('retry-after')]).toEqual([
      503,
      'temporarily_unavailable',
      '1',
    ])
    expect(JSON.stringify(body)).not.toContain('secret')
    expect(String(causes[0])).toContain('secret address')
    expect(causes).toHaveLength(1)
  })
})

describe('lib/oidc/grant-errors.ts', () => {
  // Of each it was decided whether it is about the grant. A new one may be about the request, which must not look like a lost
  // connection.
  test('the framework answers invalid_grant for these reasons, and no others', () => {
    const folder = new URL('../../node_modules/oidc-provider/lib/', import.meta.url)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    const texts = files
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    const thrown = texts.flatMap((text) => [
      ...text.matchAll(/new (?:InvalidGrant|ErrorClass)\(\s*(['`])(.*?)\1/g),
    ])
    const aboutTheGrant = [
      '${entityLabel} invalid (referenced account not found)',
      '${label} already consumed',
      '${label} not found',
      'DPoP proof key thumbprint does not match dpop_jkt',
      'accountId mismatch',
      'authorization code is expired',
      'authorization code redirect_uri mismatch',
      'client mismatch',
      'failed jkt verification',
      'grant is expired',
      'grant not found',
      'refresh token already used',
      'refresh token is expired',
      'refresh token not found',
    ]
    const aboutTheProof = [
      'DPoP proof JWT Replay detected',
      'DPoP proof JWT not provided',
      'missing DPoP proof JWT',
    ]
    // Mutual TLS, attestation and pre-authorized codes.
    const off = [
      'failed x5t#S256 verification',
      'invalid tx_code provided',
      'mutual TLS client certificate not provided',
      'oauth-client-attestation instance public key mismatch',
      'pre-authorized code is expired',
    ]
    const reasons = new Set(thrown.map(([, , reason = '']) => reason))
    expect([...reasons].toSorted()).toEqual([...aboutTheGrant, ...aboutTheProof, ...off].toSorted())
  })

  test('the framework knows the algorithms of proofs by a name of its own', () => {
    expect(proofAlgorithmsOf(createBare())).toEqual(['ES256', 'Ed25519', 'EdDSA'])
  })
})
