import * as client from 'openid-client'
import { createTestServer, type TestServer } from 'pleo-oauth-server/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'

let server: TestServer
let config: client.Configuration

beforeEach(async () => {
  server = await createTestServer()
  const { client_id, client_secret } = server.clients.confidential
  const execute = [client.allowInsecureRequests] // http, on this machine
  const issuer = new URL(server.issuer)
  config = await client.discovery(issuer, client_id, client_secret, undefined, { execute })
})

afterEach(() => server.close())

test('a customer connects', async () => {
  const pkceCodeVerifier = client.randomPKCECodeVerifier()
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: 'https://confidential.client.example/callback',
    scope: 'companies:read',
    code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
  })
  const callback = await server.authorize(url) // the browser, and the person in front of it
  const tokens = await client.authorizationCodeGrant(config, callback, { pkceCodeVerifier })
  expect(tokens.expires_in).toBe(900)
})

test('a refresh is sent again when its answer was lost', async () => {
  const connection = await server.connect()
  await connection.lostRefreshResponse()
  const tokens = await client.refreshTokenGrant(config, connection.tokens.refresh_token)
  expect(tokens.access_token).toBeTruthy()
})

test('a customer who ended the connection is asked to connect again', async () => {
  const connection = await server.connect()
  await connection.revokedByPerson() // or replay(), as a thief would end it
  const refreshed = client.refreshTokenGrant(config, connection.tokens.refresh_token)
  await expect(refreshed).rejects.toMatchObject({ error: 'invalid_grant' })
})
