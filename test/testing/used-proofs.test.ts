import { hash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { local } from '../../lib/resource-server/index.ts'
import { createTestServer, type TestServer } from '../../lib/testing/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { createProofKeys, prove } from '../support/dpop.ts'
import { authorizationUrl, createPkce, post } from '../support/flow.ts'
import { send, toJson } from '../support/requests.ts'

// A proof of a client whose clock is ahead is good for longer than the accepted difference. It still counts once.

const audience = 'https://api.example.test'
const used = 'the DPoP proof was used before'
const ahead = () => ({ iat: Math.floor(Date.now() / 1000) + 290 })

let server: TestServer
let api: RunningApi
beforeAll(async () => {
  server = await createTestServer({
    resourceServer: { audience },
    lifetimes: { accessToken: 86_400 },
  })
  api = await startApi({ verify: local(server.server), audience })
})
afterAll(() => Promise.all([server.close(), api.close()]))

async function connectBound() {
  const client = server.clients.public
  const { verifier, challenge } = createPkce()
  const url = authorizationUrl(server.issuer, client, { code_challenge: challenge })
  const callback = await server.authorize(url)
  const keys = await createProofKeys()
  const token = `${server.issuer}/oauth/token`
  const given = {
    grant_type: 'authorization_code',
    client_id: client.client_id,
    redirect_uri: client.redirect_uris?.[0],
    code: callback.searchParams.get('code') ?? '',
    code_verifier: verifier,
  }
  const { body } = await post(token, given, await prove(keys, token))
  const refreshWith = (headers: Record<string, string>, refresh_token: unknown) => {
    const grant = { grant_type: 'refresh_token', refresh_token: String(refresh_token) }
    return post(token, { ...grant, client_id: client.client_id }, headers)
  }
  return { keys, token, body, refreshWith }
}

test('at the token endpoint, as long as it is good', async () => {
  const { keys, token, body, refreshWith } = await connectBound()
  const headers = await prove(keys, token, ahead())
  let latest = (await refreshWith(headers, body['refresh_token'])).body['refresh_token']
  expect(latest).toBeTypeOf('string')
  for (const seconds of [200, 200, 150]) {
    server.clock.advance(seconds)
    const { status, body: refused } = await refreshWith(headers, latest)
    expect([status, refused]).toEqual([
      400,
      { error: 'invalid_dpop_proof', error_description: used },
    ])
  }
  server.clock.advance(100)
  expect((await refreshWith(headers, latest)).body['error_description']).toContain('clock')
  latest = (await refreshWith(await prove(keys, token), latest)).status
  expect(latest).toBe(200)
})

test('at the API, as long as it is good', async () => {
  const { keys, body } = await connectBound()
  const value = String(body['access_token'])
  const ath = hash('sha256', value, 'base64url')
  const proof = await prove(keys, `${api.origin}/token`, { htm: 'GET', ath, ...ahead() })
  const headers = { authorization: `DPoP ${value}`, ...proof }
  const get = () => send(`${api.origin}/token`, { headers })
  expect((await get()).status).toBe(200)
  for (const seconds of [200, 200, 150]) {
    server.clock.advance(seconds)
    const answer = await get()
    expect([answer.status, toJson(answer)['error_description']]).toEqual([401, used])
  }
  server.clock.advance(100)
  expect(toJson(await get())['error_description']).toContain('clock')
})
