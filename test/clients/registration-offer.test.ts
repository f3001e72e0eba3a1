import { describe, expect, test } from 'vitest'
import { connect } from '../support/flow.ts'
import { registration } from '../support/registered.ts'
import { send, toJson } from '../support/requests.ts'
import {
  readSelf,
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
  tryToRegister,
} from '../support/self-registered.ts'
import { useServer } from '../support/server.ts'

// A client sends one registration to servers of every kind. It gets what there is, and is told what that is.

const server = useServer({ registration: {} })
const resourceServer = {
  audience: 'https://api.example.test',
  defaultScopes: ['users:read', 'companies:read'],
}
const withDefault = useServer({ registration: {}, resourceServer })
const open = useServer({ registration: { initialAccessToken: false } })

let count = 0
const fresh = () => ({ ...registration, client_name: `Alverdens ${(count += 1)}` })

const unheardOf = {
  scope: 'openid companies:read offline_access mcp:tools users:read',
  grant_types: [
    'authorization_code',
    'urn:ietf:params:oauth:grant-type:device_code',
    'refresh_token',
    'client_credentials',
    'implicit',
  ],
  response_types: ['code', 'none', 'code id_token'],
}
const got = {
  scope: 'companies:read users:read',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
}

describe('what a client cannot have is left out', () => {
  test('of a registration, which says what is registered, and works', async () => {
    const answer = await tryToRegister(server, { ...fresh(), ...unheardOf })
    expect([answer.status, toJson(answer)]).toMatchObject([201, got])
    const client = toJson(answer) as never
    expect(toJson(await readSelf(client))).toMatchObject(got)
    expect((await connect(server.issuer, { client })).scope).toBe('companies:read')
  })

  test('of a replacement', async () => {
    const client = await selfRegister(server)
    const answer = await replaceSelf(client, toReplacement(client, unheardOf))
    expect([answer.status, toJson(answer)]).toMatchObject([200, got])
  })

  test.each([
    [{ scope: 'companies:read  email' }, { scope: 'companies:read' }],
    [{ optional_scope: 'users:read email' }, { optional_scope: 'users:read' }],
    [{ grant_types: ['authorization_code', 'password'] }, { grant_types: ['authorization_code'] }],
    [{ response_types: ['token', 'code'] }, { response_types: ['code'] }],
  ])('as of %j', async (sent, registered) => {
    const answer = await tryToRegister(server, { ...fresh(), ...sent })
    expect([answer.status, toJson(answer)]).toMatchObject([201, registered])
  })

  test('and no optional scope is left if the server has none of them', async () => {
    const answer = await tryToRegister(server, { ...fresh(), optional_scope: 'email phone' })
    expect([answer.status, toJson(answer)['optional_scope']]).toEqual([201, undefined])
  })
})

describe('a client is refused', () => {
  test.each([
    [{ scope: 'openid email' }, 'scope[0] names a scope that the resource server does not have'],
    [{ grant_types: ['client_credentials'] }, 'grant_types[0] is decided by'],
    [{ grant_types: ['implicit', 'password'] }, 'grant_types[1] is decided by'],
    [{ response_types: ['token', 'none'] }, "response_types[0] must be 'code'"],
  ])('that nothing is left for: %j', async (sent, why) => {
    const client = await selfRegister(server)
    for (const answer of [
      await tryToRegister(server, { ...fresh(), ...sent }),
      await replaceSelf(client, toReplacement(client, sent)),
    ]) {
      expect([answer.status, toJson(answer)['error']]).toEqual([400, 'invalid_client_metadata'])
      expect(toJson(answer)['error_description']).toContain(why)
    }
  })

  test.each([
    [{ redirect_uris: ['https://nordvind.example.test/', 'http://nordvind.example.test/'] }],
    [{ token_endpoint_auth_method: 'private_key_jwt' }],
    [{ dpop_bound_access_tokens: 'yes' }],
    [{ client_name: 'Pleo' }],
    [{ optional_scope: 'export-jobs:write' }],
    [{ scope: 7 }],
    [{ grant_types: 'authorization_code' }],
    [{ grant_types: ['authorization_code', 1] }],
  ])('for what is wrong and not just too much: %j', async (sent) => {
    expect((await tryToRegister(server, { ...fresh(), ...sent })).status).toBe(400)
  })

  test.each([
    [{ scope: 'companies:read email' }, 'scope[1]'],
    [{ grant_types: ['authorization_code', 'implicit'] }, 'grant_types'],
    [{ response_types: ['code', 'token'] }, 'response_types[1]'],
  ])('by every other door, which names the mistake: %j', async (sent, path) => {
    const create = server.clients.create({ ...fresh(), ...sent })
    await expect(create).rejects.toMatchObject({ issues: [{ path }] })
  })
})

