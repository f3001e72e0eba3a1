import { describe, expect, test } from 'vitest'
import { createFormTokens, refuseForeignOrigin } from '../../lib/consent/form-tokens.ts'

const interaction = {
  uid: 'u1',
  prompt: { name: 'consent' },
  session: { uid: 's1' },
  cookie: 'c1',
  path: '/p1',
}

describe('a form token', () => {
  const tokens = createFormTokens(['new key', 'old key'])

  test('is good for what it was made for', () => {
    expect(() => tokens.check(interaction, tokens.create(interaction))).not.toThrow()
  })

  test.each([
    ['another interaction', { ...interaction, uid: 'u2' }],
    ['another step of it', { ...interaction, prompt: { name: 'login' } }],
    ['another session', { ...interaction, session: { uid: 's2' } }],
    ['another cookie', { ...interaction, cookie: 'c2' }],
    ['no cookie', { ...interaction, cookie: undefined }],
    ['another path', { ...interaction, path: '/p2' }],
    ['nobody signed in', { ...interaction, session: undefined }],
    [
      'parts that only read the same when joined',
      { ...interaction, uid: 'u1","consent', prompt: { name: '' } },
    ],
  ])('is not good for %s', (_, other) => {
    expect(() => tokens.check(other, tokens.create(interaction))).toThrow('invalid_request')
  })

  test.each([[undefined], [null], [''], [0], [{}], [['x']], ['x'.repeat(43)], ['é'.repeat(43)]])(
    'is not %j',
    (token) => {
      expect(() => tokens.check(interaction, token)).toThrow('invalid_request')
    },
  )

  test('knows what its form showed, and cannot be made to say something else', () => {
    const token = tokens.create(interaction, ['users:read'])
    expect(() => tokens.check(interaction, token)).not.toThrow()
    expect(tokens.hasShown(token, ['users:read'])).toBe(true)
    expect(tokens.hasShown(token, ['users:write'])).toBe(false)
    expect(tokens.hasShown(undefined, [])).toBe(false)
    const [, signature = ''] = token.split('.')
    const [other = ''] = tokens.create(interaction, ['users:write']).split('.')
    for (const made of [`${other}.${signature}`, `${token}.`, `${token}.x`, signature, other]) {
      expect(() => tokens.check(interaction, made)).toThrow('invalid_request')
    }
  })

  test('of an earlier key still counts, one of a foreign key does not', () => {
    const old = createFormTokens(['old key']).create(interaction)
    expect(() => tokens.check(interaction, old)).not.toThrow()
    const foreign = createFormTokens(['foreign key']).create(interaction)
    expect(() => tokens.check(interaction, foreign)).toThrow('invalid_request')
  })

  test('is refused with 403', () => {
    const refused = (): void => tokens.check(interaction, 'x')
    expect(refused).toThrow(expect.objectContaining({ statusCode: 403 }))
  })
})

describe('a form is accepted', () => {
  const check = (issuer: string, headers: Record<string, string>) => (): void =>
    refuseForeignOrigin({ get: (name: string) => headers[name] ?? '' } as never, issuer)

  test.each([
    [{}],
    [{ Origin: 'https://api.example.test' }],
    [{ Origin: 'https://api.example.test', 'Sec-Fetch-Site': 'same-origin' }],
    [{ 'Sec-Fetch-Site': 'same-origin' }],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }],
  ])('with %j, below a path as well', (headers) => {
    expect(check('https://api.example.test/auth', headers)).not.toThrow()
  })

  test.each([
    [{ Origin: 'null' }],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'same-site' }],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'cross-site' }],
    [{ Origin: 'null', 'Sec-Fetch-Site': 'none' }],
    [{ Origin: 'null, null', 'Sec-Fetch-Site': 'same-origin' }],
    [{ Origin: 'https://example.test', 'Sec-Fetch-Site': 'same-origin' }],
    [{ Origin: 'https://example.test' }],
    [{ Origin: 'http://api.example.test' }],
    [{ Origin: 'https://api.example.test:8443' }],
    [{ Origin: 'https://api.example.test.evil.test' }],
    [{ Origin: 'https://api.example.test', 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site' }],
    [{ 'Sec-Fetch-Site': 'none' }],
    [{ 'Sec-Fetch-Site': 'Same-Origin, cross-site' }],
  ])('not with %j', (headers) => {
    expect(check('https://api.example.test/auth', headers)).toThrow('invalid_request')
  })
})
