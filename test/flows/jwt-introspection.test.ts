import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { connect, introspect, post, refresh, revoke } from '../support/flow.ts'
import type { Tokens } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { bakery, idOf } from '../support/people.ts'
import { register } from '../support/registered.ts'
import { areActive, basic, send } from '../support/requests.ts'
import {
  audience,
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
} from '../support/server.ts'

const server = useRunning(startJwtServer)
let issuer: string
beforeAll(() => void ({ issuer } = server))

const inactive = { active: false }
const verify = async (token: string) =>
  jwtVerify(token, createRemoteJWKSet(new URL(`${issuer}/oauth/jwks`)), { issuer, audience })

describe('introspection of a JWT', () => {
  test('has the members it has for any access token, with its claims', async () => {
    const { access_token } = await connect(issuer)
    const { exp, iat, jti } = decodeJwt(access_token)
    const expected = {
      active: true,
      sub: idOf(bakery),
      'urn:pleo:params:oauth:subject_urn': bakery,
      client_id: confidential.client_id,
      scope: 'companies:read',
      token_type: 'Bearer',
      aud: audience,
      iss: issuer,
      exp,
      iat,
      jti,
    }
    for (const reader of [confidential, resourceServer]) {
      expect(await introspect(issuer, access_token, reader)).toEqual(expected)
    }
  })

  test.each(['access_token', 'refresh_token', 'nonsense'])(
    'finds it whatever token_type_hint says: %s',
    async (token_type_hint) => {
      const { access_token: token } = await connect(issuer)
      const fields = { token, token_type_hint }
      const answer = await post(`${issuer}/oauth/token/introspect`, fields, basic(confidential))
      expect(answer.body['active']).toBe(true)
    },
  )

  test('is JSON in the headers it has for any token, also for clients that rather have a page', async () => {
    const [jwt, { refresh_token }] = [await connect(issuer), await connect(issuer)]
    const ask = (token: string, accept: string) =>
      send(`${issuer}/oauth/token/introspect`, {
        body: new URLSearchParams({ token }),
        headers: { ...basic(confidential), accept },
      })
    for (const accept of ['application/json', 'text/html, image/gif, *; q=.2, */*; q=.2']) {
      const { status, headers, text } = await ask(jwt.access_token, accept)
      const other = await ask(refresh_token, accept)
      expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ active: true })])
      expect({ ...headers, date: '', 'content-length': '' }).toEqual({
        ...other.headers,
        date: '',
        'content-length': '',
      })
      expect((await ask('eyJhbGciOiJub25lIn0.e30.', accept)).text).toBe('{"active":false}')
    }
  })

  test('tells other clients nothing, and leaves the token good', async () => {
    const { access_token } = await connect(issuer)
    expect(await introspect(issuer, access_token, organizationClient)).toEqual(inactive)
    const refused = await introspect(issuer, access_token, publicClient)
    expect([refused['error'], refused['active']]).toEqual(['invalid_client', undefined])
    expect((await introspect(issuer, access_token))['active']).toBe(true)
    const wrong = { ...confidential, client_secret: 'wrong' }
    expect((await introspect(issuer, access_token, wrong))['error']).toBe('invalid_client')
  })

  test('knows no token by what stands in a JWT', async () => {
    const { access_token } = await connect(issuer)
    const { jti = '', 'urn:pleo:params:oauth:grant': grant } = decodeJwt(access_token)
    for (const token of [jti, String(grant), `${String(grant)}${jti}`]) {
      expect(await introspect(issuer, token)).toEqual(inactive)
      expect((await refresh(issuer, token)).body['error']).toBe('invalid_grant')
    }
  })

  test('notes that the connection is in use', async () => {
    const { access_token } = await connect(issuer)
    const grantId = decodeJwt(access_token)['urn:pleo:params:oauth:grant']
    const lastUsed = async (): Promise<number | undefined> => {
      const of = { subject: bakery, clientId: confidential.client_id }
      const grants = (await server.connections.list(of)).flatMap((connection) => connection.grants)
      return grants.find((grant) => grant.grantId === grantId)?.lastUsedAt
    }
    expect(await lastUsed()).toBeUndefined()
    await introspect(issuer, access_token, resourceServer)
    expect(await lastUsed()).toBeGreaterThan(0)
  })
})

