import { beforeAll, describe, expect, test } from 'vitest'
import { bearer, local } from '../../lib/resource-server/index.ts'
import { startApi, toApiAnswer, type ApiAnswer } from '../support/api.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect } from '../support/flow.ts'
import { bakery, idOf, nordlysDenmark } from '../support/people.ts'
import { send } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

let token: string
const server = useServer()
const api = useRunning(() => startApi({ verify: local(server) }))
beforeAll(async () => {
  const params = { scope: 'companies:read users:read' }
  token = (await connect(server.issuer, { params })).access_token
})

const ask = async (headers: Record<string, string>, path = '/token'): Promise<ApiAnswer> =>
  toApiAnswer(await send(api.origin + path, { headers }))

const metadata = () => `resource_metadata="${api.origin}/.well-known/oauth-protected-resource"`
const algs = 'algs="ES256 Ed25519 EdDSA"'

describe('a request with a good token', () => {
  test('has all of it in ctx.state.token', async () => {
    const { status, body } = await api.get('/token', token)
    const { expiresAt, ...rest } = body
    expect([status, rest]).toEqual([
      200,
      {
        clientId: confidential.client_id,
        subject: { urn: bakery, type: 'company', id: idOf(bakery) },
        scope: ['companies:read', 'users:read'],
      },
    ])
    expect(Number(expiresAt) - Date.now()).toBeGreaterThan(890_000)
    expect(Number(expiresAt) - Date.now()).toBeLessThanOrEqual(900_000)
  })

  test.each(['bearer', 'BEARER', 'Bearer '])(
    'passes whatever the scheme looks like: %s',
    async (scheme) => {
      expect((await ask({ authorization: `${scheme} ${token}` })).status).toBe(200)
    },
  )
})

