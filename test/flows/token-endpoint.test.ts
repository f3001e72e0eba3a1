import { beforeAll, describe, expect, test } from 'vitest'
import { connect, consent, createPkce, post, redeem, refresh } from '../support/flow.ts'
import type { Answer, Consented, Tokens } from '../support/flow.ts'
import { areActive, basic } from '../support/requests.ts'
import { confidential, organizationClient, publicClient, useServer } from '../support/server.ts'

const server = useServer()
let issuer: string
beforeAll(() => void ({ issuer } = server))

const opaque = /^[\w-]{43,}$/
const unknown = 'unknown, revoked, or of another client'

const expectRefusal = (answer: Answer, error: string, error_description: string, status = 400) =>
  expect([answer.status, answer.body]).toEqual([status, { error, error_description }])

const expectTokens = ({ status, body }: Answer): Tokens => {
  expect(status).toBe(200)
  return body as unknown as Tokens
}

describe('a code', () => {
  test('gives an access token and a refresh token, with the members that partners decode', async () => {
    const scope = 'companies:read users:read'
    const answer = await redeem(issuer, await consent(issuer, { params: { scope } }))
    expect(answer.status).toBe(200)
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(opaque),
      refresh_token: expect.stringMatching(opaque),
      token_type: 'Bearer',
      expires_in: 900,
      scope,
    })
    expect(answer.body['access_token']).not.toBe(answer.body['refresh_token'])
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  })

  test('goes to a public client that has the verifier', async () => {
    const given = await consent(issuer, { client: publicClient })
    const tokens = expectTokens(await redeem(issuer, given, publicClient))
    const next = expectTokens(await refresh(issuer, tokens.refresh_token, publicClient))
    expect(next.refresh_token).not.toBe(tokens.refresh_token)
  })

  const grant = 'invalid_grant'
  test.each<[string, Record<string, string | undefined>, string, string]>([
    [
      'with a wrong verifier',
      { code_verifier: createPkce().verifier },
      grant,
      'code_verifier does not match code_challenge',
    ],
    ['without a verifier', { code_verifier: undefined }, grant, 'code_verifier is missing'],
    [
      'with a verifier that is too short',
      { code_verifier: 'a'.repeat(42) },
      'invalid_request',
      'code_verifier must be a string with a minimum length of 43 characters',
    ],
    [
      'with a verifier that is too long',
      { code_verifier: 'a'.repeat(129) },
      'invalid_request',
      'code_verifier must be a string with a maximum length of 128 characters',
    ],
    [
      'with characters in the verifier that are not allowed',
      { code_verifier: '+'.repeat(43) },
      'invalid_request',
      'code_verifier contains invalid characters',
    ],
    [
      'without a redirect URI',
      { redirect_uri: undefined },
      'invalid_request',
      "missing required parameter 'redirect_uri'",
    ],
    [
      'with the other registered redirect URI',
      { redirect_uri: confidential.redirect_uris?.[1] },
      grant,
      'redirect_uri is not the one of the request',
    ],
    [
      'with a slash more on the redirect URI',
      { redirect_uri: `${confidential.redirect_uris?.[0]}/` },
      grant,
      'redirect_uri is not the one of the request',
    ],
    [
      'that is missing',
      { code: undefined },
      'invalid_request',
      "missing required parameter 'code'",
    ],
    ['that nobody issued', { code: 'a'.repeat(43) }, grant, unknown],
  ])('%s is refused, and stays good', async (_, fields, error, description) => {
    const given = await consent(issuer)
    expectRefusal(await redeem(issuer, given, confidential, fields), error, description)
    expectTokens(await redeem(issuer, given))
  })

  test('in the hands of another client is unknown there, and stays good', async () => {
    const given = await consent(issuer)
    expectRefusal(await redeem(issuer, given, publicClient), grant, unknown)
    expectRefusal(await redeem(issuer, given, organizationClient), grant, unknown)
    expectTokens(await redeem(issuer, given))
  })
})

describe('client authentication', () => {
  let given: Consented
  beforeAll(async () => {
    given = await consent(issuer)
  })
  const [redirect_uri] = confidential.redirect_uris ?? []
  const token = (fields: Record<string, string>, headers: Record<string, string> = {}) => {
    const { code, verifier: code_verifier } = given
    const grant = { grant_type: 'authorization_code', code, code_verifier, redirect_uri }
    return post(`${issuer}/oauth/token`, { ...grant, ...fields }, headers)
  }
  const failed = 'client authentication failed'
  const challenge = () =>
    `Basic realm="${issuer}", error="invalid_client", error_description="${failed}"`

  test.each([
    ['a wrong secret', basic(confidential, 'wrong')],
    ['an unknown client', basic({ client_id: 'nobody-knows', client_secret: 'x' })],
    ['a public client', basic({ ...publicClient, client_secret: 'x' })],
  ])('by header with %s is 401 with a challenge', async (_, headers) => {
    const answer = await token({}, headers)
    expectRefusal(answer, 'invalid_client', failed, 401)
    expect(answer.headers.get('www-authenticate')).toBe(challenge())
  })

  test.each([
    ['a wrong secret', { client_id: 'ledger', client_secret: 'wrong' }],
    ['no secret', { client_id: 'ledger' }],
    ['an unknown client', { client_id: 'nobody-knows', client_secret: 'x' }],
    ['an unknown public client', { client_id: 'nobody-knows' }],
    ['a public client with a secret', { client_id: 'mobile', client_secret: 'x' }],
  ])('in the body with %s is 401', async (_, fields) => {
    const answer = await token(fields)
    expectRefusal(answer, 'invalid_client', failed, 401)
    expect(answer.headers.get('www-authenticate')).toBe(challenge())
  })

  test.each([
    [
      'comes by header and in the body',
      { client_id: 'ledger', client_secret: 'ledger-secret-of-32-characters-at-least' },
      basic(confidential),
      'client authentication must only be provided using one mechanism',
    ],
    [
      'by header is for another client than the body',
      { client_id: 'mobile' },
      basic(confidential),
      'client_id mismatch',
    ],
  ])('that %s is invalid_request', async (_, fields, headers, description) => {
    expectRefusal(await token(fields, headers), 'invalid_request', description)
  })

  test('in vain changes nothing: the code is still good', async () => {
    expectTokens(await token({}, basic(confidential)))
  })
})

