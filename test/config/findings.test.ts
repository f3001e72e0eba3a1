import { describe, expect, test } from 'vitest'
import { pleoScopes } from '../../lib/index.ts'
import { issuesOf } from '../support/issues.ts'
import { audience } from '../support/server.ts'

// What is said about wrong options, in words that lead to the right ones.

describe('options', () => {
  test.each([
    ['timeZone', ' (did you mean "views.timeZone"?)', { timeZone: 'Europe/Copenhagen' }],
    ['clientIds', ' (did you mean "resourceServer.clientIds"?)', { clientIds: [] }],
    [
      'scopes',
      ' (did you mean "resourceServer.scopes" or "registration.scopes"?)',
      { scopes: pleoScopes },
    ],
    ['views.issuer', ' (did you mean "issuer"?)', { views: { issuer: 'x' } }],
  ])('%s is at the wrong place, and the right one is suggested', (path, hint, options) => {
    expect(issuesOf(options)).toEqual([
      { path, code: 'unknown_option', message: `is not an option${hint}` },
    ])
  })

  const wrongTypes: readonly Record<string, unknown>[] = [
    { registration: { subjectTypes: 'company' } },
    { registration: { scopes: 'x'.repeat(1001) } },
    { anonymousRequests: 100 },
    { lifetimes: 60 },
    { resourceServer: { audience, scopes: ['companies:read'] } },
    { resourceServer: { audience, scopes: { a: 'read' } } },
    { resourceServer: { audience, scopes: { a: { description: 'Read', access: 'read' } } } },
    {
      resourceServer: {
        audience,
        scopes: { a: { description: { en: 'Read', da: 1 }, access: 'read' } },
      },
    },
    {
      resourceServer: {
        audience,
        scopes: { a: { description: { en: 'Read' }, contains: 'names', access: 'read' } },
      },
    },
    { resourceServer: { audience, clientIds: 'api' } },
    { signingKeys: {} },
    { signingKeys: { keys: ['a key'] } },
    { cookieKeys: '' },
    { dpopSigningAlgorithms: '' },
    { refreshOverlap: 1e300 },
  ]
  test.each(wrongTypes.map((options) => [options] as const))(
    'of the wrong type have one finding, in the words of this package: %j',
    (options) => {
      const issues = issuesOf(options)
      expect(issues).toHaveLength(1)
      expect(issues[0]?.message).toMatch(/^must be /)
      expect(issues[0]?.message).not.toMatch(/expected|received/)
    },
  )
})

test('an issuer in another spelling is told what the right one is like', () => {
  const [issue] = issuesOf({ issuer: 'https://AUTH.example.test:443' })
  expect(issue?.message).toContain('the host in lower case, no default port')
})
