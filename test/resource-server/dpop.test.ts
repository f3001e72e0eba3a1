import { hash, webcrypto } from 'node:crypto'
import { exportJWK } from 'jose'
import * as openid from 'openid-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { introspection, local, type TokenVerifier } from '../../lib/resource-server/index.ts'
import { startApi, toApiAnswer, type ApiAnswer } from '../support/api.ts'
import { connectBound, proveUse } from '../support/bound-tokens.ts'
import { createProofKeys, proveWith, type ProofKeys } from '../support/dpop.ts'
import { useRunning } from '../support/fixtures.ts'
import { bakery } from '../support/people.ts'
import { send } from '../support/requests.ts'
import { confidential, resourceServer, useServer } from '../support/server.ts'
import { connect, consent } from '../support/flow.ts'

let keys: ProofKeys
let token: string
const server = useServer()
const api = useRunning(() => startApi({ verify: local(server) }))
beforeAll(async () => {
  keys = await createProofKeys()
  token = await connectBound(server.issuer, keys)
})

type Claims = Record<string, unknown>

const ath = (value: string): string => hash('sha256', value, 'base64url')

/** A right proof for a GET of /token, and what is to be wrong with it. */
const proofOf = (claims: Claims = {}, own = keys, of = token): Promise<Record<string, string>> =>
  proveUse(own, of, { url: `${api.origin}/token` }, claims)

const ask = async (
  headers: Record<string, string>,
  path = '/token',
  method = 'GET',
  of = token,
): Promise<ApiAnswer> =>
  toApiAnswer(
    await send(api.origin + path, { method, headers: { authorization: `DPoP ${of}`, ...headers } }),
  )

const metadata = () => `resource_metadata="${api.origin}/.well-known/oauth-protected-resource"`
const algs = 'algs="ES256 Ed25519 EdDSA"'
const expectRefused = ({ status, challenge, body }: ApiAnswer, error: string, text: string) => {
  expect([status, challenge]).toEqual([
    401,
    `Bearer ${metadata()}, DPoP error="${error}", error_description="${text}", ${algs}, ${metadata()}`,
  ])
  expect(body).toEqual({ error, error_description: text })
}

