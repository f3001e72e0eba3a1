import { afterEach, beforeEach, expect, test } from 'vitest'
import { jwt, local } from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { connectBound, proveUse } from '../support/bound-tokens.ts'
import { createProofKeys } from '../support/dpop.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, refresh, revoke } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { bakery, idOf, nordlysDenmark, nordlysGroup } from '../support/people.ts'
import { send } from '../support/requests.ts'
import { audience, confidential, organizationClient } from '../support/server.ts'

// JWT access tokens as this authorization server makes them, verified with its keys.

let api: RunningApi
let apis: RunningApi[]
const server = useRunning(startJwtServer)
beforeEach(async () => {
  api = await startApi({ verify: jwt({ issuer: server.issuer, audience }) })
  apis = [api]
})

afterEach(async () => {
  await Promise.all(apis.map((one) => one.close()))
})

test('says what it says to an API that introspects it', async () => {
  const params = { scope: 'companies:read users:read' }
  const ofGroup = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
  const asking = await startApi({ verify: local(server) })
  apis.push(asking)
  for (const options of [{ params }, ofGroup]) {
    const { access_token } = await connect(server.issuer, options)
    const { status, body } = await api.get('/token', access_token)
    expect([status, body]).toEqual([200, (await asking.get('/token', access_token)).body])
  }
})

test('is for its company alone, or for the companies of its organization', async () => {
  const ofCompany = (await connect(server.issuer)).access_token
  const options = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
  const ofGroup = (await connect(server.issuer, options)).access_token
  const denmark = `/company?company_id=${idOf(nordlysDenmark)}`
  expect((await api.get('/company', ofCompany)).body).toEqual({ company: idOf(bakery) })
  expect((await api.get(denmark, ofCompany)).status).toBe(403)
  expect((await api.get(denmark, ofGroup)).body).toEqual({ company: idOf(nordlysDenmark) })
  expect((await api.get(`/company/${idOf(bakery)}`, ofGroup)).status).toBe(403)
})

test('is good to its end, also when it was revoked, a refresh replaced it, or its connection ended', async () => {
  const [revoked, replaced, ended] = [
    await connect(server.issuer),
    await connect(server.issuer),
    await connect(server.issuer),
  ]
  await revoke(server.issuer, revoked.access_token)
  const { body } = await refresh(server.issuer, replaced.refresh_token)
  await server.connections.revoke({ clientId: confidential.client_id, subject: bakery })
  const tokens = [revoked, replaced, ended].map(({ access_token }) => access_token)
  for (const token of [...tokens, String(body['access_token'])]) {
    expect(await server.introspect(token)).toEqual({ active: false })
    expect((await api.get('/token', token)).status).toBe(200)
  }
})

test('passes with a proof of its key, and never as Bearer', async () => {
  const keys = await createProofKeys()
  const token = await connectBound(server.issuer, keys)
  const url = `${api.origin}/token`
  const proof = await proveUse(keys, token, { url })
  const headers = { authorization: `DPoP ${token}`, ...proof }
  expect((await send(url, { headers })).status).toBe(200)
  expect((await api.get('/token', token)).status).toBe(401)
})

test('that is no access token for this API is refused', async () => {
  const { refresh_token } = await connect(server.issuer)
  expect((await api.get('/token', refresh_token)).status).toBe(401)
  const { access_token } = await connect(server.issuer)
  const verify = jwt({ issuer: server.issuer, audience: 'https://other.example.test' })
  expect(await verify(access_token)).toBeUndefined()
})
