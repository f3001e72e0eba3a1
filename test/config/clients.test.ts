import { generateKeyPairSync } from 'node:crypto'
import { inspect } from 'node:util'
import { afterEach, describe, expect, test } from 'vitest'
import { ConfigurationError, createAuthorizationServer } from '../../lib/index.ts'
import { connect, introspect, post } from '../support/flow.ts'
import { issuesOf } from '../support/issues.ts'
import { createAccounts } from '../support/people.ts'
import { audience, confidential, startServer, type RunningServer } from '../support/server.ts'

const pathsOf = (clients: unknown): string[] => issuesOf({ clients }).map(({ path }) => path)

const servers: RunningServer[] = []
const start: typeof startServer = async (options) => {
  const server = await startServer(options)
  servers.push(server)
  return server
}
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())))

describe('a client', () => {
  const { client_secret: _, ...withoutSecret } = confidential
  const { scope: __, ...withoutScope } = confidential
  const accepted: readonly (readonly [string, object])[] = [
    ['as it is', {}],
    [
      'for loopback hosts',
      { redirect_uris: ['http://localhost:4000/cb', 'http://127.0.0.1/cb', 'http://[::1]:1/cb'] },
    ],
    [
      'of a native application',
      { application_type: 'native', redirect_uris: ['com.example.app:/callback'] },
    ],
    ['with words of its own', { 'client_name#da': 'Nordvind', software_id: 'x' }],
  ]
  test.each(accepted)('is accepted %s', (_name, members) => {
    expect(pathsOf([{ ...confidential, ...members }])).toEqual([])
  })

  const refused: readonly (readonly [string, string, object])[] = [
    ['without a secret', 'clients[0].client_secret', withoutSecret],
    ['without scopes', 'clients[0].scope', withoutScope],
    ['without redirect URIs', 'clients[0].redirect_uris', { ...confidential, redirect_uris: [] }],
    [
      'public with a secret',
      'clients[0].client_secret',
      { ...confidential, token_endpoint_auth_method: 'none' },
    ],
    [
      'public with the PKCE exception',
      'clients[0].pkce_exception',
      { ...withoutSecret, token_endpoint_auth_method: 'none', pkce_exception: true },
    ],
    ['that is no object', 'clients[0]', 'ledger' as unknown as object],
  ]
  test.each(refused)('is refused %s', (_name, path, client) => {
    expect(pathsOf([client])).toContain(path)
  })

  test.each([
    'http://ledger.example.test/callback',
    'https://ledger.example.test/callback#x',
    '/callback',
    'javascript:alert(1)',
    'data:text/html,x',
    'myapp:/callback',
    'http://localhost.evil.test/',
    '',
  ])('cannot be sent back to "%s"', (uri) => {
    const clients = [{ ...confidential, redirect_uris: ['https://a.test/', uri] }]
    expect([...new Set(pathsOf(clients))]).toEqual(['clients[0].redirect_uris[1]'])
  })

  test.each(['client_uri', 'logo_uri', 'tos_uri', 'policy_uri'])(
    'cannot have a script as %s',
    (name) => {
      for (const uri of [
        'javascript:alert(1)',
        'JavaScript:alert(1)',
        'data:text/html,x',
        '//x',
        'x',
      ]) {
        expect(pathsOf([{ ...confidential, [name]: uri }])).toEqual([`clients[0].${name}`])
      }
    },
  )

  test('cannot be there twice', () => {
    expect(pathsOf([confidential, confidential])).toEqual(['clients[1].client_id'])
  })

  test('that only the framework finds fault with is named at start, every one of them', () => {
    const paths = pathsOf([
      { ...confidential, client_id: 'one', grant_types: ['made_up'] },
      { ...confidential, client_id: 'two' },
      { ...confidential, client_id: 'three', contacts: ['not an address'], default_max_age: 'x' },
    ])
    expect(paths.map((path) => path.slice(0, 10))).toEqual(['clients[0]', 'clients[2]'])
  })
})

