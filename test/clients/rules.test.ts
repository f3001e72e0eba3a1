import { describe, expect, test } from 'vitest'
import { doors, useDoors } from '../support/doors.ts'
import { fc, times } from '../support/fuzzing.ts'
import { registration } from '../support/registered.ts'
import { foreignDigit, foreignLetter, formsOf, mark, sign, unseen } from '../support/unicode.ts'

// One set of rules, whichever way a client comes in: by the options, registered by the host, over HTTP or by a command, or
// by a change.

useDoors()

const runs = { numRuns: times(60) }
const host = fc.domain().filter((name) => !name.includes('localhost'))
const path = fc.webPath()
const https = fc.tuple(host, path).map(([name, rest]) => `https://${name}${rest}`)
const good = https.filter((uri) => !uri.includes('*'))

const pages = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'initiation_uri', 'settings_uri']

const toEncoded = (name: string): string =>
  `%${name.charCodeAt(0).toString(16).padStart(2, '0')}${name.slice(1)}`

const wrongUris = fc.oneof(
  fc.tuple(host, path).map(([name, rest]) => `http://${name}${rest}`),
  good.map((uri) => `${uri}#fragment`),
  fc.tuple(host, path).map(([name, rest]) => `https://*.${name}${rest}`),
  good.map((uri) => `${uri}/*`),
  fc.tuple(host, path).map(([name, rest]) => `https://me@${name}${rest}`),
  fc.tuple(host, path).map(([name, rest]) => `https://me:secret@${name}${rest}`),
  good.map((uri) => `${uri}\\`),
  good.map((uri) => ` ${uri}`),
  good.map((uri) => `${uri}/ø`),
  // What a parser brings into the right form.
  fc
    .tuple(
      fc.constantFrom('', '/', '///', '////'),
      fc.constantFrom('', 'me@', 'me:pw@'),
      host,
      path,
    )
    .map(([slashes, user, name, rest]) => `https:${slashes}${user}${name}${rest}`),
  fc.tuple(host, path).map(([name, rest]) => `https://${toEncoded(name)}${rest}`),
  fc
    .tuple(fc.constantFrom('http', 'https'), fc.nat(), path)
    .map(([scheme, address, rest]) => `${scheme}://${address}${rest}`),
  fc
    .tuple(host, fc.constantFrom('', '00443', '0443', '08443'), path)
    .map(([name, port, rest]) => `https://${name}:${port}${rest}`),
  fc
    .tuple(good, fc.constantFrom('%', '%4', '%zz', '%%20', '%u0041'))
    .map(([uri, broken]) => uri + broken),
  fc.constantFrom('javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', '/callback'),
  fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/).map((scheme) => `${scheme}:/callback`),
)

