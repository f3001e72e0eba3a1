import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { describe, expect, test } from 'vitest'
import { isClientSecret } from '../../lib/index.ts'
import { connect, introspect, refresh } from '../support/flow.ts'
import { registration } from '../support/registered.ts'
import { pause, send, toJson } from '../support/requests.ts'
import {
  bearer,
  readSelf,
  selfRegister,
  sendJson,
  tryToRegister,
} from '../support/self-registered.ts'
import { resourceServer, useServer, type RunningServer } from '../support/server.ts'

const server = useServer({ registration: {} })
const open = useServer({ registration: { initialAccessToken: false } })

const endpoint = (at: RunningServer = server): string => `${at.issuer}/oauth/register`
const token = async (lifetime?: number): Promise<string> =>
  (await server.clients.createInitialAccessToken(lifetime === undefined ? {} : { lifetime })).token
let count = 0
const fresh = () => ({ ...registration, client_name: `Kontoret ${(count += 1)}` })

describe('published clients', () => {
  test('oauth4webapi registers, connects and refreshes', async () => {
    const as = await discover(server)
    const answer = await oauth.dynamicClientRegistrationRequest(as, fresh() as never, {
      initialAccessToken: await token(),
      [oauth.allowInsecureRequests]: true,
    })
    const client = await oauth.processDynamicClientRegistrationResponse(answer)
    const credentials = client as unknown as Parameters<typeof refresh>[2] & { client_id: string }
    const tokens = await connect(server.issuer, { client: credentials })
    expect((await refresh(server.issuer, tokens.refresh_token, credentials)).status).toBe(200)
  })

  test('openid-client does, as a public client as well', async () => {
    const metadata = { ...fresh(), token_endpoint_auth_method: 'none' }
    const configuration = await openid.dynamicClientRegistration(
      new URL(server.issuer),
      metadata as never,
      openid.None(),
      {
        algorithm: 'oauth2',
        initialAccessToken: await token(),
        execute: [openid.allowInsecureRequests],
      },
    )
    const client = configuration.clientMetadata()
    expect(client.client_secret).toBeUndefined()
    const { access_token } = await connect(server.issuer, { client: client as never })
    expect((await introspect(server.issuer, access_token, resourceServer))['active']).toBe(true)
  })
})

const discover = async ({ issuer }: RunningServer): Promise<oauth.AuthorizationServer> => {
  const url = new URL(issuer)
  const found = await oauth.discoveryRequest(url, {
    algorithm: 'oauth2',
    [oauth.allowInsecureRequests]: true,
  })
  return oauth.processDiscoveryResponse(url, found)
}

describe('a client that registered itself', () => {
  test('is told all that it is registered with, and what is made for it, once', async () => {
    const metadata = {
      ...fresh(),
      'client_name#da': 'Kontoret på dansk',
      client_uri: 'https://nordvind.example.test',
      test: true,
      dpop_bound_access_tokens: true,
      software_id: 'of no use here',
    }
    const answer = await tryToRegister(server, metadata)
    expect([answer.status, answer.headers['cache-control']]).toEqual([201, 'no-store'])
    const { software_id: _, ...known } = metadata
    const body = toJson(answer)
    expect(body).toEqual({
      ...known,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      client_id: expect.stringMatching(/^[\da-f-]{36}$/),
      client_id_issued_at: expect.any(Number),
      client_secret: expect.any(String),
      client_secret_expires_at: 0,
      registration_client_uri: `${endpoint()}/${String(body['client_id'])}`,
      registration_access_token: expect.stringMatching(/^pleo_rat_\w{49}$/),
    })
    expect(isClientSecret(String(body['client_secret']))).toBe(true)
    expect(Math.abs(Number(body['client_id_issued_at']) * 1000 - Date.now())).toBeLessThan(10_000)
  })

  test('is one of those that the host has, who sees where it comes from', async () => {
    const { client_id } = await selfRegister(server)
    const { client: other } = await server.clients.create(fresh())
    const listed = await server.clients.list()
    const origins = new Map(listed.map((one) => [one.clientId, one.isSelfRegistered]))
    expect([origins.get(client_id), origins.get(other.clientId)]).toEqual([true, false])
  })

  test('has its URL from the issuer, whatever the request says', async () => {
    const answer = await send(endpoint(), {
      headers: {
        ...bearer(await token()),
        'content-type': 'application/json',
        host: 'evil.example.test',
        'x-forwarded-host': 'evil.example.test',
      },
      body: JSON.stringify(fresh()),
    })
    expect(answer.status).toBe(201)
    expect(answer.text).not.toContain('evil')
  })
})