describe('configure', () => {
  test('has the last word: client credentials switched on give a token that is introspected sanely', async () => {
    const machine = {
      client_id: 'machine',
      client_secret: 'machine-secret',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      scope: 'companies:read',
    }
    const { issuer } = await start({
      clients: [machine],
      configure: (configuration) => ({
        ...configuration,
        features: { ...configuration.features, clientCredentials: { enabled: true } },
      }),
    })
    const { status, body } = await post(`${issuer}/oauth/token`, {
      grant_type: 'client_credentials',
      scope: 'companies:read',
      client_id: machine.client_id,
      client_secret: machine.client_secret,
    })
    expect(status).toBe(200)
    const shown = await introspect(issuer, body['access_token'] as string, machine)
    expect(shown).toEqual({
      active: true,
      client_id: 'machine',
      scope: 'companies:read',
      token_type: 'Bearer',
      aud: audience,
      iss: issuer,
      exp: expect.any(Number) as number,
      iat: expect.any(Number) as number,
      jti: expect.any(String) as string,
    })
  })

  test('is given the finished configuration, and what it returns is used', async () => {
    const { issuer } = await start({
      configure: (configuration) => {
        expect(configuration.responseTypes).toEqual(['code'])
        return { ...configuration, routes: { ...configuration.routes, jwks: '/oauth/keys' } }
      },
    })
    expect((await fetch(`${issuer}/oauth/keys`)).status).toBe(200)
  })

  test('off by default: no client gets a token for itself', async () => {
    const { issuer } = await start()
    const { client_id: id, client_secret: secret } = confidential
    const fields = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
    const { status, body } = await post(`${issuer}/oauth/token`, fields)
    expect([status, body['error']]).toEqual([400, 'unsupported_grant_type'])
  })
})

describe('signing keys', () => {
  const jwk = (kind: 'rsa' | 'ec' | 'ed25519'): object => {
    const { privateKey } =
      kind === 'rsa'
        ? generateKeyPairSync('rsa', { modulusLength: 2048 })
        : kind === 'ec'
          ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
          : generateKeyPairSync('ed25519')
    return privateKey.export({ format: 'jwk' })
  }

  test.each(['rsa', 'ec', 'ed25519'] as const)(
    'can be of kind %s, and nothing private is published',
    async (kind) => {
      const { issuer } = await start({ signingKeys: { keys: [jwk(kind)] } as never })
      expect((await connect(issuer)).token_type).toBe('Bearer')
      const { keys } = (await (await fetch(`${issuer}/oauth/jwks`)).json()) as { keys: object[] }
      expect(keys).toHaveLength(1)
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'])
        expect(keys[0]).not.toHaveProperty(member)
    },
  )

  test('can be several, and are published in their order', async () => {
    const keys = [jwk('ec'), jwk('rsa')]
    const { issuer } = await start({ signingKeys: { keys } as never })
    const published = (await (await fetch(`${issuer}/oauth/jwks`)).json()) as {
      keys: { kty: string }[]
    }
    expect(published.keys.map(({ kty }) => kty)).toEqual(['EC', 'RSA'])
  })

  const useless: readonly (readonly [string, object])[] = [
    ['public', { kty: 'OKP', crv: 'Ed25519', x: 'a' }],
    ['broken', { kty: 'EC', crv: 'P-256', x: 'b2s', y: 'b2s', d: 'c2VjcmV0' }],
    ['symmetric', { kty: 'oct', k: 'c2VjcmV0' }],
    ['for encryption', { ...jwk('ec'), use: 'enc' }],
    ['of an unknown algorithm', { ...jwk('ec'), alg: 'XX' }],
  ]
  const make = (key: object) => (): unknown =>
    createAuthorizationServer({
      issuer: 'https://auth.example.test',
      cookieKeys: ['a key for the cookies'],
      accounts: createAccounts(),
      resourceServer: { audience },
      signingKeys: { keys: [key] },
    })

  test.each(useless)('that are %s are a mistake in the options', (_, key) => {
    expect(make(key)).toThrow(ConfigurationError)
  })

  test.each(useless)('that are %s are not printed with the error', (_, key) => {
    const printed = inspect(thrownBy(make(key)), { depth: 9 })
    const { d, k } = { d: 'no private part', k: 'no secret', ...key }
    expect(printed).not.toContain(d)
    expect(printed).not.toContain(k)
  })
})

function thrownBy(make: () => unknown): unknown {
  try {
    return make()
  } catch (error) {
    return error
  }
}
