import { expect, test } from 'vitest'
import { lengthen, shorten } from '../../adapters/redis/short-json.ts'

const grant = {
  iat: 1_796_069_960,
  exp: 1_827_605_960,
  accountId: 'sofia',
  clientId: 'ledger',
  kind: 'Grant',
  jti: 'zzuq5vYN4ptRK8QAJ2ypAn',
  subject: 'urn:pleo:company:00000000-0000-4000-8000-000000000001',
  requestedScope: 'companies:read',
  openid: { scope: 'companies:read' },
  resources: { 'https://api.example.test': 'companies:read' },
}

test('a payload is shorter by a third, and comes back as it was', () => {
  const json = JSON.stringify([grant, false])
  const short = shorten(json)
  expect(short.length).toBeLessThan((json.length * 2) / 3)
  expect(lengthen(short)).toBe(json)
})

test('each control character goes on meaning what is stored under it', () => {
  const all = Array.from({ length: 31 }, (_, index) => lengthen(String.fromCodePoint(index + 1)))
  expect(all.join('~')).toBe(
    '[{"iat":~,"exp":~,"iiat":~,"authTime":~,"rotations":~,"accountId":"~,"clientId":"~,"grantId":"~' +
      ',"jti":"~,"extra":{"jti":"~,"sessionUid":"~,"scope":"~,"requestedScope":"~' +
      ',"openid":{"scope":"~:read~:write~,"subject":"urn:pleo:company:~,"resource":"https://~' +
      ',"resources":{"https://~,"aud":"https://~,"redirectUri":"https://~,"codeChallenge":"~' +
      ',"codeChallengeMethod":"S256"~,"gty":"authorization_code~ refresh_token"~' +
      ',"kind":"AccessToken"~,"kind":"AuthorizationCode"~,"kind":"Grant"~,"kind":"RefreshToken"~' +
      ',false]~}]',
  )
})

test.each([
  [
    'control characters',
    String.fromCodePoint(...Array.from({ length: 33 }, (_, at) => at), 127, 133),
  ],
  ['texts that are made shorter', ',"scope":"companies:read refresh_token"}]'],
  ['letters of all kinds', 'Ærø \u{1F9FE} \u2028 \uD800 ~ $& $1 \\'],
])('%s in a payload come back as they were', (_, text) => {
  const json = JSON.stringify([{ iat: 1, [text]: text, scope: text, list: [{ a: [text] }] }])
  expect(lengthen(shorten(json))).toBe(json)
})

test('JSON of the version before, which was not made shorter, stays as it is', () => {
  const json = JSON.stringify([grant])
  expect(lengthen(json)).toBe(json)
})