describe('a token that is bound to a key', () => {
  test('passes with a proof of it, and its thumbprint is told', async () => {
    const { status, body } = await ask(await proofOf())
    const { kty, crv, x, y } = await webcrypto.subtle.exportKey('jwk', keys.publicKey)
    const keyThumbprint = hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url')
    expect([status, body['keyThumbprint']]).toEqual([200, keyThumbprint])
  })

  test.each([
    ['case', (url: string) => url.replace('http:', 'HTTP:')],
    ['percent-encoding', (url: string) => url.replace('/token', '/%74oken')],
    ['dot segments', (url: string) => url.replace('/token', '/other/../token')],
    ['query and fragment', (url: string) => `${url}?a=b#c`],
  ])('passes with one that spells the URL in another way: %s', async (_, spell) => {
    const headers = await proveUse(keys, token, { url: spell(`${api.origin}/token`) })
    expect((await ask(headers)).status).toBe(200)
  })

  test('passes with one over introspection as well', async () => {
    const verify: TokenVerifier = introspection({
      endpoint: `${server.issuer}/oauth/token/introspect`,
      client: { id: resourceServer.client_id, secret: resourceServer.client_secret },
    })
    const other = await startApi({ verify, baseUrl: api.origin })
    const headers = { authorization: `DPoP ${token}`, ...(await proofOf()) }
    expect((await send(`${other.origin}/token`, { headers })).status).toBe(200)
    const plain = await send(`${other.origin}/token`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(plain.status).toBe(401)
    await other.close()
  })

  test('passes with the proof of a published client', async () => {
    const method = openid.ClientSecretPost(confidential.client_secret)
    const config = await openid.discovery(
      new URL(server.issuer),
      confidential.client_id,
      undefined,
      method,
      { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    )
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
    const { redirect, verifier } = await consent(server.issuer)
    const checks = { pkceCodeVerifier: verifier, expectedState: 'some-state' }
    const tokens = await openid.authorizationCodeGrant(config, redirect, checks, {}, { DPoP })
    const url = new URL(`${api.origin}/token?with=query`)
    const answer = await openid.fetchProtectedResource(
      config,
      tokens.access_token,
      url,
      'GET',
      undefined,
      undefined,
      { DPoP },
    )
    expect(await answer.json()).toMatchObject({ subject: { urn: bakery } })
  })

  test('is refused as Bearer, also with a proof', async () => {
    const text = 'the access token is bound to a key, and must be sent with a DPoP proof'
    for (const headers of [{}, await proofOf()]) {
      const { status, challenge } = await ask({ ...headers, authorization: `Bearer ${token}` })
      expect([status, challenge]).toEqual([
        401,
        `Bearer error="invalid_token", error_description="${text}", ${metadata()}, DPoP ${algs}, ${metadata()}`,
      ])
    }
  })

  test('is refused where proofs are not taken', async () => {
    const plain = await startApi({ verify: local(server), dpop: false })
    const answer = await plain.get('/token', token)
    const headers = { authorization: `DPoP ${token}`, ...(await proofOf()) }
    const proven = await send(`${plain.origin}/token`, { headers })
    await plain.close()
    expect([answer.status, proven.status]).toEqual([401, 401])
    expect(answer.challenge).not.toContain('algs=')
  })

  test('is told of a missing scope in its scheme', async () => {
    const headers = await proofOf({ htu: `${api.origin}/jobs` })
    const { status, challenge } = await ask(headers, '/jobs')
    expect([status, challenge]).toEqual([403, expect.stringMatching(/^DPoP error="insufficient_/)])
  })

  test('is told in its scheme that it is not for what is asked', async () => {
    const headers = await proofOf({ htu: `${api.origin}/organization` })
    const { status, challenge } = await ask(headers, '/organization')
    expect([status, challenge]).toEqual([403, `DPoP ${algs}, ${metadata()}`])
  })
})

test('a token that is bound to no key is refused with a proof', async () => {
  const { access_token } = await connect(server.issuer)
  const answer = await ask(await proofOf({}, keys, access_token), '/token', 'GET', access_token)
  const text = 'the access token is bound to no key, and must be sent as Bearer'
  expectRefused(answer, 'invalid_token', text)
})

test('a token that is not good is refused before its proof', async () => {
  const answer = await ask(await proofOf(), '/token', 'GET', 'nobody-issued-this')
  const text = 'the access token is unknown, revoked, expired, or for another API'
  expectRefused(answer, 'invalid_token', text)
})

const seconds = () => Math.floor(Date.now() / 1000)

describe('a proof is refused', () => {
  test.each<[string, () => Claims, string]>([
    ['for another method', () => ({ htm: 'POST' }), 'is for another method'],
    ['for another path', () => ({ htu: `${api.origin}/jobs` }), 'is for another URL'],
    ['for another host', () => ({ htu: 'http://evil.test/token' }), 'is for another URL'],
    ['for another port', () => ({ htu: 'http://127.0.0.1:1/token' }), 'is for another URL'],
    [
      'for https',
      () => ({ htu: `${api.origin}/token`.replace('http', 'https') }),
      'is for another URL',
    ],
    ['for no URL', () => ({ htu: '/token' }), 'is for another URL'],
    ['for another token', () => ({ ath: ath('another') }), 'is for another access token'],
    ['for no token', () => ({ ath: undefined }), 'is for another access token'],
    ['from no time', () => ({ iat: undefined }), 'has no iat'],
    ['that has ended', () => ({ exp: seconds() - 1 }), 'has expired (exp)'],
    ['that has not begun', () => ({ nbf: seconds() + 60 }), 'is not valid yet (nbf)'],
    ['without an id', () => ({ jti: undefined }), 'has no jti'],
    ['with an id that is no text', () => ({ jti: 1 }), 'has no jti'],
  ])('%s', async (_, claims, text) => {
    const answer = await ask(await proofOf(claims()))
    expectRefused(answer, 'invalid_dpop_proof', `the DPoP proof ${text}`)
  })

  test('whatever the Host header says', async () => {
    const headers = { ...(await proofOf({ htu: 'http://evil.test/token' })), host: 'evil.test' }
    expectRefused(await ask(headers), 'invalid_dpop_proof', 'the DPoP proof is for another URL')
    expect((await ask({ ...(await proofOf()), host: 'evil.test' })).status).toBe(200)
  })

  test('that is missing', async () => {
    expectRefused(await ask({}), 'invalid_dpop_proof', 'a DPoP proof is missing')
  })

  test('that comes with another', async () => {
    const [one, other] = [await proofOf(), await proofOf()].map(({ DPoP }) => DPoP)
    const answer = await ask({ DPoP: [one, other] } as never)
    expectRefused(answer, 'invalid_dpop_proof', 'DPoP was sent more than once')
  })

  test.each([
    ['behind', -1],
    ['ahead of', 1],
  ])('of a client whose clock is %s ours, by how much is said', async (relation, direction) => {
    expect((await ask(await proofOf({ iat: seconds() + direction * 290 }))).status).toBe(200)
    const { status, body } = await ask(await proofOf({ iat: seconds() + direction * 400 }))
    expect([status, body['error']]).toEqual([401, 'invalid_dpop_proof'])
    // A second may go by on the way.
    expect(body['error_description']).toMatch(
      new RegExp(
        `^the iat of the DPoP proof is (399|40[0-9]) seconds ${relation} the clock of the server, at most 300 are accepted$`,
      ),
    )
  })

  test('that is none, is unsigned, or was changed', async () => {
    const { DPoP = '' } = await proofOf()
    const [header = '', payload = '', signature = ''] = DPoP.split('.')
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const decoded = claimsOf(header)
    const changed = encode({ ...claimsOf(payload), jti: 'other' })
    const noPublicKey = 'the header of the DPoP proof has no public key (jwk)'
    const wrongSignature =
      'the signature of the DPoP proof does not match the key in its header (jwk)'
    const accepted = 'accepted are ES256, Ed25519, EdDSA'
    for (const [proof, text] of [
      ['nonsense', 'the DPoP proof is not a signed JWT'],
      ['a.b.c', 'the DPoP proof is not a signed JWT'],
      [`${header}.${payload}.`, wrongSignature],
      [`${header}.${changed}.${signature}`, wrongSignature],
      [
        `${encode({ ...decoded, alg: 'none' })}.${payload}.`,
        `the DPoP proof is signed with none, ${accepted}`,
      ],
      [
        `${encode({ ...decoded, alg: 'HS256' })}.${payload}.${signature}`,
        `the DPoP proof is signed with HS256, ${accepted}`,
      ],
      [
        `${encode({ ...decoded, alg: 'x"y' })}.${payload}.${signature}`,
        `the DPoP proof is signed with an unknown algorithm, ${accepted}`,
      ],
      [`${encode({ ...decoded, jwk: undefined })}.${payload}.${signature}`, noPublicKey],
    ] as const) {
      expectRefused(await ask({ DPoP: proof }), 'invalid_dpop_proof', text)
    }
  })

  test('of another type of JWT', async () => {
    const proof = await proveWith(
      keys.privateKey,
      { alg: 'ES256', typ: 'JWT', jwk: await exportJWK(keys.publicKey) },
      { htm: 'GET', htu: `${api.origin}/token`, ath: ath(token) },
    )
    const text = 'the typ of the DPoP proof is not dpop+jwt'
    expectRefused(await ask({ DPoP: proof }), 'invalid_dpop_proof', text)
  })

  test('of another key', async () => {
    const answer = await ask(await proofOf({}, await createProofKeys()))
    const text = 'the access token is bound to another key than that of the DPoP proof'
    expectRefused(answer, 'invalid_token', text)
  })

  test('that was used before, also at the same time', async () => {
    const headers = await proofOf()
    expect((await ask(headers)).status).toBe(200)
    expectRefused(await ask(headers), 'invalid_dpop_proof', 'the DPoP proof was used before')
    const once = await proofOf()
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(once)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })
})

test('of two clients each may choose the id of its proofs', async () => {
  const others = await createProofKeys()
  const theirs = await connectBound(server.issuer, others)
  const jti = 'one'
  expect((await ask(await proofOf({ jti }))).status).toBe(200)
  const answer = await ask(await proofOf({ jti }, others, theirs), '/token', 'GET', theirs)
  expect(answer.status).toBe(200)
})

const claimsOf = (payload: string): Claims =>
  JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
