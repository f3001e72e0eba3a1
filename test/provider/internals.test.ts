import compose from 'koa-compose'
import Koa, { type Context } from 'koa'
import Provider, { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  changeParameters,
  compareHashedSecrets,
  keepOwnMembersInGrants,
  internalsOf,
  recheckRedirectUris,
  type Grant,
} from '../../lib/oidc/internals.ts'
import type { Exchange, Storage } from '../../lib/index.ts'
import { createBare } from '../support/bare-provider.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, goToConsent, refresh } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { openServer, publicClient, startApp } from '../support/server.ts'

// What this server relies on in oidc-provider beyond its documented interface. When one of these
// fails after an upgrade, the file named in the test is what has to change.

describe('lib/oidc/internals.ts', () => {
  test('Grant.IN_PAYLOAD is a list of the members that are stored', () => {
    const { IN_PAYLOAD: members } = createBare().Grant as unknown as { IN_PAYLOAD: unknown }
    expect(Array.isArray(members)).toBe(true)
    expect(members).toEqual(expect.arrayContaining(['accountId', 'clientId', 'resources']))
  })

  test('without it a grant forgets its subject; with it, it does not', async () => {
    for (const keeps of [false, true]) {
      const provider = createBare()
      if (keeps) keepOwnMembersInGrants(provider)
      const grant: Grant = new provider.Grant({ accountId: 'a', clientId: 'c' })
      grant.subject = bakery
      const found: Grant | undefined = await provider.Grant.find(await grant.save())
      expect(found?.accountId).toBe('a')
      expect(found?.subject).toBe(keeps ? bakery : undefined)
    }
  })

  test('the secret of a client is compared by a method of its own, which is waited for', async () => {
    const compared: string[] = []
    const guarded = new Set<string>()
    const provider = createBare()
    compareHashedSecrets(provider, 'hashed', {
      async match(clientId, secret) {
        compared.push(`${clientId} ${secret}`)
        return secret === 'right'
      },
      guard: async (_ctx, clientId, compare) => {
        guarded.add(clientId)
        return compare()
      },
    })
    const running = endAfterTest(await startApp(provider))
    const statusOf = async (client_id: string, client_secret: string): Promise<number> => {
      const fields = { grant_type: 'refresh_token', refresh_token: 'x', client_id, client_secret }
      const body = new URLSearchParams(fields)
      return (await fetch(`${running.origin}/token`, { method: 'POST', body })).status
    }
    const Client = provider.Client as unknown as {
      readonly adapter: { upsert(id: string, client: object): Promise<void> }
    }
    for (const [client_id, client_secret] of [
      ['one', 'hashed'],
      ['two', 'plain'],
    ] as const) {
      const redirect_uris = ['https://x.test/']
      await Client.adapter.upsert(client_id, { client_id, client_secret, redirect_uris })
    }
    expect(await statusOf('one', 'right')).toBe(400)
    expect(await statusOf('one', 'hashed')).toBe(401)
    expect(compared).toEqual(['one right', 'one hashed'])
    expect([await statusOf('two', 'plain'), await statusOf('two', 'right')]).toEqual([400, 401])
    expect(compared).toHaveLength(2)
    expect(guarded).toEqual(new Set(['one', 'two']))
  })

  test('whether a redirect URI needs to be looked at before an error goes there is a member that can be held', () => {
    for (const isHeld of [false, true]) {
      const provider = createBare()
      if (isHeld) recheckRedirectUris(provider)
      const oidc = new provider.OIDCContext({} as Context)
      expect(oidc.redirectUriCheckPerformed).toBe(false)
      expect(Reflect.set(oidc, 'redirectUriCheckPerformed', true)).toBe(true)
      expect(oidc.redirectUriCheckPerformed).toBe(!isHeld)
    }
  })

  test('the parameters of a request are a member that is set when they were read', async () => {
    const provider = createBare()
    const read: unknown[] = []
    changeParameters(provider, (params) => {
      read.push(params['refresh_token'])
      params['grant_type'] = 'unknown'
    })
    const running = endAfterTest(await startApp(provider))
    const { Client } = provider as unknown as {
      readonly Client: { readonly adapter: { upsert(id: string, client: object): Promise<void> } }
    }
    const client = { client_id: 'one', client_secret: 'plain' }
    await Client.adapter.upsert('one', { ...client, redirect_uris: ['https://x.test/'] })
    const body = new URLSearchParams({
      ...client,
      grant_type: 'refresh_token',
      refresh_token: 'sent',
    })
    const answer = await fetch(`${running.origin}/token`, { method: 'POST', body })
    expect([read, await answer.json()]).toMatchObject([
      ['sent'],
      { error: 'unsupported_grant_type' },
    ])
  })

  test('the values of prompt, the response modes and the grant types are known', () => {
    const provider = createBare()
    const { configuration, responseModes } = internalsOf(provider)
    expect([...configuration.prompts]).toEqual(['none', 'login', 'consent'])
    expect([...configuration.grantTypes]).toContain('authorization_code')
    expect([...responseModes.keys()]).toEqual(
      expect.arrayContaining(['query', 'fragment', 'form_post']),
    )
  })

  test('where a provider answers is known, also where nobody said it', () => {
    const { routes } = internalsOf(createBare()).configuration
    expect(routes).toMatchObject({ jwks: '/jwks', authorization: '/auth' })
  })

  test('each provider has its own list', () => {
    const [one, two] = [createBare(), createBare()]
    keepOwnMembersInGrants(one)
    expect((two.Grant as unknown as { IN_PAYLOAD: string[] }).IN_PAYLOAD).not.toContain('subject')
  })
})

