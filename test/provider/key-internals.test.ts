import Provider from 'oidc-provider'
import { expect, test } from 'vitest'
import { replaceSigningKeys } from '../../lib/oidc/internals.ts'
import { generateSigningKey } from '../../lib/keys/generate.ts'
import { headerOf } from '../support/signed-tokens.ts'
import { startApp } from '../support/server.ts'

// What this server relies on in oidc-provider for its signing keys: see internals.test.ts.

const create = (): Provider =>
  new Provider('https://auth.example.test', {
    jwks: { keys: [generateSigningKey()] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    clients: [
      {
        client_id: 'c',
        client_secret: 's',
        redirect_uris: [],
        response_types: [],
        grant_types: [],
      },
    ],
    cookies: { keys: ['a key'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: () => '/interaction' },
  })

interface IdToken {
  issue(options: { use: 'idtoken' }): Promise<string>
}
interface IdTokens {
  new (claims: object, options: object): IdToken & { scope: string }
  validate(token: string, client: unknown): Promise<unknown>
}

test('lib/oidc/internals.ts: keys are replaced in a provider that is in use, which signs with the first and accepts all', async () => {
  const provider = create()
  const running = await startApp(provider)
  const published = async (): Promise<readonly Record<string, unknown>[]> => {
    const { keys } = (await (await fetch(`${running.origin}/jwks`)).json()) as {
      keys: Record<string, unknown>[]
    }
    return keys
  }
  const client = await provider.Client.find('c')
  const IdToken = provider.IdToken as unknown as IdTokens
  const sign = async (): Promise<string> => {
    const token = new IdToken({ sub: 'x' }, { client, ctx: undefined })
    token.scope = 'openid'
    return token.issue({ use: 'idtoken' })
  }
  try {
    const before = await sign()
    const [one, two] = [generateSigningKey(), generateSigningKey()]
    replaceSigningKeys(provider, [one, two])
    const first = await sign()
    expect(headerOf(first).kid).toBe(one.kid)
    await expect(IdToken.validate(before, client)).rejects.toThrow(/no applicable key found/)
    replaceSigningKeys(provider, [two, one])
    expect(headerOf(await sign()).kid).toBe(two.kid)
    await expect(IdToken.validate(first, client)).resolves.toBeDefined()

    const { d: _one, ...publicOne } = one
    const { d: _two, ...publicTwo } = two
    expect(await published()).toEqual([publicTwo, publicOne])
    replaceSigningKeys(provider, [])
    await expect(sign()).rejects.toThrow(/undefined/)
    expect(await published()).toEqual([])
  } finally {
    await running.close()
  }
})
