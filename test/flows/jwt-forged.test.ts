import { decodeJwt, decodeProtectedHeader, exportSPKI, importJWK, type JWK } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { connect, refresh, revoke, type Tokens } from '../support/flow.ts'
import { fc, times } from '../support/fuzzing.ts'
import { createSigningKey, signAnew, startJwtServer } from '../support/jwt-server.ts'
import { nordlysDenmark } from '../support/people.ts'
import { areActive, basic, send } from '../support/requests.ts'
import { confidential, organizationClient, resourceServer } from '../support/server.ts'

let url: string
let key: JWK
let second: JWK
let tokens: Tokens
let other: Tokens
const failures: unknown[] = []
beforeAll(async () => {
  ;[key, second] = [await createSigningKey('one'), await createSigningKey('two')]
})
const server = useRunning(() => startJwtServer({ signingKeys: { keys: [key, second] } }))
let issuer: string
beforeAll(async () => {
  issuer = server.issuer
  url = `${issuer}/oauth/token/introspect`
  server.provider.on('server_error', (_ctx, error) => failures.push(error))
  tokens = await connect(issuer)
  other = await connect(issuer)
})

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Whether a text is that token: the last letter of a signature has bits that stand for nothing. */
function isSame(text: string, token: string): boolean {
  const [[header, payload, signature = ''], [sameHeader, samePayload, same = '']] = [
    text.split('.'),
    token.split('.'),
  ] as const
  const bytes = [signature, same].map((each) => Buffer.from(each, 'base64url'))
  const isSigned = Buffer.compare(bytes[0] ?? Buffer.of(), bytes[1] ?? Buffer.of()) === 0
  return header === sameHeader && payload === samePayload && isSigned
}

/** Inactive at introspection for everybody, and revoking it does nothing and says nothing. */
async function expectNothing(token: string): Promise<void> {
  for (const reader of [confidential, resourceServer]) {
    const body = new URLSearchParams({ token })
    const { status, text } = await send(url, { body, headers: basic(reader) })
    expect([status, text]).toEqual([200, '{"active":false}'])
  }
  const answer = await revoke(issuer, token)
  expect([answer.status, answer.body]).toEqual([200, {}])
  expect(await areActive(issuer, [tokens.access_token, tokens.refresh_token])).toEqual([true, true])
}

test('a token that is signed anew as it was is active: what follows fails for what it changes', async () => {
  const token = await signAnew(tokens.access_token, key)
  expect(await areActive(issuer, [token])).toEqual([true])
  const bySecond = await signAnew(tokens.access_token, second)
  expect(await areActive(issuer, [bySecond])).toEqual([true])
})

describe('a token that its own key signed is inactive', () => {
  const seconds = Math.floor(Date.now() / 1000)
  const grantOf = ({ access_token }: Tokens): unknown =>
    decodeJwt(access_token)['urn:pleo:params:oauth:grant']

  test.each<[string, () => Record<string, unknown>]>([
    ['that has expired', () => ({ exp: seconds - 1 })],
    ['that never ends', () => ({ exp: undefined })],
    ['whose end is no number', () => ({ exp: 'never' })],
    ['that is not good yet', () => ({ nbf: seconds + 60 })],
    ['of another issuer', () => ({ iss: 'https://evil.example.test' })],
    ['of no issuer', () => ({ iss: undefined })],
    ['for another API', () => ({ aud: 'https://other.example.test' })],
    ['for no API', () => ({ aud: undefined })],
    ['without an id', () => ({ jti: undefined })],
    ['with another id', () => ({ jti: 'a'.repeat(22) })],
    ['with an id that is none', () => ({ jti: 7 })],
    ['with the id of another token', () => ({ jti: decodeJwt(other.access_token).jti })],
    ['with the grant of another token', () => ({ 'urn:pleo:params:oauth:grant': grantOf(other) })],
    ['without a grant', () => ({ 'urn:pleo:params:oauth:grant': undefined })],
    ['with an unknown grant', () => ({ 'urn:pleo:params:oauth:grant': 'x'.repeat(22) })],
    ['with a grant that is none', () => ({ 'urn:pleo:params:oauth:grant': { a: 1 } })],
    ['with a refresh token for its id', () => ({ jti: tokens.refresh_token })],
  ])('%s', async (_, claims) => {
    await expectNothing(await signAnew(tokens.access_token, key, { claims: claims() }))
  })

  test.each<[string, Record<string, unknown>]>([
    ['without a type', { typ: undefined }],
    ['with the type of any JWT', { typ: 'JWT' }],
    ['with the type of a DPoP proof', { typ: 'dpop+jwt' }],
    ['with the name of another key', { kid: 'two' }],
    ['with the name of a key that nobody has', { kid: 'three' }],
    ['with a critical extension', { crit: ['x'], x: 1 }],
  ])('%s', async (_, header) => {
    const critical = 'crit' in header
    const token = critical
      ? await withHeader({ ...decodeProtectedHeader(tokens.access_token), ...header })
      : await signAnew(tokens.access_token, key, { header })
    await expectNothing(token)
  })

  async function withHeader(header: Record<string, unknown>): Promise<string> {
    const signed = `${encode(header)}.${tokens.access_token.split('.')[1]}`
    const { d: _, ...jwk } = key
    const privateKey = await crypto.subtle.importKey(
      'jwk',
      { ...jwk, d: key.d } as JsonWebKey,
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    )
    const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
    const signature = await crypto.subtle.sign(algorithm, privateKey, Buffer.from(signed))
    return `${signed}.${Buffer.from(signature).toString('base64url')}`
  }
})