describe('lib/oidc/policy.ts', () => {
  test('there are the prompts login and consent, in this order, and no others', () => {
    expect([...interactionPolicy.base()].map(({ name }) => name)).toEqual(['login', 'consent'])
  })

  test('the checks of the prompt login that this server keeps are there', () => {
    const reasons = [...(interactionPolicy.base().get('login')?.checks ?? [])].map(
      ({ reason }) => reason,
    )
    expect(reasons).toEqual(
      expect.arrayContaining(['login_prompt', 'no_session', 'max_age', 'id_token_hint']),
    )
  })

  test('checks can be cleared and added', () => {
    const checks = interactionPolicy.base().get('consent')?.checks
    checks?.clear()
    expect(checks?.length).toBe(0)
    checks?.add(new interactionPolicy.Check('x', 'x', () => false))
    expect(checks?.get('x')?.reason).toBe('x')
  })
})

describe('lib/http/app.ts', () => {
  test("protocol and host of the provider's request decide its URLs, whatever the Host header says", async () => {
    const provider = createBare()
    Object.defineProperties(provider.request, {
      protocol: { get: () => 'https' },
      host: { get: () => 'auth.example.test' },
    })
    const answer = await requestMetadata(provider, '/below')
    expect(answer['token_endpoint']).toBe('https://auth.example.test/below/token')
  })

  test('without that, the URLs come from the Host header', async () => {
    const answer = await requestMetadata(createBare(), '/below')
    expect(answer['token_endpoint']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/below\/token$/)
  })

  test('middleware added to a provider runs before its own routes', async () => {
    const provider = createBare()
    const length = provider.middleware.length
    provider.use(async (ctx, next) => {
      await next()
      ctx.body = { seen: (ctx.body as { issuer: string }).issuer }
    })
    expect(provider.middleware).toHaveLength(length + 1)
    expect(await requestMetadata(provider)).toEqual({ seen: 'https://auth.example.test/below' })
  })

  async function requestMetadata(
    provider: Provider,
    mountPath?: string,
  ): Promise<Record<string, unknown>> {
    const app = new Koa()
    const handle = compose<Context>(provider.middleware as never)
    app.use(async (ctx) => {
      const own = provider.createContext(ctx.req, ctx.res)
      own['mountPath'] = mountPath
      await handle(own)
      ctx.body = own.body
    })
    const running = endAfterTest(await startApp(app))
    const response = await fetch(`${running.origin}/.well-known/openid-configuration`)
    return (await response.json()) as Record<string, unknown>
  }
})

