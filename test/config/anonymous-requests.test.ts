import { describe, expect, test } from 'vitest'
import { ConfigurationError, createAuthorizationServer } from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { audience } from '../support/server.ts'

function pathsOf(options: object): readonly string[] {
  try {
    createAuthorizationServer({
      issuer: 'http://localhost:3000',
      cookieKeys: ['a key for the cookies'],
      accounts: createAccounts(),
      resourceServer: { audience },
      ...options,
    })
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues.map(({ path, message }) => `${path} ${message}`)
  }
}

describe('the options for requests of strangers', () => {
  test.each([
    [{ anonymousRequests: {} }],
    [{ anonymousRequests: { count: 8, bytes: 131_072 } }],
    [{ trustedProxies: [] }],
    [{ trustedProxies: ['loopback', 'uniquelocal', '192.0.2.1', '10.0.0.0/8', '2001:db8::/32'] }],
  ])('are accepted as %j', (options) => {
    expect(pathsOf(options)).toEqual([])
  })

  test.each([
    [{ anonymousRequests: { count: 7 } }, 'anonymousRequests.count must be 8 or more'],
    [
      { anonymousRequests: { count: 1.5e3 + 0.5 } },
      'anonymousRequests.count must be a whole number',
    ],
    [{ anonymousRequests: { bytes: 1000 } }, 'anonymousRequests.bytes must be 131072 or more'],
    [{ trustedProxies: 'loopback' }, 'trustedProxies must be an array of proxies'],
    [{ trustedProxies: [1] }, 'trustedProxies[0] must be a text'],
    [
      { trustedProxies: ['loopback', 'proxy.example'] },
      'trustedProxies[1] must be an address, a range such as 10.0.0.0/8, or loopback, linklocal or uniquelocal',
    ],
  ])('are refused as %j', (options, issue) => {
    expect(pathsOf(options)).toEqual([issue])
  })
})
