import { expect, it } from 'vitest'
import { mistakesOf } from '../support/issues.ts'
import { audience, confidential, publicClient } from '../support/server.ts'

const people = { find: () => undefined, subjects: () => [] }

it.each([
  [
    { clients: [publicClient], resourceServer: { audience, clientIds: [publicClient.client_id] } },
    'resourceServer.clientIds[0]: is a public client: anybody could introspect every token in its name',
  ],
  [
    { resourceServer: { audience, accessTokenFormat: 'JWT' } },
    'resourceServer.accessTokenFormat: must be "opaque" or "jwt"',
  ],
  [{ configure: () => undefined }, 'configure: must return the configuration to use'],
  [
    { views: { directories: ['/no/such/folder'] } },
    'views.directories[0]: must be a folder that exists (tried /no/such/folder)',
  ],
  [
    { accounts: { ...people, signedIn: () => 'sofia', signInUrl: 'javascript:alert(1)' } },
    'accounts.signInUrl: must be an http or https URL, or a path',
  ],
  [
    {
      accounts: {
        ...people,
        authenticate: () => undefined,
        links: { help: 'http://help.example.test' },
      },
    },
    'accounts.links.help: must be an https URL (http for loopback hosts), or a path',
  ],
  [
    { clients: [{ ...confidential, redirect_uris: ['https://me@ledger.example.test/callback'] }] },
    'clients[0].redirect_uris[0]: must not contain user name or password',
  ],
  [
    { clients: [{ ...confidential, redirect_uris: [' https://ledger.example.test/callback'] }] },
    'clients[0].redirect_uris[0]: must have nothing but the characters of a URI (RFC 3986, Section 2), with other hosts in their xn-- form',
  ],
])('refuses what would be dangerous: %#', (options, mistake) => {
  expect(mistakesOf(options)).toEqual([mistake])
})
