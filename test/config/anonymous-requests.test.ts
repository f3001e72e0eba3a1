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
    [{ trustedProxies: ['linklocal', '::1', '10.0.0.0/255.0.0.0'] }],
  ])('are accepted as %j', (options) => {
    expect(pathsOf(options)).toEqual([])
  })

  const refused: readonly (readonly [options: object, issue: string])[] = [
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
    ...['0.0.0.0/0', '::/0', '10.0.0.0/00', '10.0.0.0/0.0.0.0'].map(
      (all) =>
        [
          { trustedProxies: [all] },
          'trustedProxies[0] must not be every address: then a header alone decides where a request comes from',
        ] as const,
    ),
    ...['10.0.0.1, 10.0.0.2', ' 10.0.0.1', '10.0.0.1,10.0.0.2', 'loopback '].map(
      (text) =>
        [
          { trustedProxies: [text] },
          'trustedProxies[0] must be one address or range, without spaces: give each one as a text of its own',
        ] as const,
    ),
    // The parser takes these for 8.0.0.1, 10.0.0.1 and ranges that nobody meant.
    ...['010.0.0.1', '10.1', '0x0a.0.0.1', '010.0.0.0/8', '10.0.0.0/33', '10.0.0.0/8/8', ''].map(
      (text) =>
        [
          { trustedProxies: [text] },
          'trustedProxies[0] must be an address, a range such as 10.0.0.0/8, or loopback, linklocal or uniquelocal',
        ] as const,
    ),
  ]
  test.each(refused)('are refused as %j', (options, issue) => {
    expect(pathsOf(options)).toEqual([issue])
  })
})
