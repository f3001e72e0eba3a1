import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { decodeJwt } from 'jose'
import Provider, { type Client } from 'oidc-provider'
import * as helpers from 'oidc-provider/lib/helpers/grants.js'
import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  acceptProofsOnce,
  internalsOf,
  nameGrantInTokens,
  writeToken,
} from '../../lib/oidc/internals.ts'
import { createGrantId, createTokenValues, grantIdOf } from '../../lib/grants/token-values.ts'
import { createBare } from '../support/bare-provider.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, introspect, post, refresh, revoke } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { bakery, idOf } from '../support/people.ts'
import { basic } from '../support/requests.ts'
import { confidential, openServer, publicClient } from '../support/server.ts'

const framework = new URL('../../node_modules/oidc-provider/lib/', import.meta.url)

// What this server relies on in oidc-provider for its tokens: see internals.test.ts.

describe('lib/oidc/internals.ts, values of tokens', () => {
  const key = Buffer.alloc(32, 1)
  const grantId = createGrantId()

  test('generateTokenId makes the values, of grants, codes and tokens', async () => {
    const provider = createBare()
    const Codes = provider.AuthorizationCode as unknown as new (of: object) => {
      save(): Promise<string>
    }
    expect(await new Codes({ grantId }).save()).toHaveLength(43)
    nameGrantInTokens(provider, createTokenValues([key]))
    const value = await new Codes({ grantId }).save()
    expect(grantIdOf(value)).toBe(grantId)
    const grant = new provider.Grant({ accountId: 'a', clientId: 'c' })
    expect(await grant.save()).toHaveLength(22)
  })

  test('the refresh token that is given up is an entity of the request when its successor is made', async () => {
    const seen: unknown[] = []
    const server = await openServer()
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
  const createToken = (provider: Provider) => {
    const Client = provider.Client as unknown as new (of: object) => Client
    const client = new Client({
      client_id: 'c',
      client_secret: 's',
      redirect_uris: ['https://x.test/'],
    })
    const server = { audience: 'https://api.test', accessTokenFormat: 'jwt', scope: 'a' } as const
    const resourceServer = new provider.ResourceServer('https://api.test', server)
    const given = { client, accountId: 'a', gty: 'x', scope: 'a', resourceServer, expiresIn: 60 }
    return new provider.AccessToken({ ...given, grantId: createGrantId() })
  }

  test('are not stored by the framework, whose models write them: with it there is a payload to store', async () => {
    const provider = createBare()
    const stored: unknown[] = []
    provider.AccessToken.adapter.upsert = async (id) => void stored.push(id)
    expect((await createToken(provider).save()).split('.')).toHaveLength(3)
    expect(stored).toEqual([])
    const { text, payload } = await writeToken(createToken(provider), 'an id', 'jwt')
    expect(payload).toMatchObject({ jti: 'an id', clientId: 'c', scope: 'a', accountId: 'a' })
    expect(payload).toMatchObject({ kind: 'AccessToken', aud: 'https://api.test' })
    expect(decodeJwt(text).jti).toBe('an id')
  })

  test('have a value and a payload as an opaque token, too', async () => {
    const { text, payload } = await writeToken(createToken(createBare()), 'a value', 'opaque')
    const { iat, exp } = payload as { readonly iat: number; readonly exp: number }
    expect([text, payload['jti'], exp - iat]).toEqual(['a value', 'a value', 60])
  })

  test('are verified with the keys that are published, of which none is private', () => {
    const [key, ...others] = internalsOf(createBare()).jwks.keys
    expect(others).toEqual([])
    expect(key).toMatchObject({ kty: 'RSA', kid: expect.any(String), e: 'AQAB' })
    expect(key).not.toHaveProperty('d')
  })

  test('are verified with other keys once the list that is published is another one', async () => {
    const server = endAfterTest(await startJwtServer())
    const { access_token } = await connect(server.issuer)
    const isActive = async () => (await introspect(server.issuer, access_token))['active']
    expect(await isActive()).toBe(true)
    const { jwks } = internalsOf(server.provider)
    const { keys } = jwks
    jwks.keys = internalsOf(createBare()).jwks.keys
    expect(await isActive()).toBe(false)
    jwks.keys = keys
    expect(await isActive()).toBe(true)
  })

  test('are shown by the policy that the framework goes by', async () => {
    const seen: unknown[] = []
    const allowedPolicy = (...args: readonly unknown[]): boolean => seen.push(args) > 0
    const server = await openServer({
      configure: (configuration) => ({
        ...configuration,
        features: {
          ...configuration.features,
          revocation: { enabled: true, allowedPolicy },
        },
      }),
    })
    expect(internalsOf(server.provider).configuration.features.revocation.allowedPolicy).toBe(
      allowedPolicy,
    )
    await revoke(server.issuer, (await connect(server.issuer)).access_token)
    expect(seen).toHaveLength(1)
  })
})

describe('lib/oidc/token-introspection.ts', () => {
  test('the framework knows the grant types that it answers, and no others', () => {
    const provider = createBare()
    expect(internalsOf(provider).grantTypeHandlers.has('authorization_code')).toBe(true)
    expect(internalsOf(provider).grantTypeHandlers.has('client_credentials')).toBe(false)
    provider.registerGrantType('client_credentials', async () => undefined, [])
    expect(internalsOf(provider).grantTypeHandlers.has('client_credentials')).toBe(true)
  })

  test('its policy ends a grant with a refresh token, and not with an access token', () => {
    const endsGrant = internalsOf(createBare()).configuration.revokeGrantPolicy
    const revokes = (kind: string) =>
      endsGrant({ oidc: { route: 'revocation', entities: { [kind]: {} } } } as never)
    expect([revokes('RefreshToken'), revokes('AccessToken')]).toEqual([true, false])
  })

  test('an endpoint that configure moves answers where it is then', async () => {
    const server = await openServer({
      configure: (configuration) => ({
        ...configuration,
        routes: { ...configuration.routes, introspection: '/oauth/moved' },
      }),
    })
    const { access_token: token } = await connect(server.issuer)
    for (const path of ['/oauth/moved', '/oauth/Moved', '/oauth/moved/']) {
      const answer = await post(server.issuer + path, { token }, basic(confidential))
      expect(answer.body).toMatchObject({ active: true, sub: idOf(bakery) })
    }
  })

  test('the framework finds no token by itself at introspection and revocation', async () => {
    const memory = createMemoryAdapter()
    const loaded: string[] = []
    const load: typeof memory.grants.load = (grantId) => {
      loaded.push(grantId)
      return memory.grants.load(grantId)
    }
    const server = await openServer({ storage: { ...memory, grants: { ...memory.grants, load } } })
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
    const server = await openServer({
      storage: { ...memory, grants: { ...memory.grants, load: fail } },
    })
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

describe('lib/grants/redeem.ts and lib/grants/refresh.ts', () => {
  // They check what the framework's own handlers check. A new reason may be a check that they lack.
  test('the framework answers invalid_grant for these reasons, and no others', () => {
    const files = readdirSync(framework, { recursive: true, encoding: 'utf8' })
    const texts = files
      .filter((name) => name.endsWith('.js'))
      .map((name) => readFileSync(new URL(name, framework), 'utf8'))
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

  test('do in place of the handlers of the framework what those do', () => {
    const files = ['actions/grants/authorization_code', 'actions/grants/refresh_token']
    const hashes = [...files, 'helpers/grant_common'].map((name) =>
      hash('sha256', readFileSync(new URL(`${name}.js`, framework))),
    )
    // If one changed, read what changed, and do it in ours as well.
    expect(hashes).toEqual([
      '2d46dcf995804956042bdecef1a100af83891cfd682a58b1a0fdf722f6159335',
      'd3bcebb1e448545e0deff5b935f6233964b69c40f5ab2f639c6fdb5e81c5c1d2',
      '2a9abbce97278836411bdbdcf8d310e6760d525ec815ad163f376ef55fa3e740',
    ])
  })

  test('get this from the module for custom grants, whose versions promise nothing', () => {
    const own = { checkDpopReplay: helpers.checkDpopReplay, validateDpop: helpers.validateDpop }
    const texts = Object.values(own).map((helper) => hash('sha256', String(helper)))
    expect(texts).toEqual([
      'c2c4f632ae40b5a6b4ac923ff3e7805e05f3e1ffc028cff5819771bdf2a82b40',
      'ad8bd399c17174cbc554cc80b053bd55b9fe302a72188cfb96978f58c782ab1a',
    ])
  })
})

describe('lib/oidc/endpoint-errors.ts', () => {
  test('the framework knows the algorithms of proofs by a name of its own', () => {
    expect(internalsOf(createBare()).configuration.dPoPSigningAlgValues).toEqual([
      'ES256',
      'Ed25519',
      'EdDSA',
    ])
  })
})
