import { beforeEach, describe, expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { connect, consent, introspect, post, redeem, refresh } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { bakery } from '../support/people.ts'
import { register, type Credentials } from '../support/registered.ts'
import { basic } from '../support/requests.ts'
import { startServer, useServer } from '../support/server.ts'

const both = 'companies:read users:read'
const params = { scope: both }

const kinds = { opaque: startServer, JWTs: startJwtServer }

describe.each(Object.entries(kinds))('scopes that a client lost (%s)', (_, start) => {
  let client: Credentials
  const server = useRunning(start)
  beforeEach(async () => {
    client = await register(server.clients)
  })

  const setScope = (scope: string) => server.clients.update(client.client_id, { scope })
  const nothingLeft = {
    error: 'invalid_scope',
    error_description: 'the client is not registered any more for any of these scopes',
  }

  test('are not in what a refresh gives, and come back with the registration', async () => {
    const { refresh_token } = await connect(server.issuer, { client, params })
    await setScope('companies:read')
    const less = await refresh(server.issuer, refresh_token, client)
    expect([less.status, less.body['scope']]).toEqual([200, 'companies:read'])
    await setScope(both)
    const again = await refresh(server.issuer, String(less.body['refresh_token']), client)
    expect([again.status, again.body['scope']]).toEqual([200, both])
  })

  test('leave the refresh token as it is where nothing is left', async () => {
    const asked = { client, params: { scope: 'users:read' } }
    const { refresh_token } = await connect(server.issuer, asked)
    await setScope('companies:read')
    for (let tries = 0; tries < 2; tries += 1) {
      const refused = await refresh(server.issuer, refresh_token, client)
      expect([refused.status, refused.body]).toEqual([400, nothingLeft])
    }
    const of = { subject: bakery, clientId: client.client_id }
    expect(await server.connections.list(of)).toHaveLength(1)
    await setScope(both)
    const { status, body } = await refresh(server.issuer, refresh_token, client)
    expect([status, body['scope']]).toEqual([200, 'users:read'])
    expect(await introspect(server.issuer, String(body['access_token']), client)).toMatchObject({
      active: true,
      scope: 'users:read',
    })
  })

  test('leave the refresh token as it is where nothing is left of what a refresh asks for', async () => {
    const { refresh_token } = await connect(server.issuer, { client, params })
    await setScope('companies:read')
    const scope = 'users:read'
    const refused = await refresh(server.issuer, refresh_token, client, { scope })
    expect([refused.status, refused.body]).toEqual([400, nothingLeft])
    expect((await refresh(server.issuer, refresh_token, client)).status).toBe(200)
  })

  test('leave the code as it is where nothing is left', async () => {
    const given = await consent(server.issuer, {
      client,
      params: { scope: 'users:read' },
    })
    await setScope('companies:read')
    const refused = await redeem(server.issuer, given, client)
    expect([refused.status, refused.body]).toEqual([400, nothingLeft])
    await setScope(both)
    const { status, body } = await redeem(server.issuer, given, client)
    expect([status, body['scope']]).toEqual([200, 'users:read'])
  })

  test('leave the code as it is for a client that gets no refresh token', async () => {
    await server.clients.update(client.client_id, { grant_types: ['authorization_code'] })
    const given = await consent(server.issuer, {
      client,
      params: { scope: 'users:read' },
    })
    await setScope('companies:read')
    expect((await redeem(server.issuer, given, client)).body).toEqual(nothingLeft)
    await setScope(both)
    expect((await redeem(server.issuer, given, client)).status).toBe(200)
  })
})

describe('a grant type that the client is not registered for', () => {
  let client: Credentials
  const server = useServer()
  beforeEach(async () => {
    client = await register(server.clients)
  })

  const unauthorized = {
    error: 'unauthorized_client',
    error_description: 'requested grant type is not allowed for this client',
  }

  test('is unauthorized_client for a refresh, and the refresh token stays good', async () => {
    const { refresh_token } = await connect(server.issuer, { client })
    await server.clients.update(client.client_id, { grant_types: ['authorization_code'] })
    const refused = await refresh(server.issuer, refresh_token, client)
    expect([refused.status, refused.body]).toEqual([400, unauthorized])
    const grant_types = ['authorization_code', 'refresh_token']
    await server.clients.update(client.client_id, { grant_types })
    expect((await refresh(server.issuer, refresh_token, client)).status).toBe(200)
  })

  test('is unauthorized_client for a code', async () => {
    const given = await consent(server.issuer, { client })
    const nothing = { grant_types: [], response_types: [], redirect_uris: [] }
    await server.clients.update(client.client_id, nothing)
    const refused = await redeem(server.issuer, given, client)
    expect([refused.status, refused.body]).toEqual([400, unauthorized])
  })

  test('is unsupported_grant_type where this server does not have it', async () => {
    const asked = { grant_type: 'password', username: 'x', password: 'y' }
    const { status, body } = await post(`${server.issuer}/oauth/token`, asked, basic(client))
    expect([status, body['error']]).toEqual([400, 'unsupported_grant_type'])
  })
})
