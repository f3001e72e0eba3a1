import { exportJWK, generateKeyPair } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createProofKeys, prove, proveWith, type ProofKeys } from '../support/dpop.ts'
import { consent, createPkce, post, type Answer, type Consented } from '../support/flow.ts'
import { areActive, requestUrl } from '../support/requests.ts'
import { publicClient, resourceServer, useServer } from '../support/server.ts'

// A client whose proof is wrong is told so. It must not take a good refresh token or code for lost.

const bound = {
  client_id: 'bound',
  redirect_uris: ['https://bound.example.test/callback'],
  scope: 'companies:read',
  token_endpoint_auth_method: 'none' as const,
  dpop_bound_access_tokens: true,
}

let url: string
const server = useServer({ clients: [publicClient, resourceServer, bound] })
beforeAll(() => void (url = `${server.issuer}/oauth/token`))

type Headers = Record<string, string>
const seconds = (): number => Math.floor(Date.now() / 1000)

const redeemWith = (headers: Headers, { code, verifier }: Consented, client = bound) =>
  post(
    url,
    {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: client.redirect_uris[0],
      client_id: client.client_id,
    },
    headers,
  )

const refreshWith = (headers: Headers, refresh_token: unknown, client_id = bound.client_id) =>
  post(
    url,
    { grant_type: 'refresh_token', refresh_token: String(refresh_token), client_id },
    headers,
  )

const expectProblem = ({ status, body }: Answer, error_description: unknown) =>
  expect([status, body]).toEqual([400, { error: 'invalid_dpop_proof', error_description }])

const anotherKey = {
  error: 'invalid_grant',
  error_description: 'bound to another key than that of the DPoP proof',
}

const connectWith = async (keys: ProofKeys, client = bound) => {
  const given = await consent(server.issuer, { client })
  const { status, body } = await redeemWith(await prove(keys, url), given, client)
  expect(status).toBe(200)
  return body
}

interface Problem {
  readonly name: string
  readonly proof: (keys: ProofKeys) => Promise<Headers>
  readonly description: string | RegExp
}

const withClaims =
  (claims: () => Record<string, unknown>): Problem['proof'] =>
  (keys) =>
    prove(keys, url, claims())

const withHeader =
  (header: Record<string, unknown>): Problem['proof'] =>
  async ({ privateKey, publicKey }) => {
    const all = { alg: 'ES256', jwk: await exportJWK(publicKey), ...header }
    return { DPoP: await proveWith(privateKey, all, { htm: 'POST', htu: url }) }
  }

const problems: readonly Problem[] = [
  { name: 'that is missing', proof: async () => ({}), description: 'a DPoP proof is missing' },
  {
    name: 'that is no JWT',
    proof: async () => ({ DPoP: 'nonsense' }),
    description: 'the DPoP proof is not a signed JWT',
  },
  {
    name: 'that comes with another',
    proof: async (keys) => {
      const [one, other] = [await prove(keys, url), await prove(keys, url)]
      return { DPoP: `${one['DPoP']}, ${other['DPoP']}` }
    },
    description: 'DPoP was sent more than once',
  },
  {
    name: 'with a wrong signature',
    proof: async (keys) => {
      const [own, other] = [await prove(keys, url), await prove(keys, url)].map(({ DPoP = '' }) =>
        DPoP.split('.'),
      )
      return { DPoP: [own?.[0], own?.[1], other?.[2]].join('.') }
    },
    description: 'the signature of the DPoP proof does not match the key in its header (jwk)',
  },
  {
    name: 'of a client whose clock is behind',
    proof: withClaims(() => ({ iat: seconds() - 400 })),
    description:
      /^the iat of the DPoP proof is 40\d seconds behind the clock of the server, at most 300 are accepted$/,
  },
  {
    name: 'of a client whose clock is ahead',
    proof: withClaims(() => ({ iat: seconds() + 400 })),
    description:
      /^the iat of the DPoP proof is (39\d|400) seconds ahead of the clock of the server, at most 300 are accepted$/,
  },
  {
    name: 'without a time',
    proof: withClaims(() => ({ iat: undefined })),
    description: 'the DPoP proof has no iat',
  },
  {
    name: 'without an id',
    proof: withClaims(() => ({ jti: undefined })),
    description: 'the DPoP proof has no jti',
  },
  {
    name: 'for another method',
    proof: withClaims(() => ({ htm: 'GET' })),
    description: 'the DPoP proof is for another method',
  },
  {
    name: 'for another URL',
    proof: withClaims(() => ({ htu: 'https://evil.example.test/oauth/token' })),
    description: 'the DPoP proof is for another URL',
  },
  {
    name: 'that has ended',
    proof: withClaims(() => ({ exp: seconds() - 10 })),
    description: 'the DPoP proof has expired (exp)',
  },
  {
    name: 'that is another type of JWT',
    proof: withHeader({ typ: 'JWT' }),
    description: 'the typ of the DPoP proof is not dpop+jwt',
  },
  {
    name: 'without a key',
    proof: withHeader({ jwk: undefined }),
    description: 'the header of the DPoP proof has no public key (jwk)',
  },
  {
    name: 'with a nonce, of which this server has none',
    proof: withClaims(() => ({ nonce: 'of another server' })),
    description: 'DPoP nonces are not supported',
  },
  {
    name: 'with an empty nonce',
    proof: withClaims(() => ({ nonce: '' })),
    description: 'DPoP nonces are not supported',
  },
  ...['iat', 'exp', 'nbf'].map((claim) => ({
    name: `whose ${claim} is a text`,
    proof: withClaims(() => ({ [claim]: String(seconds()) })),
    description: `the ${claim} of the DPoP proof is not a number`,
  })),
  ...['RS256', 'ES384', 'PS512'].map((alg) => ({
    name: `that is signed with ${alg}`,
    proof: async () => {
      const { privateKey, publicKey } = await generateKeyPair(alg)
      const jwk = await exportJWK(publicKey)
      return { DPoP: await proveWith(privateKey, { alg, jwk }, { htm: 'POST', htu: url }) }
    },
    description: `the DPoP proof is signed with ${alg}, accepted are ES256, Ed25519, EdDSA`,
  })),
]

