import { beforeAll, describe, expect, test } from 'vitest'
import { grantIdOf } from '../../lib/grants/token-values.ts'
import { connect, consent, post, redeem, refresh, revoke } from '../support/flow.ts'
import { areActive, basic, send } from '../support/requests.ts'
import {
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
  url = `${issuer}/oauth/token/revoke`
})

const ask = (fields: Record<string, string>, client = confidential) =>
  send(url, { body: new URLSearchParams(fields), headers: basic(client) })

const refused = {
  error: 'invalid_grant',
  error_description: 'unknown, revoked, or of another client',
}

describe('revocation', () => {
  test.each(['access_token', 'refresh_token', 'nonsense', ''])(
    'of a refresh token ends the connection, with token_type_hint "%s"',
    async (token_type_hint) => {
      const { access_token, refresh_token: token } = await connect(issuer)
      const answer = await ask({ token, token_type_hint })
      expect([answer.status, answer.text]).toEqual([200, '{}'])
      expect(await areActive(issuer, [access_token, token])).toEqual([false, false])
      const { status, body } = await refresh(issuer, token)
      expect([status, body]).toEqual([400, refused])
    },
  )

  test('of a used refresh token does not leave the connection standing', async () => {
    const { refresh_token } = await connect(issuer)
    const { body } = await refresh(issuer, refresh_token)
    expect((await revoke(issuer, refresh_token)).status).toBe(200)
    const next = [String(body['access_token']), String(body['refresh_token'])]
    expect(await areActive(issuer, next)).toEqual([false, false])
  })

  test('of an access token ends that token alone', async () => {
    const { access_token, refresh_token } = await connect(issuer)
    const answer = await ask({ token: access_token })
    expect([answer.status, answer.text]).toEqual([200, '{}'])
    expect(await areActive(issuer, [access_token, refresh_token])).toEqual([false, true])
    const { status, body } = await refresh(issuer, refresh_token)
    expect(status).toBe(200)
    expect(await areActive(issuer, [String(body['access_token'])])).toEqual([true])
  })

  test('twice is as good as once', async () => {
    const { refresh_token: token } = await connect(issuer)
    await ask({ token })
    const answer = await ask({ token })
    expect([answer.status, answer.text]).toEqual([200, '{}'])
  })

  test('is open to public clients, for their own tokens', async () => {
    const given = await consent(issuer, { client: publicClient })
    const { body } = await redeem(issuer, given, publicClient)
    const [token, accessToken] = [String(body['refresh_token']), String(body['access_token'])]
    expect(await areActive(issuer, [accessToken], resourceServer)).toEqual([true])
    expect((await revoke(issuer, token, publicClient)).status).toBe(200)
    expect(await areActive(issuer, [accessToken], resourceServer)).toEqual([false])
  })

  test('ends a code with its connection', async () => {
    const given = await consent(issuer)
    const { body } = await redeem(issuer, given)
    await revoke(issuer, String(body['refresh_token']))
    const again = await redeem(issuer, given)
    expect([again.status, again.body['error']]).toEqual([400, 'invalid_grant'])
  })
})