describe.each(doors)('%s', (door, refused) => {
  test('every URI that is as it should be is taken', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(good, { minLength: 1, maxLength: 5, selector: (uri) => new URL(uri).href }),
        fc.constantFrom(...pages),
        good,
        async (redirect_uris, page, uri) => {
          expect(await refused({ redirect_uris, [page]: uri })).toEqual([])
        },
      ),
      { ...runs, numRuns: times(3) },
    )
  })

  test('no other is, wherever it stands', async () => {
    await fc.assert(
      fc.asyncProperty(wrongUris, fc.constantFrom(...pages), async (uri, page) => {
        expect(await refused({ [page]: uri })).toEqual([page])
        const redirect_uris = ['https://nordvind.example.test/', uri]
        expect(await refused({ redirect_uris })).toEqual(['redirect_uris[1]'])
      }),
      runs,
    )
  })

  test('a redirect URI stands once', async () => {
    await fc.assert(
      fc.asyncProperty(good, async (uri) => {
        expect(await refused({ redirect_uris: [uri, uri] })).toEqual(['redirect_uris[1]'])
      }),
      { ...runs, numRuns: times(10) },
    )
  })

  test('no name has what cannot be seen', async () => {
    const text = fc.stringMatching(/^[a-z ]{0,8}$/)
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(text, unseen, text),
        fc.constantFrom('client_name', 'client_name#da'),
        async ([before, one, after], member) => {
          expect(await refused({ [member]: `a${before}${one}${after}z` })).toEqual([member])
        },
      ),
      runs,
    )
  })

  test('no name has that of the product, in any letters, around signs and under marks', async () => {
    const form = (letter: string) => fc.constantFrom(...(formsOf[letter] ?? []))
    const between = fc.oneof({ weight: 4, arbitrary: fc.constant('') }, sign, mark)
    const disguised = fc
      .tuple(form('p'), between, form('l'), between, form('e'), between, form('o'))
      .map((parts) => parts.join(''))
    await fc.assert(
      fc.asyncProperty(
        disguised,
        fc.constantFrom('', 'Sync ', 'Books by '),
        fc.constantFrom('', ' Books', '.io'),
        async (name, before, after) => {
          expect(await refused({ client_name: before + name + after })).toEqual(['client_name'])
        },
      ),
      { numRuns: times(200) },
    )
  })

  test('no Latin word has a letter or digit of another alphabet, whatever it looks like', async () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/)
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(word, fc.oneof(foreignLetter, foreignDigit), fc.oneof(word, fc.constant(''))),
        fc.constantFrom('', 'Books ', 'Книги '),
        fc.constantFrom('client_name', 'client_name#da'),
        async (parts, before, member) => {
          expect(await refused({ [member]: before + parts.join('') })).toEqual([member])
        },
      ),
      { numRuns: times(100) },
    )
  })

  test('fifty members in other languages are taken, whichever they are, and not one more', async () => {
    const members = (count: number): Readonly<Record<string, string>> =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) =>
          index % 2 && index < 36
            ? [`client_name#de-x-${index}`, `Nr ${index} ${door}`]
            : [`tos_uri#de-x-${index}`, 'https://nordvind.example.test/terms'],
        ),
      )
    expect(await refused(members(180))).toEqual(['tos_uri#de-x-50'])
    expect(await refused(members(51))).toEqual(['tos_uri#de-x-50'])
    expect(await refused(members(50))).toEqual([])
  })

  test('twenty names in all languages are taken, and not one more', async () => {
    const names = (count: number): Readonly<Record<string, string>> =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `client_name#de-x-${index}`,
          `Nr ${index} ${door}`,
        ]),
      )
    expect(await refused({ client_name: `Zwanzig ${door}`, ...names(20) })).toEqual(['client_name'])
    expect(await refused({ client_name: `Neunzehn ${door}`, ...names(19) })).toEqual([])
  })

  test('words of several alphabets may stand in one name', async () => {
    for (const name of ['Северный Books', 'بنك Misr ٢٠٢٤', 'freee会計 ธนาคาร'])
      expect(await refused({ client_name: `${name} ${door}` })).toEqual([])
  })

  test.each([
    ['a letter of another alphabet that is also invisible', { client_name: 'a𓑁a' }, 'client_name'],
    ['an invisible mark before a space', { 'client_name#da': '\u200B ' }, 'client_name#da'],
    ['no language tag and a name of spaces', { 'client_name#no_tag': '  ' }, 'client_name#no_tag'],
    ['too many characters, and none of a URI', { logo_uri: 'ø'.repeat(3000) }, 'logo_uri'],
    ['an empty grant type', { grant_types: [''] }, 'grant_types[0]'],
  ])('a member with %s has one finding', async (_, members, wrong) => {
    expect(await refused(members)).toEqual([wrong])
  })

  test('a wrong redirect URI that is given twice has one finding each time', async () => {
    const redirect_uris = ['http://nordvind.example.test/', 'http://nordvind.example.test/']
    expect(await refused({ redirect_uris })).toEqual(['redirect_uris[0]', 'redirect_uris[1]'])
  })

  test('contacts are addresses, and scopes are those there are', async () => {
    const word = fc.stringMatching(/^[a-z]{1,8}$/)
    await fc.assert(
      fc.asyncProperty(word, word, async (one, other) => {
        for (const contact of [
          one,
          `${one}@`,
          `@${other}`,
          `${one} ${other}@x.test`,
          `${one}@${other}`,
        ])
          expect(await refused({ contacts: ['a@b.test', contact] })).toEqual(['contacts[1]'])
        const unknown = `${one}:${other}`
        // A client that registers itself goes without it, unless there is nothing else.
        const known = door.endsWith('over HTTP') ? [] : ['companies:read']
        const scope = [...known, unknown].join(' ')
        expect(await refused({ scope })).toContain(`scope[${known.length}]`)
        expect(await refused({ optional_scope: unknown })).toEqual(
          door.endsWith('over HTTP') ? [] : ['optional_scope[0]'],
        )
      }),
      { ...runs, numRuns: times(20) },
    )
  })

  test('whatever is sent is taken or refused by member, and nothing else happens', async () => {
    const members = [
      ...Object.keys(registration),
      ...pages,
      'client_name#da',
      'tos_uri#',
      'application_type',
      'grant_types',
      'response_types',
      'token_endpoint_auth_method',
      'subject_type_preference',
      'pkce_exception',
      'test',
      'dpop_bound_access_tokens',
    ]
    const value = fc.jsonValue({ maxDepth: 1 }).filter((one) => one !== null && one !== '')
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...members), value, async (member, sent) => {
        const isText = typeof sent === 'string' && member.startsWith('client_name')
        // Not what a text of letters alone may be, which is a good name.
        fc.pre(!isText && typeof sent !== 'boolean')
        for (const named of await refused({ [member]: sent })) {
          expect(named.split('[')[0]).not.toBe('')
        }
      }),
      runs,
    )
  })
})
