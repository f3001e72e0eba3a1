import { expect, test } from 'vitest'
import { createClientCheck } from '../../lib/clients/metadata-check.ts'
import { withPlainScopes } from '../../lib/clients/metadata-values.ts'
import { pleoScopes } from '../../lib/index.ts'
import { fc, times } from '../support/fuzzing.ts'
import { useServer } from '../support/server.ts'

// Clients are registered by our table alone. The framework constructs them later, for each request: it must accept each of them.

const server = useServer({ clients: [] })

const rules = { scopes: Object.keys(pleoScopes), reservedNames: ['Pleo'] }
const check = createClientCheck(rules, 'made')

type Members = Readonly<Record<string, unknown>>

const isInTable = (client: Members): boolean => check(client).length === 0

function isInFramework(client: Members): boolean {
  const Client = server.provider.Client as unknown as new (metadata: object) => object
  const isPublic = client['token_endpoint_auth_method'] === 'none'
  const credentials = { client_id: 'new', ...(isPublic ? {} : { client_secret: 'x'.repeat(43) }) }
  try {
    return Boolean(new Client({ ...withPlainScopes(client), ...credentials }))
  } catch {
    return false
  }
}

const list = <T>(values: fc.Arbitrary<T>) => fc.array(values, { maxLength: 3 })
const scopes = list(fc.constantFrom(...Object.keys(pleoScopes))).map((names) => names.join(' '))
const page = fc.constantFrom('https://nordvind.example.test/', 'http://localhost:4000/about?x=1')
const callback = fc.constantFrom(
  'https://nordvind.example.test/callback',
  'https://nordvind.example.test/other?a=b',
  'http://127.0.0.1/callback',
  'http://[::1]:8080/callback',
)
const email = fc.constantFrom('api@nordvind.example.test', "o'neil+api@nordvind.example.test")

/** What most clients have, of each member that the framework looks at. */
const usual = {
  client_name: fc.constantFrom('Nordvind', 'Регистр'),
  client_uri: page,
  logo_uri: page,
  tos_uri: page,
  policy_uri: page,
  contacts: fc.uniqueArray(email),
  redirect_uris: fc.uniqueArray(callback, { minLength: 1 }),
  application_type: fc.constantFrom('web', 'native'),
  scope: fc.constantFrom('companies:read', 'companies:read  users:read companies:read'),
  grant_types: fc.constantFrom(
    ['authorization_code'],
    ['authorization_code', 'refresh_token'],
    ['refresh_token', 'authorization_code', 'refresh_token'],
  ),
  response_types: fc.constantFrom(['code'], ['code', 'code']),
  token_endpoint_auth_method: fc.constantFrom('client_secret_basic', 'client_secret_post', 'none'),
  dpop_bound_access_tokens: fc.boolean(),
  require_pushed_authorization_requests: fc.boolean(),
}
const required = ['redirect_uris', 'scope'] as const

/** What hardly any client has: it may be right. */
const strange = {
  contacts: list(fc.oneof(email, fc.emailAddress(), fc.string())),
  redirect_uris: list(
    fc.oneof(
      callback,
      fc.constantFrom(
        'https://localhost/callback',
        'https://[::1]:8443/callback',
        'http://nordvind.example.test/callback',
        'test.example.nordvind:/callback',
        'nordvind:/callback',
        'javascript:alert(1)',
        'data:text/html,x',
        'https://nordvind.example.test/#fragment',
        '/callback',
      ),
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
    ),
  ),
  scope: fc.oneof(scopes, fc.string()),
  grant_types: list(
    fc.constantFrom('authorization_code', 'refresh_token', 'implicit', 'client_credentials', 'x'),
  ),
  response_types: list(fc.constantFrom('code', 'token', 'code id_token', 'none')),
  token_endpoint_auth_method: fc.constantFrom('none', 'private_key_jwt', 'tls_client_auth'),
}

const anything = fc.jsonValue({ maxDepth: 1 })
const members = Object.entries(usual).map(([name, right]) => {
  const wrong = Object.entries(strange).find(([other]) => other === name)?.[1] ?? fc.string()
  const drawn = fc.oneof({ arbitrary: right, weight: 4 }, { arbitrary: wrong, weight: 2 }, anything)
  return [name, drawn] as const
})

test('a usual client is taken by the table and by the framework', () => {
  const client = fc.record(usual, { requiredKeys: [...required] })
  fc.assert(
    fc.property(client, (one) => {
      expect([isInTable(one), isInFramework(one)]).toEqual([true, true])
    }),
    { numRuns: times(300) },
  )
})

test('whatever the framework refuses of any other, the table refuses', () => {
  const seen = { taken: 0, refused: 0 }
  const drawn = fc.record(Object.fromEntries(members), { requiredKeys: [] })
  const client = fc
    .tuple(fc.record(usual), drawn, fc.subarray(Object.keys(usual), { maxLength: 3 }))
    .map(([right, other, changed]) => {
      const own = changed.map((name) => [name, other[name]] as const)
      const all = { ...right, ...Object.fromEntries(own) }
      return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    })
  fc.assert(
    fc.property(client, (one) => {
      if (isInFramework(one)) return
      seen.refused += 1
      expect(isInTable(one)).toBe(false)
    }),
    { numRuns: times(3000) },
  )
  fc.assert(
    fc.property(client, (one) => {
      if (!isInTable(one)) return
      seen.taken += 1
      expect(isInFramework(one)).toBe(true)
    }),
    { numRuns: times(3000) },
  )
  expect(seen.taken).toBeGreaterThan(200)
  expect(seen.refused).toBeGreaterThan(200)
})

test.each([
  [
    'a native application with an https loopback URI',
    { application_type: 'native', redirect_uris: ['https://localhost/'] },
    'redirect_uris',
  ],
  [
    'a client with response types and no redirect URIs',
    { grant_types: ['refresh_token'], redirect_uris: [] },
    'redirect_uris',
  ],
  [
    'a client with a grant type that this server does not have',
    { grant_types: ['authorization_code', 'x'] },
    'grant_types',
  ],
])('%s is refused by both, and the member is named', (_, changes, path) => {
  const client = {
    redirect_uris: ['https://nordvind.example.test/'],
    scope: 'companies:read',
    ...changes,
  }
  expect(isInFramework(client)).toBe(false)
  expect(check(client)).toMatchObject([{ path, code: 'invalid_client_metadata' }])
})
