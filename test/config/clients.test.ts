import { describe, expect, test } from 'vitest'
import { introspect, post } from '../support/flow.ts'
import { issuesOf } from '../support/issues.ts'
import { audience, confidential, openServer } from '../support/server.ts'

const pathsOf = (clients: unknown): string[] => issuesOf({ clients }).map(({ path }) => path)

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
    [
      'with everything that can be registered',
      {
        'client_name#zh-Hant': '北風帳本',
        client_uri: 'https://ledger.example.test',
        logo_uri: 'http://localhost:4000/logo.png',
        tos_uri: 'https://ledger.example.test/terms?of=service',
        'tos_uri#da': 'https://ledger.example.test/vilkaar',
        policy_uri: 'https://ledger.example.test/privacy',
        initiation_uri: 'https://ledger.example.test/connect',
        settings_uri: 'https://ledger.example.test/settings',
        contacts: ['support@ledger.example.test', 'security+oauth@ledger.example.test'],
        optional_scope: 'users:read',
        subject_type_preference: 'organization',
        pkce_exception: true,
        test: true,
        verified: true,
      },
    ],
  ]
  test.each(accepted)('is accepted %s', (_name, members) => {
    expect(pathsOf([{ ...confidential, ...members }])).toEqual([])
  })

  const refused: readonly (readonly [string, string, object])[] = [
    ['without a secret', 'clients[0].client_secret', withoutSecret],
    ['with a secret of other letters', 'clients[0].client_secret', { client_secret: 'hemmelig å' }],
    ['with an id of other letters', 'clients[0].client_id', { client_id: 'b2c5…' }],
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
    ...[
      ['client_name', ' Ledger'],
      ['client_name', '!!!'],
      ['client_name', 'x'.repeat(201)],
      ['client_name#da', 'Pleo Bogholderi'],
      ['client_name#', 'Ledger'],
      ['client_name#not_a_tag', 'Ledger'],
      ['tos_uri#da', 'http://ledger.example.test/'],
      ['subject_type_preference', 'person'],
      ['test', 'yes'],
    ].map(([path = '', value]): [string, string, object] => [
      `with ${path} ${JSON.stringify(value).slice(0, 40)}`,
      `clients[0].${path}`,
      { ...confidential, [path]: value },
    ]),
    [
      'with a scheme of its own that is not native',
      'clients[0].redirect_uris[0]',
      { ...confidential, redirect_uris: ['com.example.app:/callback'] },
    ],
    [
      'with a scope that there is not',
      'clients[0].scope[1]',
      { ...confidential, scope: 'companies:read made:up' },
    ],
    [
      'with an optional scope that it has not',
      'clients[0].optional_scope[0]',
      { ...confidential, optional_scope: 'accounts:read' },
    ],
    [
      'with one redirect URI twice',
      'clients[0].redirect_uris[1]',
      { ...confidential, redirect_uris: ['https://a.test/', 'https://a.test/'] },
    ],
  ]
  test('is told which scope was meant, where one is spelled nearly like it', () => {
    const messages = issuesOf({ clients: [{ ...confidential, scope: 'companies:raed made:up' }] })
    expect(messages.map(({ message }) => message)).toEqual([
      'names a scope that the resource server does not have (did you mean "companies:read"?)',
      'names a scope that the resource server does not have',
    ])
  })

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
    'https://*.example.test/callback',
    'https://ledger.example.test/*',
    'https://me:secret@ledger.example.test/',
    'https://ledger.example.test\\@evil.test/',
    'https://lédger.example.test/',
    'https://ledger.example.test/a b',
    'https://ledger.example.test/{id}',
    '.app:/callback',
    `https://ledger.example.test/${'x'.repeat(2000)}`,
    '',
  ])('cannot be sent back to "%s"', (uri) => {
    const clients = [{ ...confidential, redirect_uris: ['https://a.test/', uri] }]
    expect(pathsOf(clients)).toEqual(['clients[0].redirect_uris[1]'])
  })

  test.each(['', `https://ledger.example.test/${'x'.repeat(2000)}`])(
    'has every other mistake named beside a redirect URI that nobody can read: %#',
    (uri) => {
      const clients = [{ ...confidential, redirect_uris: [uri], client_nam: 'Ledger' }]
      expect(pathsOf(clients).toSorted()).toEqual([
        'clients[0].client_nam',
        'clients[0].redirect_uris[0]',
      ])
    },
  )

  test('has one finding for each wrong member, also if another client is wrong in the same way', () => {
    const wrong = { ...confidential, client_id: 'ø', client_name: ' Ledger' }
    expect(pathsOf([wrong, { ...wrong, client_id: 'å' }, wrong])).toEqual([
      'clients[0].client_id',
      'clients[0].client_name',
      'clients[1].client_id',
      'clients[1].client_name',
      'clients[2].client_id',
      'clients[2].client_name',
    ])
  })

  const pages = [
    'client_uri',
    'logo_uri',
    'tos_uri',
    'policy_uri',
    'initiation_uri',
    'settings_uri',
  ]
  test.each(pages)('cannot have a script, or what is not protected, as %s', (name) => {
    for (const uri of [
      'javascript:alert(1)',
      'JavaScript:alert(1)',
      'data:text/html,x',
      '//x',
      'x',
      'com.example.app:/x',
      'http://ledger.example.test/',
      'https://me@ledger.example.test/',
      'https://ledger.example.test/#x',
      'https://*.example.test/',
    ]) {
      expect(pathsOf([{ ...confidential, [name]: uri }])).toEqual([`clients[0].${name}`])
    }
  })

  test('cannot be there twice', () => {
    expect(pathsOf([confidential, confidential])).toEqual(['clients[1].client_id'])
  })

  test.each(['nobody', 'a@', '@b.test', 'a b@c.test', 'mailto:a@b.test', ''])(
    'cannot be asked at "%s"',
    (address) => {
      const clients = [{ ...confidential, contacts: ['help@ledger.example.test', address] }]
      expect(pathsOf(clients)).toEqual(['clients[0].contacts[1]'])
    },
  )

  test('cannot be called what looks like the name of another one, in any language', () => {
    const other = { ...confidential, client_id: 'other' }
    for (const name of [
      'NORTHWIND LEDGER',
      'North-wind Ledger',
      'Nørthwind Ledgər',
      'Northw1nd Iedger',
    ])
      expect(pathsOf([confidential, { ...other, client_name: name }])).toEqual([
        'clients[1].client_name',
      ])
    const words = { client_name: 'Nordvind', 'client_name#en': 'Northwind Ledger' }
    expect(pathsOf([confidential, { ...other, ...words }])).toEqual(['clients[1].client_name#en'])
    const own = { 'client_name#da': 'Northwind Ledger', 'client_name#sv': 'Northwind Ledger' }
    expect(pathsOf([{ ...confidential, ...own }])).toEqual([])
  })

  test('cannot bear the name of the product', () => {
    const named = (client_name: string) => [{ ...confidential, client_name }]
    const codes = (options: object): string[] => issuesOf(options).map(({ code }) => code)
    for (const name of ['Kelp Books', 'Pleo Books'])
      expect(codes({ clients: named(name), views: { theme: { productName: 'Kelp' } } })).toEqual([
        'reserved_name',
      ])
    expect(codes({ clients: named('Kelp Books') })).toEqual([])
  })

  test('that only the framework finds fault with is named at start, every one of them', () => {
    const paths = pathsOf([
      { ...confidential, client_id: 'one', grant_types: ['made_up'] },
      { ...confidential, client_id: 'two', client_name: 'Two' },
      { ...confidential, client_id: 'three', client_name: 'Three', default_max_age: 'x' },
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
    const { issuer } = await openServer({
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
    const { issuer } = await openServer({
      configure: (configuration) => {
        expect(configuration.responseTypes).toEqual(['code'])
        return { ...configuration, routes: { ...configuration.routes, jwks: '/oauth/keys' } }
      },
    })
    expect((await fetch(`${issuer}/oauth/keys`)).status).toBe(200)
  })

  test('off by default: no client gets a token for itself', async () => {
    const { issuer } = await openServer()
    const { client_id: id, client_secret: secret } = confidential
    const fields = { grant_type: 'client_credentials', client_id: id, client_secret: secret }
    const { status, body } = await post(`${issuer}/oauth/token`, fields)
    expect([status, body['error']]).toEqual([400, 'unsupported_grant_type'])
  })
})
