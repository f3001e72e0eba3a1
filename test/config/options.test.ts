import { afterEach, describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  ConfigurationError,
  createAuthorizationServer,
  pleoScopes,
  type AuthorizationServerOptions,
  type ConfigurationIssue,
} from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { audience, confidential } from '../support/server.ts'

afterEach(() => vi.unstubAllEnvs())

const good: AuthorizationServerOptions = {
  issuer: 'https://auth.example.test',
  cookieKeys: ['a key for the cookies of the tests'],
  storage: createMemoryAdapter(),
  signingKeys: 'ephemeral',
  accounts: createAccounts(),
  resourceServer: { audience },
}

/** What is said about these options; the mistakes are the point, so they are of any type. */
function mistakes(options: Record<string, unknown>): ConfigurationError | undefined {
  try {
    createAuthorizationServer({ ...good, ...options })
    return undefined
  } catch (error) {
    if (error instanceof ConfigurationError) return error
    throw error
  }
}

const issuesOf = (options: Record<string, unknown>): readonly ConfigurationIssue[] =>
  mistakes(options)?.issues ?? []

const pathsOf = (options: Record<string, unknown>): string[] =>
  issuesOf(options).map(({ path }) => path)

describe('the options', () => {
  test('are accepted when they are right', () => {
    expect(mistakes({})).toBeUndefined()
    expect(mistakes({ clients: [confidential], views: {}, lifetimes: {} })).toBeUndefined()
  })

  test('are answered with every mistake at once, each with path and code', () => {
    const error = mistakes({
      issuer: 'http://auth.example.test',
      cookieKeys: [],
      accounts: { find: 1, authenticate: () => undefined },
      resourceServer: { audience: 'not a URL' },
      lifetimes: { accessToken: -1 },
      clients: [{ ...confidential, redirect_uris: ['http://ledger.example.test/'] }],
      configure: {},
    })
    const issues = error?.issues ?? []
    expect(issues.map(({ path }) => path).toSorted()).toEqual([
      'accounts.find',
      'accounts.subjects',
      'clients[0].redirect_uris[0]',
      'configure',
      'cookieKeys',
      'issuer',
      'lifetimes.accessToken',
      'resourceServer.audience',
    ])
    for (const { path, code, message } of issues) {
      expect(code).toMatch(/^[a-z_]+$/)
      expect(error?.message).toContain(`${path}: ${message}`)
    }
  })

  test.each([
    [true, ['registration: must be an object: how clients register themselves']],
    [{ open: true }, ['registration.open: is not an option']],
    [
      { initialAccessToken: 'a secret of all partners' },
      ['registration.initialAccessToken: must be true, or false to let everybody register clients'],
    ],
    [{}, []],
    [{ initialAccessToken: false }, []],
  ])('say how clients register themselves: %j', (registration, expected) => {
    const issues = issuesOf({ registration })
    expect(issues.map(({ path, message }) => `${path}: ${message}`)).toEqual(expected)
  })

  test.each([
    [
      ['lifetimes.grant', 'clients[0].scope[0]'],
      { lifetimes: { grant: 0 }, clients: [{ ...confidential, scope: 'made:up' }] },
    ],
    [
      ['clients[0].client_secret', 'clients[1].contacts', 'clients[2].client_id'],
      {
        clients: [
          { ...confidential, client_secret: undefined },
          { ...confidential, client_id: 'b', client_name: 'Books', contacts: 'me' },
          { ...confidential },
        ],
      },
    ],
    [
      ['accounts.subjects', 'accounts.subject'],
      { accounts: { ...createAccounts(), subjects: undefined, subject: () => [] } },
    ],
    [['cookieKeys', 'cookieKey'], { cookieKeys: undefined, cookieKey: ['x'] }],
  ])('are answered with %j together', (paths, options) => {
    expect(pathsOf(options).toSorted()).toEqual(paths.toSorted())
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'https://auth.example.test'],
    ['an array', []],
  ])('are refused as a whole when they are %s', (_, value) => {
    const make = (): unknown => createAuthorizationServer(value as never)
    expect(make).toThrow(ConfigurationError)
  })

  test.each(['issuer', 'cookieKeys', 'accounts', 'resourceServer'])('need %s', (name) => {
    const issues = issuesOf({ [name]: undefined })
    expect(issues.map(({ path }) => path)).toEqual([name])
    expect(issues[0]?.message).toContain('is required')
  })

  const misspelled: readonly (readonly [string, string, Record<string, unknown>])[] = [
    ['cookieKey', 'cookieKeys', { cookieKey: ['x'] }],
    ['ressourceServer', 'resourceServer', { ressourceServer: {} }],
    ['lifetimes.refreshTokens', 'refreshToken', { lifetimes: { refreshTokens: 1 } }],
    ['resourceServer.audiance', 'audience', { resourceServer: { audience, audiance: 'x' } }],
    ['views.directores', 'directories', { views: { directores: [] } }],
    ['accounts.subject', 'subjects', { accounts: { ...createAccounts(), subject: () => [] } }],
    [
      'clients[0].redirect_uri',
      'redirect_uris',
      { clients: [{ ...confidential, redirect_uri: 'x' }] },
    ],
  ]
  test.each(misspelled)('%s is not known, and "%s" is suggested', (path, meant, options) => {
    const issue = issuesOf(options).find((one) => one.path === path)
    expect(issue?.code).toBe('unknown_option')
    expect(issue?.message).toContain(`did you mean "${meant}"?`)
  })

  test('without a near name get no suggestion', () => {
    const [issue] = issuesOf({ somethingElse: 1 })
    expect(issue).toMatchObject({ path: 'somethingElse', code: 'unknown_option' })
    expect(issue?.message).not.toContain('did you mean')
  })

  const secret = 'S3CR3T-do-not-print'
  const misplaced: readonly Record<string, unknown>[] = [
    { issuer: secret },
    { issuer: `https://user:${secret}@auth.example.test` },
    { cookieKeys: secret },
    { cookieKeys: [{ key: secret }] },
    { signingKeys: secret },
    { signingKeys: { keys: [{ kty: secret, d: 5 }] } },
    { signingKeys: { keys: [{ kty: 'EC', crv: 'P-256', x: secret, y: secret, d: secret }] } },
    { storage: secret },
    { accounts: secret },
    { resourceServer: { audience: secret } },
    { resourceServer: { audience, scopes: { [`${secret} x`]: {} } } },
    { clients: secret },
    { clients: [{ ...confidential, redirect_uris: [`http://x.test/${secret}`] }] },
    { clients: [{ ...confidential, token_endpoint_auth_method: secret }] },
    { clients: [{ ...confidential, grant_types: [secret] }] },
    { clients: [{ ...confidential, scope: secret }] },
    {
      clients: [
        { ...confidential, client_id: secret },
        { ...confidential, client_id: secret },
      ],
    },
    { clients: [{ ...confidential, token_endpoint_auth_method: 'none', client_secret: secret }] },
    { lifetimes: { accessToken: secret } },
    { configure: secret },
  ]
  test.each(misplaced.map((options) => [options] as const))(
    'never echo a value, wherever it stands: %o',
    (options) => {
      const error = mistakes(options)
      expect(error).toBeInstanceOf(ConfigurationError)
      expect(
        JSON.stringify(error?.issues.map(({ message, code }) => [message, code])),
      ).not.toContain(secret)
    },
  )
})

