import { describe, expect, test } from 'vitest'
import {
  bearer,
  introspection,
  jwt,
  local,
  protectedResource,
  requireScope,
  requireSubject,
} from '../../lib/resource-server/index.ts'

const verify = async () => undefined
const audience = 'https://api.example.test'
const issuer = 'https://auth.example.test'
const endpoint = `${issuer}/oauth/token/introspect`
const client = { id: 'api', secret: 'a-secret-of-the-api' }

type Make = (options: never) => unknown

describe('a wrong option is named when the middleware is made, without its value', () => {
  const url = 'must be an absolute https URL (http for loopback hosts)'
  const slash = 'must not end with a slash'
  const form = 'must be written as URL parsers print it'
  test.each<[Make, unknown, string]>([
    [bearer, undefined, 'bearer must be an object'],
    [bearer, { audience }, 'bearer: verify must be a function'],
    [bearer, { verify }, 'bearer: audience must be a text'],
    [bearer, { verify, audience: 'the-api' }, `bearer: baseUrl ${url}`],
    [bearer, { verify, audience, baseUrl: 'http://api.example.test' }, `bearer: baseUrl ${url}`],
    [bearer, { verify, audience, companiesOf: [] }, 'bearer: companiesOf must be a function'],
    [bearer, { verify, audience, dpop: 'yes' }, 'bearer: dpop must be true or false'],
    [
      bearer,
      { verify, audience, dpopSigningAlgorithms: [] },
      'bearer: dpopSigningAlgorithms must be a list of texts',
    ],
    [
      bearer,
      { verify, audience, dpopSigningAlgorithms: ['HS256'] },
      'bearer: dpopSigningAlgorithms may have ES256, ES384,',
    ],
    [
      protectedResource,
      { audience, authorizationServers: [issuer], dpopSigningAlgorithms: 'RS256' },
      'protectedResource: dpopSigningAlgorithms must be a list of texts',
    ],
    [bearer, { verify, audience, onError: {} }, 'bearer: onError must be a function'],
    [bearer, { verify, audience, isCompanyOf: verify }, 'bearer has no member isCompanyOf'],
    [introspection, { client }, `introspection: endpoint ${url}`],
    [introspection, { client, endpoint: 'http://auth/' }, `introspection: endpoint ${url}`],
    [introspection, { endpoint }, 'introspection: client must be an object'],
    [introspection, { endpoint, client: { id: 'a' } }, 'client.secret must be a text'],
    [introspection, { endpoint, client: { secret: 'a' } }, 'client.id must be a text'],
    [introspection, { endpoint, client, issuer: 'x' }, `introspection: issuer ${url}`],
    [introspection, { endpoint, client, issuer: `${issuer}/` }, `introspection: issuer ${slash}`],
    [introspection, { endpoint, client, timeout: 0 }, 'timeout must be a number from 0.001 to 60'],
    [introspection, { endpoint, client, timeout: 2000 }, 'timeout must be a number from'],
    [
      introspection,
      { endpoint, client, maxConcurrency: 0 },
      'maxConcurrency must be a number from 1',
    ],
    [introspection, { endpoint, client, cache: { maxAge: -1 } }, 'cache.maxAge must be a number'],
    [introspection, { endpoint, client, cache: { maxAge: NaN } }, 'cache.maxAge must be a number'],
    [introspection, { endpoint, client, cache: { maxAge: '5' } }, 'cache.maxAge must be a number'],
    [introspection, { endpoint, client, cache: { maxEntries: 0 } }, 'cache.maxEntries must be a'],
    [introspection, { endpoint, client, cache: { maxage: 5 } }, 'cache has no member maxage'],
    [introspection, { endpoint, client, cache: null }, 'cache must be an object'],
    [local, undefined, 'local: introspect of the authorization server must be a function'],
    [local, {}, 'local: introspect of the authorization server must be a function'],
    [jwt, { audience }, `jwt: issuer ${url}`],
    [jwt, { issuer: `${issuer}/`, audience }, `jwt: issuer ${slash}`],
    [jwt, { issuer: `${issuer}/a/`, audience }, `jwt: issuer ${slash}`],
    [jwt, { issuer: `${issuer}?a`, audience }, 'jwt: issuer must not have a query or a fragment'],
    [jwt, { issuer: 'https://AUTH.example.test', audience }, `jwt: issuer ${form}`],
    [jwt, { issuer: `${issuer}:443`, audience }, `jwt: issuer ${form}`],
    [jwt, { issuer: `${issuer}/a/../b`, audience }, `jwt: issuer ${form}`],
    [jwt, { issuer }, 'jwt: audience must be a text'],
    [jwt, { issuer, audience, jwksUri: 'x' }, `jwt: jwksUri ${url}`],
    [jwt, { issuer, audience, maxAge: 0 }, 'jwt: maxAge must be a number from 1'],
    [protectedResource, { audience }, 'authorizationServers must be a list of texts'],
    [
      protectedResource,
      { audience, authorizationServers: ['x'] },
      `authorizationServers[0] ${url}`,
    ],
    [
      protectedResource,
      { audience, authorizationServers: [issuer, `${issuer}/`] },
      `authorizationServers[1] ${slash}`,
    ],
    [
      protectedResource,
      { audience, authorizationServers: [issuer], scopes: 'a' },
      'scopes must be',
    ],
    [requireScope, 'two scopes', 'requireScope: each must be one scope'],
    [requireScope, '', 'requireScope: each must be one scope'],
    [requireScope, 'a"b', 'requireScope: each must be one scope'],
    [requireSubject, 'person', 'requireSubject: must be company or organization'],
  ])('%o of %o', (make, options, message) => {
    const act = () => make(options as never)
    expect(act).toThrow(TypeError)
    expect(act).toThrow(message)
    expect(act).not.toThrow(client.secret)
  })
})
