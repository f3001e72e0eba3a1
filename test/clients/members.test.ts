import { describe, expect, test } from 'vitest'
import { doors, useDoors } from '../support/doors.ts'

// Public clients, languages and limits: by one set of rules, whichever way they come in.

useDoors()

const isPublic = { token_endpoint_auth_method: 'none' } as const
const page = 'https://nordvind.example.test/'
const numbered = (count: number, toText: (index: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, index) => toText(index))

const toGrantType = (index: number): string => (index % 2 ? 'refresh_token' : 'authorization_code')

const limits: readonly (readonly [string, string, (size: number) => unknown, number])[] = [
  ['redirect_uris', 'redirect_uris', (size) => numbered(size, (index) => page + index), 50],
  ['redirect_uris', 'redirect_uris[0]', (size) => [page.padEnd(size, 'x')], 2000],
  ['policy_uri', 'policy_uri', (size) => page.padEnd(size, 'x'), 2000],
  ['policy_uri#da', 'policy_uri#da', (size) => page.padEnd(size, 'x'), 2000],
  ['contacts', 'contacts', (size) => numbered(size, (index) => `c${index}@nordvind.test`), 20],
  ['grant_types', 'grant_types', (size) => numbered(size, toGrantType), 20],
  ['response_types', 'response_types', (size) => numbered(size, () => 'code'), 20],
  ['client_name', 'client_name', (size) => 'Nord'.padEnd(size, 'x'), 200],
  ['client_name#da', 'client_name#da', (size) => 'Nord'.padEnd(size, 'x'), 200],
]

describe.each(doors)('%s', (door, refused) => {
  test('a public client cannot go without PKCE, and a confidential one where the host says so', async () => {
    expect(await refused({ ...isPublic, pkce_exception: true })).toContain('pkce_exception')
    const ofPartners = door.includes('HTTP') ? ['pkce_exception'] : []
    expect(await refused({ pkce_exception: true })).toEqual(ofPartners)
  })

  test('languages have tags, each once', async () => {
    const words = {
      'client_name#da': 'Nordvinden',
      'client_name#de-AT': 'Nordwind',
      'tos_uri#zh-Hant': page,
    }
    expect(await refused(words)).toEqual([])
    for (const member of ['client_name#', 'client_name#not_a_tag', 'client_name#da#sv'])
      expect(await refused({ [member]: 'Nordvinden' })).toEqual([member])
    for (const member of ['tos_uri#', 'logo_uri#d', 'policy_uri#-'])
      expect(await refused({ [member]: page })).toEqual([member])
    for (const twice of ['client_name#DE-at', 'client_name#DA'])
      expect(await refused({ ...words, [twice]: 'Andet' })).toEqual([twice])
  })

  test('what is in another language keeps the rules of what it stands for', async () => {
    expect(await refused({ 'client_name#da': 'Pleo Bogholderi' })).toEqual(['client_name#da'])
    expect(await refused({ 'client_name#da': ' ' })).toContain('client_name#da')
    expect(await refused({ 'logo_uri#da': 'http://nordvind.example.test/' })).toEqual([
      'logo_uri#da',
    ])
    expect(await refused({ 'client_uri#da': 7 })).toEqual(['client_uri#da'])
  })

  test.each(limits)('%s: so much, and no more (%s)', async (member, path, toValue, most) => {
    expect(await refused({ [member]: toValue(most) })).toEqual([])
    expect(await refused({ [member]: toValue(most + 1) })).toEqual([path])
  })

  test.each(['contacts', 'grant_types', 'redirect_uris', 'response_types'])(
    'of far too many %s only that is said, whatever they are',
    async (member) => {
      expect(await refused({ [member]: numbered(10_000, () => 'x') })).toEqual([member])
      const schemes = numbered(3000, (index) => `com.x${index}:/`)
      expect(await refused({ [member]: schemes })).toEqual([member])
    },
  )
})
