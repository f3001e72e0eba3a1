import { expect, test } from 'vitest'
import { ConfigurationError, createAuthorizationServer } from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { audience } from '../support/server.ts'

function issuesOf(dpopSigningAlgorithms: unknown): readonly string[] {
  const good = {
    issuer: 'http://localhost:3000',
    cookieKeys: ['a key for the cookies'],
    accounts: createAccounts(),
    resourceServer: { audience },
  }
  try {
    createAuthorizationServer({ ...good, dpopSigningAlgorithms: dpopSigningAlgorithms as never })
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues.map(({ path, message }) => `${path}: ${message}`)
  }
}

test.each([
  [[], ['dpopSigningAlgorithms: must have at least one algorithm']],
  ['ES256', ['dpopSigningAlgorithms: must be an array of signature algorithms']],
  [
    ['ES256', 'HS256'],
    [expect.stringMatching(/^dpopSigningAlgorithms\[1\]: must be one of ES256, ES384, /)],
  ],
  [['RS256', 'ES256'], []],
])('the algorithms of DPoP proofs are checked at the start: %j', (algorithms, expected) => {
  expect(issuesOf(algorithms)).toEqual(expected)
})
