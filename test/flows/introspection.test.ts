import { beforeAll, describe, expect, test } from 'vitest'
import { connect, consent, introspect, post, redeem, refresh } from '../support/flow.ts'
import type { Tokens } from '../support/flow.ts'
import { bakery, idOf, nordlysGroup } from '../support/people.ts'
import { basic, send } from '../support/requests.ts'
import {
  audience,
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
  startServer,
  useServer,
} from '../support/server.ts'

let url: string
const server = useServer()
let issuer: string
beforeAll(async () => {
  issuer = server.issuer
  url = `${issuer}/oauth/token/introspect`
})

const scope = 'companies:read users:read'
const connected = () => connect(issuer, { params: { scope } })
const inactive = { active: false }

const seconds = () => Math.floor(Date.now() / 1000)

/** The answer, with what differs from one token to the next checked and taken out. */
function withoutTimes(answer: Record<string, unknown>, lifetime: number, token: string): object {
  const { exp, iat, jti, ...rest } = answer
  expect([exp, iat].every((time) => Number.isInteger(time))).toBe(true)
  expect(Number(exp) - Number(iat)).toBe(lifetime)
  expect(Math.abs(Number(iat) - seconds())).toBeLessThan(5)
  expect(jti).toMatch(/^[\w-]{16,}$/)
  expect(token).not.toContain(jti)
  expect(jti).not.toContain(token)
  return rest
}

describe('introspection of an access token', () => {
  const members = () => ({
    active: true,
    sub: idOf(bakery),
    'urn:pleo:params:oauth:subject_urn': bakery,
    client_id: confidential.client_id,
    scope,
    token_type: 'Bearer',
    aud: audience,
    iss: issuer,
  })

  test('by its client has the members of the contract, with their types, and no other', async () => {
    const { access_token } = await connected()
    const { status, body, headers } = await post(url, { token: access_token }, basic(confidential))
    expect(status).toBe(200)
    expect(withoutTimes(body, 900, access_token)).toEqual(members())
    expect(headers.get('cache-control')).toBe('no-store')
  })

  test('by the registered resource server has the same', async () => {
    const { access_token } = await connected()
    const answer = await introspect(issuer, access_token, resourceServer)
    expect(withoutTimes(answer, 900, access_token)).toEqual(members())
    expect(answer).toEqual(await introspect(issuer, access_token))
  })

  test('for an organization says so', async () => {
    const options = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
    const { access_token } = await connect(issuer, options)
    expect(await introspect(issuer, access_token, resourceServer)).toMatchObject({
      sub: idOf(nordlysGroup),
      'urn:pleo:params:oauth:subject_urn': nordlysGroup,
      client_id: organizationClient.client_id,
    })
  })

  test('tells the narrower scope of a refresh', async () => {
    const { refresh_token } = await connected()
    const { body } = await refresh(issuer, refresh_token, confidential, { scope: 'users:read' })
    const answer = await introspect(issuer, String(body['access_token']))
    expect(answer['scope']).toBe('users:read')
  })

  test('has another jti for another token, and the same for the same', async () => {
    const [one, other] = [await connected(), await connected()]
    const answers = [one, other, one].map(({ access_token }) => introspect(issuer, access_token))
    const [first, second, again] = (await Promise.all(answers)).map(({ jti }) => jti)
    expect(second).not.toBe(first)
    expect(again).toBe(first)
  })

  test.each(['access_token', 'refresh_token', 'nonsense'])(
    'finds it whatever token_type_hint says: %s',
    async (token_type_hint) => {
      const { access_token: token } = await connected()
      const answer = await post(url, { token, token_type_hint }, basic(confidential))
      expect(answer.body['active']).toBe(true)
    },
  )

  test('by the API has the members for the token of a public client', async () => {
    const token = await tokenOfPublicClient()
    const answer = await introspect(issuer, token, resourceServer)
    expect(answer).toMatchObject({ active: true, client_id: publicClient.client_id })
  })
})

const tokenOfPublicClient = async (): Promise<string> => {
  const given = await consent(issuer, { client: publicClient })
  return String((await redeem(issuer, given, publicClient)).body['access_token'])
}