const toExpected = (description: string | RegExp): unknown =>
  typeof description === 'string' ? description : expect.stringMatching(description)

describe.each(problems)('a proof $name', ({ proof, description }) => {
  test('is invalid_dpop_proof at a refresh, and the connection stays', async () => {
    const keys = await createProofKeys()
    const { access_token, refresh_token } = await connectWith(keys)
    expectProblem(await refreshWith(await proof(keys), refresh_token), toExpected(description))
    expect(await areActive(server.issuer, [String(access_token)], resourceServer)).toEqual([true])
    expect((await refreshWith(await prove(keys, url), refresh_token)).status).toBe(200)
  })

  test('is invalid_dpop_proof at the redemption of a code, and the code stays good', async () => {
    const keys = await createProofKeys()
    const given = await consent(server.issuer, { client: bound })
    expectProblem(await redeemWith(await proof(keys), given), toExpected(description))
    expect((await redeemWith(await prove(keys, url), given)).status).toBe(200)
  })
})

describe('a proof that was used before', () => {
  const used = 'the DPoP proof was used before'

  test('is invalid_dpop_proof at a refresh and for a code', async () => {
    const keys = await createProofKeys()
    const { refresh_token } = await connectWith(keys)
    const headers = await prove(keys, url)
    const { body } = await refreshWith(headers, refresh_token)
    expectProblem(await refreshWith(headers, body['refresh_token']), used)
    const given = await consent(server.issuer, { client: bound })
    expectProblem(await redeemWith(headers, given), used)
    expect((await redeemWith(await prove(keys, url), given)).status).toBe(200)
    expect((await refreshWith(await prove(keys, url), body['refresh_token'])).status).toBe(200)
  })

  test('is invalid_dpop_proof at the PAR endpoint', async () => {
    const par = `${server.issuer}/oauth/par`
    const fields = Object.fromEntries(new URL(requestUrl(server.issuer, {}, bound)).searchParams)
    const headers = await prove(await createProofKeys(), par)
    expect((await post(par, fields, headers)).status).toBe(201)
    expectProblem(await post(par, fields, headers), used)
    expectProblem(await post(par, fields, { DPoP: 'a.b.c' }), 'the DPoP proof is not a signed JWT')
  })
})

describe('a client that need not bind its tokens', () => {
  test('is told that the proof is missing if its refresh token is bound all the same', async () => {
    const keys = await createProofKeys()
    const client = { ...bound, ...publicClient, redirect_uris: publicClient.redirect_uris ?? [] }
    const { refresh_token } = await connectWith(keys, client as never)
    const { client_id } = publicClient
    expectProblem(await refreshWith({}, refresh_token, client_id), 'a DPoP proof is missing')
    expect((await refreshWith(await prove(keys, url), refresh_token, client_id)).status).toBe(200)
  })
})

describe('a good proof of another key', () => {
  test('is invalid_grant at a refresh, and ends nothing', async () => {
    const keys = await createProofKeys()
    const { access_token, refresh_token } = await connectWith(keys)
    const answer = await refreshWith(await prove(await createProofKeys(), url), refresh_token)
    expect([answer.status, answer.body]).toEqual([400, anotherKey])
    expect(await areActive(server.issuer, [String(access_token)], resourceServer)).toEqual([true])
    expect((await refreshWith(await prove(keys, url), refresh_token)).status).toBe(200)
  })

  test('is invalid_grant for a code that is bound to a key, and the code stays good', async () => {
    const keys = await createProofKeys()
    const par = `${server.issuer}/oauth/par`
    const { verifier, challenge } = createPkce()
    const wanted = requestUrl(server.issuer, { code_challenge: challenge }, bound)
    const fields = Object.fromEntries(new URL(wanted).searchParams)
    const { body } = await post(par, fields, await prove(keys, par))
    const params = { request_uri: String(body['request_uri']) }
    const { code, redirect } = await consent(server.issuer, { client: bound, params })
    const given = { code, verifier, redirect }
    const other = await redeemWith(await prove(await createProofKeys(), url), given)
    expect([other.status, other.body]).toEqual([400, anotherKey])
    expectProblem(await redeemWith({}, given), 'a DPoP proof is missing')
    expect((await redeemWith(await prove(keys, url), given)).status).toBe(200)
  })
})