describe('a token that nobody here signed is inactive', () => {
  test('by another key, whatever that is called', async () => {
    for (const kid of ['one', 'two', 'mine']) {
      const mine = await createSigningKey(kid)
      await expectNothing(await signAnew(tokens.access_token, mine))
      const { d: _, ...jwk } = mine
      const header = { jwk, jku: `${issuer}/evil`, kid: undefined }
      await expectNothing(await signAnew(tokens.access_token, mine, { header }))
    }
  })

  test('with the algorithm "none", in any spelling', async () => {
    const [, payload] = tokens.access_token.split('.')
    for (const alg of ['none', 'None', 'NONE', '']) {
      const start = `${encode({ alg, typ: 'at+jwt', kid: 'one' })}.${payload}`
      await expectNothing(`${start}.`)
      await expectNothing(`${start}.${tokens.access_token.split('.')[2]}`)
    }
  })

  test('with HS256 and the public key as its secret', async () => {
    const { d: _, ...publicKey } = key
    const pem = await exportSPKI((await importJWK({ ...publicKey, ext: true })) as never)
    const header = { alg: 'HS256', kid: 'one' }
    for (const secret of [pem, JSON.stringify(publicKey), publicKey.x ?? '']) {
      const bytes = new TextEncoder().encode(secret)
      await expectNothing(await signAnew(tokens.access_token, bytes, { header }))
    }
  })

  test('with claims that were changed after it was signed', async () => {
    const [header, payload = '', signature] = tokens.access_token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object
    for (const change of [
      { scope: 'companies:read users:read export-jobs:write' },
      { sub: nordlysDenmark },
      { client_id: organizationClient.client_id },
      { exp: Math.floor(Date.now() / 1000) + 86_400 },
    ]) {
      await expectNothing(`${header}.${encode({ ...claims, ...change })}.${signature}`)
    }
  })

  test('of another server with the same people, clients and names', async () => {
    const stranger = await startJwtServer({
      signingKeys: { keys: [await createSigningKey('one')] },
    })
    const { access_token } = await connect(stranger.issuer)
    await expectNothing(access_token)
    await stranger.close()
  })

  test('in the other forms that a JWS has', async () => {
    const [header, payload, signature] = tokens.access_token.split('.')
    await expectNothing(`${header}.${payload}`)
    await expectNothing(`${header}..${signature}`)
    await expectNothing(JSON.stringify({ protected: header, payload, signature }))
    await expectNothing(`${tokens.access_token}.`)
    await expectNothing(` ${tokens.access_token} `.replace('.', '. '))
  })
})

describe('what is made at random', () => {
  const part = fc.oneof(
    fc.jsonValue().map(encode),
    fc.base64String(),
    fc.string({ unit: 'binary' }),
    fc
      .record(
        {
          alg: fc.constantFrom('none', 'ES256', 'HS256', 'RS256', '__proto__', 'dir', 7, null),
          typ: fc.constantFrom('at+jwt', 'JWT', 7),
          kid: fc.constantFrom('one', '__proto__', 7, {}),
          enc: fc.constantFrom('A128GCM', 7),
          crit: fc.jsonValue(),
          b64: fc.boolean(),
          zip: fc.constantFrom('DEF'),
        },
        { requiredKeys: [] },
      )
      .map(encode),
  )
  const random = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'))

  /** A real token with a bit of it changed, left out, or doubled. */
  const mutated = fc
    .tuple(fc.nat(), fc.constantFrom('drop', 'swap', 'double'), fc.constantFrom('A', '.', '=', 'é'))
    .map(([at, how, letter]) => {
      const whole = other.access_token
      const place = at % whole.length
      const before = whole.slice(0, place)
      const after = whole.slice(place + 1)
      if (how === 'drop') return before + after
      return how === 'double'
        ? `${before}${whole[place]}${whole.slice(place)}`
        : before + letter + after
    })

  test('is never an error of the server, and never active', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(random, mutated), async (token) => {
        fc.pre(token.trim() !== '' && !isSame(token, other.access_token))
        const body = new URLSearchParams({ token: token.toWellFormed() })
        const [introspected, revoked] = await Promise.all([
          send(url, { body, headers: basic(confidential) }),
          send(`${issuer}/oauth/token/revoke`, { body, headers: basic(confidential) }),
        ])
        expect([introspected.status, introspected.text]).toEqual([200, '{"active":false}'])
        expect([revoked.status, revoked.text]).toEqual([200, '{}'])
      }),
      { numRuns: times(400) },
    )
    expect(failures).toEqual([])
  })

  test('has left everything as it was', async () => {
    const all = [tokens, other].flatMap((pair) => [pair.access_token, pair.refresh_token])
    expect(await areActive(issuer, all)).toEqual([true, true, true, true])
    expect((await refresh(issuer, other.refresh_token)).status).toBe(200)
  })
})