describe('a client that names no scope', () => {
  const { scope: _, ...withoutScope } = registration
  const unnamed = () => ({ ...withoutScope, client_name: `Uden ${(count += 1)}` })

  test('is registered with the default scopes if the host has set some', async () => {
    const answer = await tryToRegister(withDefault, unnamed())
    const defaults = { scope: 'users:read companies:read' }
    expect([answer.status, toJson(answer)]).toMatchObject([201, defaults])
    const client = toJson(answer) as never
    const replaced = await replaceSelf(client, toReplacement(client, { scope: null }))
    expect([replaced.status, toJson(replaced)]).toMatchObject([200, defaults])
    expect(
      (await connect(withDefault.issuer, { client, params: { scope: undefined } })).scope,
    ).toBe('companies:read users:read')
  })

  test('is refused if not, and by every other door', async () => {
    const why = 'scope is required: the scopes the client may ask for'
    const answer = await tryToRegister(server, unnamed())
    expect([answer.status, toJson(answer)['error_description']]).toEqual([400, why])
    await expect(withDefault.clients.create(unnamed())).rejects.toThrow(why)
  })

  test('gets none if it asks no person', async () => {
    const sent = { ...unnamed(), grant_types: ['refresh_token'], redirect_uris: [] }
    expect(toJson(await tryToRegister(withDefault, sent))['scope']).toBeUndefined()
  })
})

describe('a web page on another site', () => {
  const headers = { origin: 'https://tools.example.test', 'content-type': 'application/json' }
  const preflight = {
    ...headers,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type,mcp-protocol-version',
  }

  test('registers a client, and reads the answer, if everybody may', async () => {
    const url = `${open.issuer}/oauth/register`
    const asked = await send(url, { method: 'OPTIONS', headers: preflight })
    expect([asked.status, asked.text, asked.headers]).toMatchObject([
      204,
      '',
      {
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'content-type,mcp-protocol-version',
      },
    ])
    const sendFrom = (body: object) => send(url, { headers, body: JSON.stringify(body) })
    for (const [body, status] of [
      [fresh(), 201],
      [{ ...fresh(), redirect_uris: [] }, 400],
    ] as const) {
      const answer = await sendFrom(body)
      expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([status, '*'])
      expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
    }
    const plain = await send(url, { method: 'OPTIONS' })
    expect([plain.status, plain.headers.allow]).toEqual([204, 'POST, OPTIONS'])
    expect((await send(url, { method: 'PUT', headers })).headers.allow).toBe('POST, OPTIONS')
  })

  test('does not if a token is needed, nor does it manage a client', async () => {
    const client = toJson(await sendJson(`${open.issuer}/oauth/register`, fresh()))
    for (const url of [
      `${server.issuer}/oauth/register`,
      String(client['registration_client_uri']),
    ]) {
      const asked = await send(url, { method: 'OPTIONS', headers: preflight })
      expect([asked.status, asked.headers['access-control-allow-origin']]).toEqual([405, undefined])
    }
  })
})