describe('a public client, which cannot authenticate, is refused', () => {
  const client_id = publicClient.client_id ?? ''
  const raw = (pair: string) => ({
    authorization: `Basic ${Buffer.from(pair).toString('base64')}`,
  })
  test.each<[string, Record<string, string>, Record<string, string>]>([
    ['with its id in the body', { client_id }, {}],
    ['with an empty secret in the body', { client_id, client_secret: '' }, {}],
    ['with its id in the header', {}, raw(`${client_id}:`)],
    ['with its id on both ways', { client_id }, raw(`${client_id}:`)],
    ['with a secret that it does not have', { client_id, client_secret: 'guessed' }, {}],
    ['with such a secret in the header', {}, raw(`${client_id}:guessed`)],
  ])('%s', async (_, fields, headers) => {
    const { access_token: foreign } = await connected()
    for (const token of [
      await tokenOfPublicClient(),
      foreign,
      'unknown',
      'a.jwt.maybe',
      undefined,
    ]) {
      const answer = await post(url, { token, ...fields }, headers)
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client'])
      expect(answer.body).not.toHaveProperty('active')
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /)
    }
  })

  test('and its question is no use of the connection', async () => {
    const own = await startServer()
    const { access_token } = await connect(own.issuer, { client: publicClient })
    const lastUse = async () =>
      (await own.connections.list({ subject: bakery }))[0]?.grants[0]?.lastUsedAt
    await introspect(own.issuer, access_token, publicClient)
    expect(await lastUse()).toBeUndefined()
    await introspect(own.issuer, access_token, resourceServer)
    expect(await lastUse()).toBeDefined()
    await own.close()
  })
})

describe('introspection of a refresh token', () => {
  test('is for its client', async () => {
    const { refresh_token } = await connected()
    const answer = await introspect(issuer, refresh_token)
    expect(withoutTimes(answer, 60 * 86_400, refresh_token)).toEqual({
      active: true,
      sub: idOf(bakery),
      'urn:pleo:params:oauth:subject_urn': bakery,
      client_id: confidential.client_id,
      scope,
      token_type: 'refresh_token',
      aud: audience,
      iss: issuer,
    })
  })

  test('tells the resource server nothing: it must not pass for an access token', async () => {
    const { refresh_token: token } = await connected()
    expect(await introspect(issuer, token, resourceServer)).toEqual(inactive)
    const hinted = await post(
      url,
      { token, token_type_hint: 'refresh_token' },
      basic(resourceServer),
    )
    expect(hinted.body).toEqual(inactive)
  })
})

describe('introspection answers {"active":false} and nothing else', () => {
  let tokens: Tokens
  beforeAll(async () => {
    tokens = await connected()
  })
  const exactly = '{"active":false}'
  const ask = (token: string, client = confidential) =>
    send(url, { body: new URLSearchParams({ token }), headers: basic(client) })

  test.each([
    ['for what nobody issued', 'nobody-issued-this'],
    ['for what looks like a JWT', 'eyJhbGciOiJub25lIn0.e30.'],
    [
      'for what looks like a signed JWT',
      'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJhIjoxfQ.c2ln',
    ],
    [
      'for what looks like an encrypted JWT',
      'eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..aXY.Y3Q.dGFn',
    ],
    ['for a null byte', 'a\0b'],
    ['for other letters', 'tøken 🥐'],
  ])('%s', async (_, token) => {
    const answer = await ask(token)
    expect([answer.status, answer.text]).toEqual([200, exactly])
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.headers['cache-control']).toBe('no-store')
  })

  test('for the tokens of another client', async () => {
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const answer = await ask(token, organizationClient)
      expect([answer.status, answer.text]).toEqual([200, exactly])
    }
    expect((await introspect(issuer, tokens.access_token))['active']).toBe(true)
  })

  test('for a code', async () => {
    const { code } = await consent(issuer)
    expect((await ask(code)).text).toBe(exactly)
    expect((await ask(code, resourceServer)).text).toBe(exactly)
  })

  test('in the same headers for a foreign token as for none', async () => {
    const names = async (token: string) => {
      const { date: _, ...headers } = (await ask(token, organizationClient)).headers
      return headers
    }
    const nothing = await names('nobody-issued-this')
    expect(await names(tokens.access_token)).toEqual(nothing)
    expect(await names('eyJhbGciOiJub25lIn0.e30.')).toEqual(nothing)
  })
})

describe('introspection refuses', () => {
  const failed = { error: 'invalid_client', error_description: 'client authentication failed' }

  test('a wrong secret with 401 and a challenge', async () => {
    const answer = await post(url, { token: 'x' }, basic(confidential, 'wrong'))
    expect([answer.status, answer.body]).toEqual([401, failed])
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="/)
  })

  test('a wrong secret in the body, and an unknown client, with 401', async () => {
    for (const client_id of [confidential.client_id, 'nobody-knows']) {
      const answer = await post(url, { token: 'x', client_id, client_secret: 'wrong' })
      expect([answer.status, answer.body]).toEqual([401, failed])
    }
  })

  test('nobody in particular, and a request without a token', async () => {
    const anonymous = await post(url, { token: 'x' })
    const error_description = 'no client authentication mechanism provided'
    expect([anonymous.status, anonymous.body]).toEqual([
      401,
      { error: 'invalid_client', error_description },
    ])
    const empty = await post(url, {}, basic(confidential))
    expect([empty.status, empty.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: "missing required parameter 'token'" },
    ])
  })
})