describe('a request without a token is told the schemes, and no error', () => {
  test.each<[string, Record<string, string>]>([
    ['nothing at all', {}],
    ['an empty header', { authorization: '' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['a longer name', { authorization: 'Bearerish x' }],
  ])('%s', async (_, headers) => {
    const { status, challenge, body, raw } = await ask(headers)
    expect([status, challenge]).toEqual([401, `Bearer ${metadata()}, DPoP ${algs}, ${metadata()}`])
    expect(body).toEqual({
      error: 'missing_token',
      error_description: 'an access token is needed, in the Authorization header',
    })
    expect(raw.headers['cache-control']).toBe('no-store')
  })

  test.each([
    [
      'the realm, where nothing else is said of Bearer',
      true,
      (realm: string) => `${realm}, DPoP ${algs}`,
    ],
    ['Bearer and the realm, where that is all there is', false, (realm: string) => realm],
  ])('and %s', async (_, dpop, toChallenge) => {
    const plain = await startApi({ verify: local(server), dpop, resourceMetadata: false })
    const { status, challenge } = await plain.get('/token')
    await plain.close()
    expect([status, challenge]).toEqual([401, toChallenge(`Bearer realm="${plain.origin}"`)])
  })

  test('and the scopes, if they are given; other refusals do not name them', async () => {
    const scopes = ['companies:read', 'users:read']
    const plain = await startApi({ verify: local(server), resourceMetadata: false, scopes })
    const [none, bad] = [await plain.get('/token'), await plain.get('/token', 'bad')]
    await plain.close()
    const scope = 'scope="companies:read users:read"'
    expect(none.challenge).toBe(`Bearer ${scope}, DPoP ${algs}, ${scope}`)
    expect([bad.status, bad.challenge]).toEqual([401, expect.not.stringContaining('scope=')])
    expect(() => bearer({ verify: local(server), audience: 'https://a.test', scopes: [] })).toThrow(
      'bearer: scopes must be a list of texts',
    )
  })

  test('and the realm of the audience, where no other URL is given', async () => {
    const own = { audience: 'https://api.example.test/v1', baseUrl: undefined as never }
    const plain = await startApi({
      verify: local(server),
      dpop: false,
      resourceMetadata: false,
      ...own,
    })
    const { challenge } = await plain.get('/token')
    await plain.close()
    expect(challenge).toBe('Bearer realm="https://api.example.test"')
  })
})

describe('a malformed request is refused with 400', () => {
  const refused = (description: string, scheme = 'Bearer') => [
    400,
    `${scheme} error="invalid_request", error_description="${description}"`,
    { error: 'invalid_request', error_description: description },
  ]
  const oneToken = 'Bearer must be followed by one access token'

  test.each([
    ['no token behind the scheme', 'Bearer'],
    ['two tokens', 'Bearer a b'],
    ['parameters', 'Bearer token="a"'],
    ['letters that no token has', 'Bearer a,b'],
    ['an equals sign in the middle', 'Bearer a=b'],
    ['other white space', 'Bearer\ta'],
  ])('%s', async (_, authorization) => {
    const { status, challenge, body } = await ask({ authorization })
    expect([status, challenge, body]).toEqual(refused(oneToken))
  })

  test('DPoP without a token', async () => {
    const { status, challenge, body } = await ask({ authorization: 'DPoP' })
    const description = 'DPoP must be followed by one access token'
    expect([status, challenge, body]).toEqual(refused(description, 'DPoP'))
  })

  test('the header twice, of which Node shows the first', async () => {
    const twice = { authorization: [`Bearer ${token}`, `Bearer ${token}`] }
    const answer = await ask(twice as unknown as Record<string, string>)
    expect([answer.status, answer.challenge, answer.body]).toEqual(
      refused('Authorization was sent more than once'),
    )
  })

  test.each(['without a header', 'beside the header'])('a token in the URL, %s', async (how) => {
    const headers: Record<string, string> = {}
    if (how.startsWith('beside')) headers['authorization'] = `Bearer ${token}`
    const answer = await ask(headers, `/token?access_token=${token}`)
    expect([answer.status, answer.challenge, answer.body]).toEqual(
      refused('an access token belongs in the Authorization header, and never in a URL'),
    )
    expect(answer.raw.text + answer.challenge).not.toContain(token)
  })
})

test('a token in a body is none', async () => {
  const body = new URLSearchParams({ access_token: token })
  expect((await send(`${api.origin}/token`, { body })).status).toBe(401)
})

describe('a token that is not good is refused with 401 invalid_token', () => {
  const description = 'the access token is unknown, revoked, expired, or for another API'
  const expectRefused = ({ status, challenge, body }: ApiAnswer) => {
    const error = 'invalid_token'
    expect([status, challenge, body]).toEqual([
      401,
      `Bearer error="${error}", error_description="${description}", ${metadata()}, DPoP ${algs}, ${metadata()}`,
      { error, error_description: description },
    ])
  }

  test.each(['nobody-issued-this', 'e30.e30.', 'a=='])('%s', async (text) => {
    expectRefused(await api.get('/token', text))
  })

  test('one for another API', async () => {
    const other = await startApi({
      verify: local(server),
      audience: 'https://other.example.test',
      baseUrl: api.origin,
    })
    const answer = await other.get('/token', token)
    await other.close()
    expectRefused(answer)
  })

  test('and says nothing of the token', async () => {
    const secret = 'a-token-that-nobody-issued'
    const { raw } = await api.get('/token', secret)
    expect(JSON.stringify(raw)).not.toContain(secret)
  })
})

describe('a good token that is not for what is asked is refused with 403', () => {
  test('it lacks a scope', async () => {
    const { status, challenge, body } = await api.get('/jobs', token)
    const description = 'the access token lacks a scope that this needs: export-jobs:write'
    expect([status, challenge, body]).toEqual([
      403,
      `Bearer error="insufficient_scope", error_description="${description}", scope="export-jobs:write"`,
      { error: 'insufficient_scope', error_description: description },
    ])
  })

  test('and passes where it has it', async () => {
    const params = { scope: 'companies:read export-jobs:write' }
    const { access_token } = await connect(server.issuer, { params })
    expect((await api.get('/jobs', access_token)).status).toBe(200)
  })

  test.each([
    ['it is for a company, where an organization is needed', '/organization'],
    ['it is for another company', '/company?company_id=00000000-0000-4000-8000-999999999999'],
    ['it is for another company than the path names', `/company/${idOf(nordlysDenmark)}`],
  ])('%s: another scope would be of no use, so no error is in the challenge', async (_, path) => {
    const { status, challenge, body } = await api.get(path, token)
    expect([status, challenge, body['error']]).toEqual([403, `Bearer ${metadata()}`, 'forbidden'])
  })

  test('and is told the realm, where nothing else is said', async () => {
    const plain = await startApi({ verify: local(server), resourceMetadata: false })
    const answer = await plain.get('/organization', token)
    await plain.close()
    expect([answer.challenge, answer.body]).toEqual([
      `Bearer realm="${plain.origin}"`,
      { error: 'forbidden', error_description: 'this needs an access token for an organization' },
    ])
  })
})

test('what fails behind it is not its answer', async () => {
  const { status, body } = await api.get(`/misspelled/${idOf(bakery)}`, token)
  expect([status, body['text']]).toEqual([500, 'Internal Server Error'])
})