describe('the issuer', () => {
  test.each([
    'https://auth.example.test',
    'https://auth.example.test:8443',
    'https://api.example.test/auth',
    'https://api.example.test/a/b',
    'http://localhost:3000',
    'http://127.0.0.1:3000/auth',
    'http://[::1]:3000',
  ])('can be %s', (issuer) => {
    expect(mistakes({ issuer })).toBeUndefined()
  })

  test.each([
    '',
    'auth.example.test',
    '/auth',
    'https://',
    'ftp://auth.example.test',
    'http://auth.example.test',
    'http://localhost.example.test',
    'https://auth.example.test/',
    'https://api.example.test/auth/',
    'https://auth.example.test?x=1',
    'https://auth.example.test?',
    'https://auth.example.test#x',
    'https://auth.example.test#',
    'https://AUTH.example.test',
    'https://auth.example.test:443',
    'https://api.example.test/a/../b',
    'https://api.example.test/a b',
    'https://user@auth.example.test',
    ' https://auth.example.test',
  ])('cannot be "%s"', (issuer) => {
    expect(pathsOf({ issuer })).toContain('issuer')
  })
})

describe('lifetimes', () => {
  test.each([0, -1, 1.5, '60', Number.NaN, Infinity, null, 1e300])('cannot be %o', (value) => {
    for (const name of ['accessToken', 'refreshToken', 'grant', 'session', 'interaction']) {
      expect(pathsOf({ lifetimes: { [name]: value } })).toEqual([`lifetimes.${name}`])
    }
  })
})

describe('accounts', () => {
  const people = createAccounts()
  const find = (id: string): unknown => people.find(id)
  const subjects = (): [] => []
  const authenticate = (): undefined => undefined
  const signedIn = (): undefined => undefined
  test.each([
    ['no way to sign in', { find, subjects }],
    ['both ways', { find, subjects, authenticate, signedIn, signInUrl: '/login' }],
    ['signedIn without signInUrl', { find, subjects, signedIn }],
    ['signedIn with links', { find, subjects, signedIn, signInUrl: '/login', links: {} }],
    ['authenticate with signInUrl', { find, subjects, authenticate, signInUrl: '/login' }],
  ])('with %s are refused', (_, accounts) => {
    expect(issuesOf({ accounts })).toMatchObject([{ path: 'accounts', code: 'invalid_sign_in' }])
  })

  test('can be an object of a class, with members of its own', () => {
    class People {
      readonly db = 'x'
      find = find
      subjects = subjects
      authenticate = authenticate
    }
    expect(mistakes({ accounts: new People() })).toBeUndefined()
  })
})

test('the scope catalogue can be replaced and extended', () => {
  const words = { description: { en: 'Read budgets', da: 'Læs budgetter' }, access: 'read' }
  const resourceServer = { audience, scopes: { ...pleoScopes, 'budgets:read': words } }
  const clients = [{ ...confidential, scope: 'budgets:read' }]
  expect(mistakes({ resourceServer, clients })).toBeUndefined()
  expect(issuesOf({ clients })).toMatchObject([{ path: 'clients[0].scope[0]' }])
})
