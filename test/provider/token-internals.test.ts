import Provider from 'oidc-provider'
import { afterEach, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { acceptProofsOnce, nameGrantInTokens } from '../../lib/provider/internals.ts'
import { createGrantId, createTokenValues, grantIdOf } from '../../lib/tokens/token-values.ts'
import { createBare } from '../support/bare-provider.ts'
import { connect, refresh } from '../support/flow.ts'
import { startServer } from '../support/server.ts'

// What this server relies on in oidc-provider for its tokens: see internals.test.ts.

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()))
})

describe('lib/provider/internals.ts, values of tokens', () => {
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

describe('lib/provider/unavailable.ts', () => {
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