describe('the grant type', () => {
  test.each([
    'client_credentials',
    'password',
    'urn:ietf:params:oauth:grant-type:device_code',
    '__proto__',
  ])('%s is unsupported', async (grant_type) => {
    const answer = await post(`${issuer}/oauth/token`, { grant_type }, basic(confidential))
    expectRefusal(answer, 'unsupported_grant_type', 'unsupported grant_type requested')
  })

  test('is required', async () => {
    const answer = await post(`${issuer}/oauth/token`, {}, basic(confidential))
    expectRefusal(answer, 'invalid_request', "missing required parameter 'grant_type'")
  })
})

describe('a refresh token', () => {
  const scope = 'companies:read users:read'

  test('gives a new pair, and every earlier token is dead at once', async () => {
    const first = await connect(issuer, { params: { scope } })
    const answer = await refresh(issuer, first.refresh_token)
    expect(answer.body).toEqual({
      access_token: expect.stringMatching(opaque),
      refresh_token: expect.stringMatching(opaque),
      token_type: 'Bearer',
      expires_in: 900,
      scope,
    })
    const second = expectTokens(answer)
    const third = expectTokens(await refresh(issuer, second.refresh_token))
    const pairs = [first, second, third].flatMap((pair) => [pair.access_token, pair.refresh_token])
    expect(new Set(pairs).size).toBe(6)
    expect(await areActive(issuer, pairs)).toEqual([false, false, false, false, true, true])
  })

  test('gives less scope where less is asked for, and all of it again the next time', async () => {
    const { refresh_token } = await connect(issuer, { params: { scope } })
    const less = expectTokens(
      await refresh(issuer, refresh_token, confidential, { scope: 'users:read' }),
    )
    expect(less.scope).toBe('users:read')
    expect(expectTokens(await refresh(issuer, less.refresh_token)).scope).toBe(scope)
  })

  test.each([
    ['that the client is registered for, but the person was not asked for', 'export-jobs:write'],
    ['that the client is not registered for', 'vendors:read'],
    ['that nobody knows', 'bogus:read'],
    ['offline_access', 'offline_access'],
    ['openid', 'openid'],
  ])('is refused for a scope %s, and stays good', async (_, wider) => {
    const tokens = await connect(issuer)
    const fields = { scope: `companies:read ${wider}` }
    const answer = await refresh(issuer, tokens.refresh_token, confidential, fields)
    const error_description = 'refresh token missing requested scope'
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_scope', error_description, scope: wider },
    ])
    expect(await areActive(issuer, [tokens.access_token])).toEqual([true])
    expectTokens(await refresh(issuer, tokens.refresh_token))
  })

  test('is refused for another API, and stays good', async () => {
    const tokens = await connect(issuer)
    const fields = { resource: 'https://other.example.test' }
    const answer = await refresh(issuer, tokens.refresh_token, confidential, fields)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_target'])
    expect(await areActive(issuer, [tokens.access_token])).toEqual([true])
    expectTokens(await refresh(issuer, tokens.refresh_token))
  })

  test('is refused to another client and to a wrong secret, and stays good', async () => {
    const { refresh_token } = await connect(issuer)
    expectRefusal(await refresh(issuer, refresh_token, publicClient), 'invalid_grant', unknown)
    const wrong = { ...confidential, client_secret: 'wrong' }
    expect((await refresh(issuer, refresh_token, wrong)).status).toBe(401)
    expectTokens(await refresh(issuer, refresh_token))
  })

  test('is no access token, no code, and not missing', async () => {
    const tokens = await connect(issuer)
    expectRefusal(await refresh(issuer, tokens.access_token), 'invalid_grant', unknown)
    const code = {
      code: tokens.refresh_token,
      verifier: createPkce().verifier,
      redirect: new URL(issuer),
    }
    expectRefusal(await redeem(issuer, code), 'invalid_grant', unknown)
    expectRefusal(
      await refresh(issuer, ''),
      'invalid_request',
      "missing required parameter 'refresh_token'",
    )
    expectTokens(await refresh(issuer, tokens.refresh_token))
  })
})