describe('a JWT is not active any more, though it verifies,', () => {
  async function expectEnded({ access_token }: Pick<Tokens, 'access_token'>): Promise<void> {
    for (const reader of [confidential, resourceServer]) {
      expect(await introspect(issuer, access_token, reader)).toEqual(inactive)
    }
    await expect(verify(access_token)).resolves.toBeDefined()
  }

  test('once a refresh has replaced it', async () => {
    const first = await connect(issuer)
    const { body } = await refresh(issuer, first.refresh_token)
    await expectEnded(first)
    expect(await areActive(issuer, [String(body['access_token'])])).toEqual([true])
  })

  test('once it is revoked, which ends nothing else and is answered like any revocation', async () => {
    const [revoked, other] = [await connect(issuer), await connect(issuer)]
    const ask = (token: string) =>
      send(`${issuer}/oauth/token/revoke`, {
        body: new URLSearchParams({ token }),
        headers: { ...basic(confidential), accept: 'text/html, */*' },
      })
    const { date: _, ...headers } = (await ask('nobody-issued-this')).headers
    const destroyed: string[] = []
    const note = ({ jti }: { readonly jti: string }) => destroyed.push(jti)
    server.provider.on('access_token.destroyed', note)
    for (let turn = 0; turn < 2; turn += 1) {
      const answer = await ask(revoked.access_token)
      expect([answer.status, answer.text]).toEqual([200, '{}'])
      expect({ ...answer.headers, date: undefined }).toEqual({ ...headers, date: undefined })
    }
    server.provider.off('access_token.destroyed', note)
    expect(destroyed).toEqual([decodeJwt(revoked.access_token).jti])
    await expectEnded(revoked)
    const alive = [revoked.refresh_token, other.access_token, other.refresh_token]
    expect(await areActive(issuer, alive)).toEqual([true, true, true])
    const { status, body } = await refresh(issuer, revoked.refresh_token)
    expect(status).toBe(200)
    expect(await areActive(issuer, [String(body['access_token'])])).toEqual([true])
    await expectEnded(revoked)
  })

  test('once its refresh token is revoked, or the host ends the connection', async () => {
    const [revoked, ended] = [await connect(issuer), await connect(issuer)]
    await revoke(issuer, revoked.refresh_token)
    await expectEnded(revoked)
    const grantId = String(decodeJwt(ended.access_token)['urn:pleo:params:oauth:grant'])
    expect(await server.connections.revoke({ grantId })).toBe(1)
    await expectEnded(ended)
  })

  test("once its grant is another client's", async () => {
    const tokens = await connect(issuer)
    const grantId = String(decodeJwt(tokens.access_token)['urn:pleo:params:oauth:grant'])
    const grant = await server.provider.Grant.find(grantId)
    if (!grant) throw new Error('no grant')
    grant.clientId = organizationClient.client_id
    await grant.save()
    await expectEnded(tokens)
  })

  test('while its client is suspended, and for ever once that is removed', async () => {
    const client = await register(server.clients)
    const tokens = await connect(issuer, { client })
    const ask = () => introspect(issuer, tokens.access_token, resourceServer)
    await server.clients.suspend(client.client_id)
    expect(await ask()).toEqual(inactive)
    await server.clients.resume(client.client_id)
    expect(await ask()).toMatchObject({ active: true })
    await server.clients.remove(client.client_id)
    await expectEnded(tokens)
  })
})

describe('the revocation of a JWT', () => {
  test.each([
    ['another client', organizationClient],
    ['a public client', publicClient],
    ['the resource server', resourceServer],
  ])('by %s does nothing', async (_, stranger) => {
    const { access_token } = await connect(issuer)
    const answer = await revoke(issuer, access_token, stranger)
    expect([answer.status, answer.body]).toEqual([200, {}])
    expect(await areActive(issuer, [access_token])).toEqual([true])
  })

  test('needs the secret of its client', async () => {
    const { access_token } = await connect(issuer)
    const answer = await revoke(issuer, access_token, { ...confidential, client_secret: 'wrong' })
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client'])
    expect(await areActive(issuer, [access_token])).toEqual([true])
  })
})