describe('what only the operator decides', () => {
  test.each([
    [{ verified: true }, 'verified'],
    [{ pkce_exception: true }, 'pkce_exception'],
    [{ grant_types: ['client_credentials'] }, 'grant_types[0]'],
  ])('is refused by name: %j', async (members, path) => {
    const answer = await tryToRegister(server, { ...fresh(), ...members })
    expect(answer.status).toBe(400)
    const { error, error_description: description } = toJson(answer)
    expect(error).toBe('invalid_client_metadata')
    expect(String(description).split('; ')).toContain(
      `${path} is decided by the operator of this server`,
    )
  })

  test.each([
    ['client_id', 'mine'],
    ['client_secret', 'mine-as-well'],
  ])('so are credentials: %s', async (member, value) => {
    const answer = await tryToRegister(server, { ...fresh(), [member]: value })
    expect([answer.status, toJson(answer)]).toEqual([
      400,
      {
        error: 'invalid_client_metadata',
        error_description: `${member} is made by the server`,
      },
    ])
    expect(answer.text).not.toContain('mine')
  })

  test('but to say what is so is no mistake', async () => {
    const client = await selfRegister(server, { verified: false, pkce_exception: false })
    expect(client.verified).toBeUndefined()
  })
})

test('what is wrong is said all at once, by member, in the words of RFC 7591', async () => {
  const uris = {
    ...fresh(),
    redirect_uris: ['http://a.example.test/', 'https://b.example.test/#x'],
  }
  expect(toJson(await tryToRegister(server, uris))).toEqual({
    error: 'invalid_redirect_uri',
    error_description:
      'redirect_uris[0] must use https, except for loopback hosts; redirect_uris[1] must not have a fragment (RFC 6749, Section 3.1.2)',
  })
  const both = await tryToRegister(server, { ...uris, contacts: ['nobody'] })
  expect(toJson(both)).toMatchObject({
    error: 'invalid_client_metadata',
    error_description: expect.stringContaining('contacts[0] must be an email address'),
  })
})

describe('an initial access token', () => {
  const statusWith = async (one: string, metadata: unknown = fresh()): Promise<number> =>
    (await sendJson(endpoint(), metadata, { token: one })).status

  test('is good for one client, also where two come at once', async () => {
    const one = await token()
    const before = (await server.clients.list()).length
    const attempts = Array.from({ length: 10 }, () => statusWith(one))
    const statuses = (await Promise.all(attempts)).toSorted((a, b) => a - b)
    expect(statuses).toEqual([201, ...Array.from({ length: 9 }, () => 401)])
    expect(await server.clients.list()).toHaveLength(before + 1)
    expect(await server.clients.endInitialAccessToken(one)).toBe(false)
  })

  test('is not used up by a mistake, and a name that was tried with a bad one is free', async () => {
    const one = await token()
    const metadata = fresh()
    expect(await statusWith('pleo_iat_bad', metadata)).toBe(401)
    expect(await statusWith(one, { ...metadata, contacts: ['nobody'] })).toBe(400)
    expect(await statusWith(one, metadata)).toBe(201)
    const other = await token()
    expect(await statusWith(other, metadata)).toBe(400)
    expect(await statusWith(other)).toBe(201)
  })

  test('ends by itself, and at once where it is ended', async () => {
    const short = await token(1)
    const ended = await token()
    expect(await server.clients.endInitialAccessToken(ended)).toBe(true)
    expect(await server.clients.endInitialAccessToken(ended)).toBe(false)
    expect(await statusWith(ended)).toBe(401)
    await pause(1100)
    expect(await statusWith(short)).toBe(401)
  })

  test('says when it ends, and refuses a lifetime that is none', async () => {
    const { expiresAt } = await server.clients.createInitialAccessToken()
    expect(Math.abs(expiresAt - Date.now() - 7 * 86_400_000)).toBeLessThan(10_000)
    for (const lifetime of [0, -1, 1.5, Number.NaN, Infinity])
      await expect(server.clients.createInitialAccessToken({ lifetime })).rejects.toThrow(
        RangeError,
      )
  })

  test('is asked for before anything is read, as RFC 6750 says', async () => {
    const realm = `Bearer realm="${server.issuer}"`
    const none = await sendJson(endpoint(), 'no JSON at all')
    expect([none.status, none.headers['www-authenticate']]).toEqual([401, realm])
    const bad = await sendJson(endpoint(), { client_name: 'Pleo' }, { token: 'bad' })
    expect([bad.status, toJson(bad)['error']]).toEqual([401, 'invalid_token'])
    expect(bad.headers['www-authenticate']).toBe(`${realm}, error="invalid_token"`)
    const inQuery = `${endpoint()}?access_token=${await token()}`
    expect((await sendJson(inQuery, fresh())).status).toBe(401)
  })

  test('opens nothing else', async () => {
    const client = await selfRegister(server)
    const registration_access_token = await token()
    expect((await readSelf({ ...client, registration_access_token })).status).toBe(401)
    expect(await statusWith(client.registration_access_token)).toBe(401)
    expect(await statusWith(client.client_secret)).toBe(401)
  })
})

test('everybody registers where that is said outright, by the same rules', async () => {
  const answer = await sendJson(endpoint(open), fresh())
  expect(answer.status).toBe(201)
  expect((await readSelf(toJson(answer) as never)).status).toBe(200)
  const refused = await sendJson(endpoint(open), { ...fresh(), verified: true })
  expect(refused.status).toBe(400)
})