describe('lib/oidc/authorization-parameters.ts', () => {
  test('validators of extra parameters are called without a value too, after the own checks', async () => {
    const seen: [string, unknown][] = []
    const note =
      (name: string) =>
      (_ctx: KoaContextWithOIDC, value: unknown): void => {
        seen.push([name, value])
      }
    const server = await openServer({
      configure: (configuration) => ({
        ...configuration,
        extraParams: { state: note('state'), not_sent: note('not_sent') },
      }),
    })
    await goToConsent(server.issuer)
    expect(seen).toContainEqual(['state', 'some-state'])
    expect(seen).toContainEqual(['not_sent', undefined])
    const before = seen.length
    await fetch(`${server.issuer}/oauth/authorize?client_id=unknown`)
    expect(seen).toHaveLength(before)
  })
})

describe('lib/oidc/adapter.ts and what is behind it', () => {
  const onExchange = (
    exchange: (original: Storage['grants']['exchange']) => Storage['grants']['exchange'],
  ): Storage => {
    const memory = createMemoryAdapter()
    const original: Storage['grants']['exchange'] = (...args) => memory.grants.exchange(...args)
    return { ...memory, grants: { ...memory.grants, exchange: exchange(original) } }
  }

  test('Provider.ctx is there at the token endpoint, with its route and its request', async () => {
    const seen: unknown[] = []
    const storage = onExchange((exchange) => (...args) => {
      const { oidc, req } = Provider.ctx ?? {}
      seen.push(oidc?.route, typeof req?.socket)
      return exchange(...args)
    })
    const server = await openServer({ storage })
    // Of a client with a secret, the request passes ahead of the framework.
    await connect(server.issuer, { client: publicClient })
    expect(seen).toEqual(['token', 'object'])
  })

  test('an adapter that throws an error of the framework answers the request with it', async () => {
    const server = await openServer({ storage: onExchange(() => async () => 'used') })
    await expect(connect(server.issuer)).rejects.toThrow(/400 \{"error":"invalid_grant"/)
  })

  test('the code comes with access token and refresh token in one exchange, and so does a refresh', async () => {
    const seen: Exchange[] = []
    const storage = onExchange((exchange) => (grantId, whole) => {
      seen.push(whole)
      return exchange(grantId, whole)
    })
    const server = await openServer({ storage })
    const { refresh_token } = await connect(server.issuer)
    expect((await refresh(server.issuer, refresh_token)).status).toBe(200)
    expect(seen.map(({ used }) => used.kind)).toEqual(['AuthorizationCode', 'RefreshToken'])
    for (const { accessToken, refreshToken } of seen) {
      expect([typeof accessToken?.id, typeof refreshToken?.id]).toEqual(['string', 'string'])
    }
  })

  test('the models that storage knows have these names', async () => {
    const models = new Set<string>()
    const memory = createMemoryAdapter()
    const storage: Storage = {
      ...memory,
      records: (model) => {
        models.add(model)
        return memory.records(model)
      },
    }
    const server = await openServer({ storage })
    await connect(server.issuer)
    for (const name of ['Interaction', 'ReplayDetection', 'Session']) expect(models).toContain(name)
    for (const name of ['AccessToken', 'AuthorizationCode', 'Grant', 'RefreshToken']) {
      expect(models).not.toContain(name)
    }
  })
})

test('lib/oidc/framework-clients.ts: a client can be constructed to be checked, without being stored', () => {
  const Client = createBare().Client as unknown as new (metadata: object) => { clientId: string }
  const good = { client_id: 'x', client_secret: 'y', redirect_uris: ['https://x.test/'] }
  expect(new Client(good).clientId).toBe('x')
  expect(() => new Client({ ...good, grant_types: ['made_up'] })).toThrow('invalid_client_metadata')
})
