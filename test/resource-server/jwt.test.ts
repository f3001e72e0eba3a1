import { createServer, type Server, type ServerResponse } from 'node:http'
import {
  exportJWK,
  generateKeyPair,
  SignJWT,
  type CryptoKey,
  type JWK,
  type JWTPayload,
} from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  jwt,
  VerificationUnavailableError,
  type JwtOptions,
} from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { bakery } from '../support/people.ts'
import { pause } from '../support/requests.ts'
import { audience, closeServer, listen } from '../support/server.ts'

// Keys of an authorization server, served over HTTP.

interface Signer {
  readonly kid: string
  readonly privateKey: CryptoKey
  readonly jwk: JWK
}

async function createSigner(kid: string, alg = 'ES256'): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  return { kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } }
}

let http: Server
let issuer: string
let requests = 0
let answer: (response: ServerResponse) => void
let first: Signer
let second: Signer
let stranger: Signer
const serve =
  (...signers: readonly Signer[]) =>
  (response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ keys: signers.map(({ jwk }) => jwk) }))
  }

beforeAll(async () => {
  http = createServer((_, response) => {
    requests += 1
    answer(response)
  })
  issuer = await listen(http)
  first = await createSigner('first')
  second = await createSigner('second')
  stranger = await createSigner('first')
})
afterAll(() => closeServer(http))

let apis: RunningApi[]
beforeEach(() => {
  apis = []
  requests = 0
  answer = serve(first)
})
afterEach(async () => {
  await Promise.all(apis.map((api) => api.close()))
})

async function start(options: Partial<JwtOptions> = {}): Promise<RunningApi> {
  const api = await startApi({ verify: jwt({ issuer, audience, ...options }) })
  apis.push(api)
  return api
}

const seconds = (): number => Math.floor(Date.now() / 1000)

/** A right token, and what is to be wrong with it. */
const sign = (
  claims: JWTPayload = {},
  { kid, privateKey }: Signer = first,
  header: Record<string, unknown> = {},
): Promise<string> =>
  new SignJWT({
    iss: issuer,
    aud: audience,
    sub: 'somebody',
    'urn:pleo:params:oauth:subject_urn': bakery,
    client_id: 'ledger',
    scope: 'companies:read',
    jti: 'an-id',
    iat: seconds(),
    exp: seconds() + 60,
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
    .sign(privateKey)

describe('a JWT access token', () => {
  test('passes, with keys that are fetched once for all', async () => {
    const api = await start()
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, n) => sign({ jti: `${n}` })))
    const answers = await Promise.all(tokens.map((token) => api.get('/token', token)))
    expect(answers.map(({ status }) => status)).toEqual(tokens.map(() => 200))
    expect(answers[0]?.body).toMatchObject({
      clientId: 'ledger',
      subject: { urn: bakery },
      scope: ['companies:read'],
    })
    expect(requests).toBe(1)
  })

  test.each(['application/at+jwt', 'AT+JWT'])('may say its type as %s', async (typ) => {
    const api = await start()
    expect((await api.get('/token', await sign({}, first, { typ }))).status).toBe(200)
  })

  test('that is bound to a key does not pass as Bearer', async () => {
    const api = await start()
    expect((await api.get('/token', await sign({ cnf: { jkt: 'x' } }))).status).toBe(401)
  })

  test.each<[string, () => Promise<string>]>([
    ['of another issuer', () => sign({ iss: 'https://other.example.test' })],
    ['for another API', () => sign({ aud: 'https://other.example.test' })],
    ['whose audience is no text', () => sign({ aud: 1 as never })],
    ['without an audience', () => sign({ aud: undefined as never })],
    ['that has ended', () => sign({ exp: seconds() - 1 })],
    ['without an end', () => sign({ exp: undefined as never })],
    ['that is not good yet', () => sign({ nbf: seconds() + 60 })],
    ['without a client', () => sign({ client_id: undefined })],
    ['whose client is no text', () => sign({ client_id: 1 })],
    ['without a subject', () => sign({ 'urn:pleo:params:oauth:subject_urn': undefined })],
    ['that is an ID token', () => sign({}, first, { typ: 'JWT' })],
    ['that does not say what it is', () => sign({}, first, { typ: undefined })],
    ['of a stranger, with the name of our key', () => sign({}, stranger)],
    ['that is unsigned', async () => unsign(await sign())],
    ['whose signature is missing', async () => (await sign()).replace(/\.[^.]*$/, '.')],
    ['that is no JWT', async () => 'nobody-issued-this'],
    ['that is nearly one', async () => 'e30.e30.e30'],
    ['signed with the public key as a secret', signWithPublicKey],
  ])('is refused where it is one %s', async (_, create) => {
    const api = await start()
    const { status, challenge } = await api.get('/token', await create())
    expect([status, challenge]).toEqual([401, expect.stringContaining('error="invalid_token"')])
    expect(api.errors).toEqual([])
  })
})

function unsign(token: string): string {
  const header = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
  return `${header}.${token.split('.')[1]}.`
}

async function signWithPublicKey(): Promise<string> {
  const payload = JSON.parse(
    Buffer.from((await sign()).split('.')[1] ?? '', 'base64url').toString(),
  ) as JWTPayload
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'first' })
    .sign(Buffer.from(JSON.stringify(first.jwk)))
}

describe('the keys', () => {
  test('are fetched once more for a key that is not among them, and no more than once a second', async () => {
    const api = await start()
    expect((await api.get('/token', await sign())).status).toBe(200)
    answer = serve(second, first)
    await pause(1050)
    expect((await api.get('/token', await sign({}, second))).status).toBe(200)
    expect(requests).toBe(2)
    const unknown = await sign({}, { ...stranger, kid: 'unknown' })
    const answers = await Promise.all(Array.from({ length: 20 }, () => api.get('/token', unknown)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
    expect(requests).toBe(2)
  })

  test('are fetched anew when their age is over: one that was withdrawn is no longer good', async () => {
    const api = await start({ maxAge: 1 })
    const token = await sign()
    expect((await api.get('/token', token)).status).toBe(200)
    answer = serve(second)
    await pause(1050)
    expect((await api.get('/token', token)).status).toBe(401)
  })

  test.each<[string, (response: ServerResponse) => void]>([
    ['a connection that breaks', (response) => void response.destroy()],
    ['silence', () => undefined],
    ['500', (response) => void response.writeHead(500).end()],
    ['a redirect', (response) => void response.writeHead(302, { location: '/elsewhere' }).end()],
    ['no JSON', (response) => void response.end('<html>')],
    ['no keys', (response) => void response.end('{}')],
  ])('that are not there are 503, and the application hears why: %s', async (_, how) => {
    const api = await start({ timeout: 0.2 })
    const token = await sign()
    answer = how
    const { status, body } = await api.get('/token', token)
    expect([status, body['error'], api.errors.length]).toEqual([503, 'temporarily_unavailable', 1])
    answer = serve(first)
    expect((await api.get('/token', token)).status).toBe(200)
  })
})

test('many who waited for the same keys have one failure, and the next ones another', async () => {
  const verify = jwt({ issuer, audience })
  const token = await sign()
  answer = (response) => void response.writeHead(500).end()
  const failures = new Set<unknown>()
  for (const turn of [1, 2]) {
    const waiting = Array.from({ length: 20 }, () =>
      verify(token).catch((error: unknown) => failures.add(error)),
    )
    await Promise.all(waiting)
    expect([requests, failures.size]).toEqual([turn, turn])
  }
  for (const failure of failures) expect(failure).toBeInstanceOf(VerificationUnavailableError)
})
