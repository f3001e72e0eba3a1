import { expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { ConfigurationError, createAuthorizationServer } from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { audience, confidential } from '../support/server.ts'

// What embedders get wrong, and the start says; docs/embedding.md has the list.

const issuesIn = (environment: string, options: object): readonly string[] => {
  const before = process.env['NODE_ENV']
  process.env['NODE_ENV'] = environment
  try {
    createAuthorizationServer({
      issuer: 'https://auth.example.test',
      cookieKeys: ['a key for the cookies of the tests'],
      accounts: createAccounts(),
      resourceServer: { audience },
      storage: createMemoryAdapter(),
      signingKeys: 'ephemeral',
      ...options,
    })
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues.map(({ path, code }) => `${path} ${code}`)
  } finally {
    process.env['NODE_ENV'] = before
  }
}

test('3. an issuer that is not https, behind TLS', () => {
  for (const environment of ['production', 'development'])
    expect(issuesIn(environment, { issuer: 'http://auth.example.test' })).toEqual([
      'issuer invalid_issuer',
    ])
})

test('9. keys for cookies and secrets of clients that can be guessed, or none', () => {
  expect(issuesIn('production', { cookieKeys: ['short'] })).toEqual([
    'cookieKeys[0] not_for_production',
  ])
  expect(issuesIn('development', { cookieKeys: [] })).toHaveLength(1)
  const clients = [{ ...confidential, client_secret: 'short' }]
  expect(issuesIn('production', { clients })).toEqual([
    'clients[0].client_secret not_for_production',
  ])
})

test('10. what is gone or different at every restart, or in every process', () => {
  const options = { storage: undefined, signingKeys: undefined }
  expect(issuesIn('production', options)).toEqual([
    'storage not_for_production',
    'signingKeys not_for_production',
  ])
  // An https issuer is production, whatever the environment says.
  expect(issuesIn('development', options)).toHaveLength(2)
  expect(issuesIn('development', { ...options, issuer: 'http://localhost:3000' })).toEqual([])
})

test.each(['https://auth.example.test/', 'https://x.test/?a'])(
  'and an issuer that none can be: %s',
  (issuer) => {
    expect(issuesIn('development', { issuer })).toHaveLength(1)
  },
)