describe('the events of the framework', () => {
  test('tell which token was revoked, and which grant ended with it', async () => {
    const seen: unknown[] = []
    const note =
      (name: string) =>
      ({ kind, jti }: { readonly kind: string; readonly jti: string }) =>
        seen.push([name, kind, jti])
    const [noteAccess, noteRefresh] = [note('access'), note('refresh')]
    const noteGrant = (_ctx: unknown, grantId: string) => seen.push(['grant', grantId])
    const { provider } = server
    provider.on('access_token.destroyed', noteAccess)
    provider.on('refresh_token.destroyed', noteRefresh)
    provider.on('grant.revoked', noteGrant)
    const { access_token, refresh_token } = await connect(issuer)
    await ask({ token: access_token })
    expect(seen.splice(0)).toEqual([['access', 'AccessToken', access_token]])
    await ask({ token: refresh_token }, organizationClient)
    expect(seen).toEqual([])
    await ask({ token: refresh_token })
    expect(seen).toEqual([
      ['refresh', 'RefreshToken', refresh_token],
      ['grant', grantIdOf(refresh_token)],
    ])
    provider.off('access_token.destroyed', noteAccess)
    provider.off('refresh_token.destroyed', noteRefresh)
    provider.off('grant.revoked', noteGrant)
  })

  test('an access token ends its connection if configure says so in revokeGrantPolicy', async () => {
    const own = await startServer({
      configure: (configuration) => ({ ...configuration, revokeGrantPolicy: () => true }),
    })
    const { access_token, refresh_token } = await connect(own.issuer)
    await revoke(own.issuer, access_token)
    expect(await areActive(own.issuer, [access_token, refresh_token])).toEqual([false, false])
    await own.close()
  })
})

describe('revocation answers 200 with an empty object, and does nothing', () => {
  test.each([
    ['for what nobody issued', 'nobody-issued-this'],
    ['for what looks like a JWT', 'eyJhbGciOiJub25lIn0.e30.'],
    [
      'for what looks like a signed JWT',
      'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJhIjoxfQ.c2ln',
    ],
    ['for a null byte', 'a\0b'],
  ])('%s, in the same headers', async (_, token) => {
    const answer = await ask({ token })
    expect([answer.status, answer.text]).toEqual([200, '{}'])
    const { refresh_token } = await connect(issuer)
    const { date: _date, ...expected } = (await ask({ token: refresh_token })).headers
    const { date: _other, ...headers } = answer.headers
    expect(headers).toEqual(expected)
  })

  test.each([
    ['another client', organizationClient],
    ['the resource server', resourceServer],
  ])('for the tokens of a client, asked by %s', async (_, stranger) => {
    const { access_token, refresh_token } = await connect(issuer)
    for (const token of [access_token, refresh_token]) {
      const answer = await ask({ token }, stranger)
      expect([answer.status, answer.text]).toEqual([200, '{}'])
    }
    expect(await areActive(issuer, [access_token, refresh_token])).toEqual([true, true])
    expect((await refresh(issuer, refresh_token)).status).toBe(200)
  })

  test('for the tokens of a client, asked by a public client', async () => {
    const { access_token, refresh_token } = await connect(issuer)
    for (const token of [access_token, refresh_token]) {
      const answer = await revoke(issuer, token, publicClient)
      expect([answer.status, answer.body]).toEqual([200, {}])
    }
    expect(await areActive(issuer, [access_token, refresh_token])).toEqual([true, true])
  })

  test('for a code, which stays good', async () => {
    const given = await consent(issuer)
    expect((await ask({ token: given.code })).status).toBe(200)
    expect((await redeem(issuer, given)).status).toBe(200)
  })
})

describe('revocation refuses', () => {
  test('a wrong secret with 401 and a challenge, and does nothing', async () => {
    const { refresh_token: token } = await connect(issuer)
    const answer = await post(url, { token }, basic(confidential, 'wrong'))
    expect([answer.status, answer.body]).toEqual([
      401,
      { error: 'invalid_client', error_description: 'client authentication failed' },
    ])
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="/)
    expect(await areActive(issuer, [token])).toEqual([true])
  })

  test('nobody in particular, and a request without a token', async () => {
    const { refresh_token: token } = await connect(issuer)
    const anonymous = await post(url, { token })
    expect([anonymous.status, anonymous.body]).toEqual([
      401,
      {
        error: 'invalid_client',
        error_description: 'no client authentication mechanism provided',
      },
    ])
    expect(await areActive(issuer, [token])).toEqual([true])
    const empty = await post(url, {}, basic(confidential))
    expect([empty.status, empty.body]).toEqual([
      400,
      { error: 'invalid_request', error_description: "missing required parameter 'token'" },
    ])
  })
})
