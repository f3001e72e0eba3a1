import { describe, expect, test } from 'vitest'
import { doors, useDoors } from '../support/doors.ts'
import { issuesOf } from '../support/issues.ts'
import { confidential } from '../support/server.ts'

// URIs that one reader mends and the next one does not, and private schemes: by one set of rules, whichever way they come in.

useDoors()

const good = 'https://nordvind.example.test/callback'
const native = { application_type: 'native' } as const

const mended: readonly (readonly [uri: string, message: RegExp])[] = [
  ['https:user:pw@evil.example/cb', /user name or password/],
  ['https:/user@evil.example/cb', /user name or password/],
  ['https:///pleo.io@evil.example/cb', /user name or password/],
  ['https://@a.example/cb', /user name or password/],
  ['https:////evil.example/x', /:\/\/ and a host/],
  ['https:///evil.example/x', /:\/\/ and a host/],
  ['https:/oauth/sign-out', /:\/\/ and a host/],
  ['HTTPS:oauth/sign-out', /:\/\/ and a host/],
  ['http:localhost/cb', /:\/\/ and a host/],
  ['https://%2a.a.example/cb', /host and port as a browser/],
  ['https://ex%61mple.com/cb', /host and port as a browser/],
  ['http://%6cocalhost/cb', /host and port as a browser/],
  ['http://2130706433/cb', /host and port as a browser/],
  ['http://0x7f.0.0.1/cb', /host and port as a browser/],
  ['http://127.1/cb', /host and port as a browser/],
  ['http://[0:0:0:0:0:0:0:1]/cb', /host and port as a browser/],
  ['https://a.example:/cb', /host and port as a browser/],
  ['https://a.example:00443/cb', /host and port as a browser/],
  ['http://localhost:443x/cb', /absolute URI/],
  ['https://a.example/%zz', /two hexadecimal digits/],
  ['https://a.example/cb?x=100%', /two hexadecimal digits/],
  ['https://a.example/%4', /two hexadecimal digits/],
]

const asTheyAre = [
  'https://A.example.test:443/cb',
  'HTTPS://b.example.test:8443/cb',
  'https://c.example.test/%2Fx%c3%b8?y=%20',
  'https://d.example.test/me@home/http://x?to=me:you@there',
  'https://e.example.test?x',
  'https://f.example.test.',
  'https://192.0.2.1/cb',
  'https://[2001:DB8::1]/cb',
  'http://[::1]:4000/',
  'http://localhost:80/cb',
  'http://127.0.0.1/cb',
]

const sameUris: readonly (readonly [string, string])[] = [
  [good, good],
  ['https://a.example.test/cb', 'https://A.example.test:443/cb'],
  ['https://a.example.test', 'https://a.example.test/'],
  ['https://a.example.test/cb', 'HTTPS://a.example.test/cb'],
  ['https://a.example.test/cb', 'https://a.example.test/x/../cb'],
]

describe.each(doors)('%s', (_, refused) => {
  test.each(mended)('%s is no URI, wherever it stands', async (uri) => {
    expect(await refused({ redirect_uris: [good, uri] })).toEqual(['redirect_uris[1]'])
    expect(await refused({ tos_uri: uri, settings_uri: uri })).toEqual(['tos_uri', 'settings_uri'])
    expect(await refused({ 'client_uri#da': uri })).toEqual(['client_uri#da'])
  })

  test('URIs may have all that is no other URI to anybody', async () => {
    expect(await refused({ redirect_uris: asTheyAre, tos_uri: asTheyAre[0] })).toEqual([])
  })

  test.each(sameUris)('%s and %s are one redirect URI', async (one, other) => {
    expect(await refused({ redirect_uris: [one, `${one}?x`, other] })).toEqual(['redirect_uris[2]'])
  })

  test('a private scheme is a domain name in reverse, for native applications', async () => {
    const redirect_uris = ['com.example.app:/callback', 'com.example.app://callback?x=a@b', good]
    expect(await refused({ ...native, redirect_uris })).toEqual([])
    expect(await refused({ redirect_uris })).toEqual(['redirect_uris[0]', 'redirect_uris[1]'])
    for (const uri of [
      'myapp:/callback',
      '.app:/callback',
      'com..app:/callback',
      'com.example.app:u@h',
      'com.example.app:/u@h',
      'com.example.app://u:p@h/callback',
      'com.example.app:/callback#x',
      'com.example.app:/*',
      'com.example.app:/%zz',
    ])
      expect(await refused({ ...native, redirect_uris: [good, uri] })).toEqual(['redirect_uris[1]'])
    const twice = ['com.example.app:/cb', 'COM.example.app:/cb']
    expect(await refused({ ...native, redirect_uris: twice })).toEqual(['redirect_uris[1]'])
  })
})

describe('what is wrong with a URI is said', () => {
  const messageOf = (...redirect_uris: readonly string[]): string | undefined =>
    issuesOf({ clients: [{ ...confidential, redirect_uris }] })[0]?.message

  test.each(mended)('of %s', (uri, message) => {
    expect(messageOf(uri)).toMatch(message)
  })

  test('of one that is there in two spellings', () => {
    expect(messageOf(good, good)).toBe('is given twice')
    for (const [one, other] of sameUris.slice(1))
      expect(messageOf(one, other)).toBe('is given twice, in two spellings')
  })
})
