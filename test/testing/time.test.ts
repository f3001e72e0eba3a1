import { afterEach, describe, expect, test } from 'vitest'
import {
  createTestServer,
  type TestServer,
  type TestServerOptions,
} from '../../lib/testing/index.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'
import { send, toJson, type RawAnswer } from '../support/requests.ts'

const running: TestServer[] = []

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await createTestServer(options)
  running.push(server)
  return server
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close()))
})

const day = 86_400

type Redeem = () => Promise<RawAnswer>

/** A code for the public client, and how it redeems that: on a connection of its own each time. */
async function askFor(server: TestServer): Promise<Redeem> {
  const client = server.clients.public
  const { verifier, challenge } = createPkce()
  const url = authorizationUrl(server.issuer, client, { code_challenge: challenge })
  const callback = await server.authorize(url)
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: client.client_id,
    redirect_uri: client.redirect_uris?.[0] ?? '',
    code: callback.searchParams.get('code') ?? '',
    code_verifier: verifier,
  })
  return () => send(`${server.issuer}/oauth/token`, { body })
}

describe('when time passes', () => {
  test('an access token ends after 15 minutes, and the refresh token does not', async () => {
    const server = await start()
    const connection = await server.connect()
    server.clock.advance(895)
    expect((await connection.introspect()).active).toBe(true)
    server.clock.advance(5)
    expect(await connection.introspect()).toEqual({ active: false })
    expect((await connection.refresh()).expires_in).toBe(900)
    expect((await connection.introspect()).active).toBe(true)
  })

  test('a refresh token ends after 60 days, counted from the last refresh', async () => {
    const server = await start()
    const connection = await server.connect()
    server.clock.advance(50 * day)
    await connection.refresh()
    server.clock.advance(50 * day)
    await connection.refresh()
    server.clock.advance(60 * day)
    await expect(connection.refresh()).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  test('a connection ends after 365 days, however often it is refreshed', async () => {
    const server = await start()
    const connection = await server.connect()
    for (let days = 50; days <= 350; days += 50) {
      server.clock.advance(50 * day)
      await connection.refresh()
    }
    server.clock.advance(15 * day)
    await expect(connection.refresh()).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  test('a code ends after a minute', async () => {
    const server = await start()
    const [first, second] = [await askFor(server), await askFor(server)]
    server.clock.advance(55)
    expect((await first()).status).toBe(200)
    server.clock.advance(5)
    expect((await second()).status).toBe(400)
  })

  test('a person who thinks too long has to start again', async () => {
    const server = await start()
    const { groupAdministrator: person } = server.people
    const url = authorizationUrl(server.issuer, server.clients.public, {
      code_challenge: createPkce().challenge,
    })
    const thinking = server.authorize(url, {
      account: async (page, browser) => {
        const { username, password } = person
        const consent = await browser.submit(page, { username, password })
        server.clock.advance(3600)
        return consent
      },
    })
    await expect(thinking).rejects.toThrow(/the decision was not taken: .* \(400\)/)
  })

  test('a code that comes again after a moment is a replay, and not the loser of a race', async () => {
    const server = await start()
    const [raced, replayed] = [await askFor(server), await askFor(server)]
    const isAliveAfter = async (redeem: Redeem, seconds: number): Promise<unknown> => {
      const { access_token: token } = toJson(await redeem())
      if (seconds > 0) server.clock.advance(seconds)
      expect(toJson(await redeem())['error']).toBe('invalid_grant')
      const other = await server.connect()
      return (await other.introspect(server.clients.api, String(token))).active
    }
    expect(await isAliveAfter(raced, 0)).toBe(true)
    expect(await isAliveAfter(replayed, 2)).toBe(false)
  })

  test('lifetimes of its own are those of the server', async () => {
    const server = await start({ lifetimes: { accessToken: 60 } })
    const connection = await server.connect()
    server.clock.advance(60)
    expect(await connection.introspect()).toEqual({ active: false })
  })
})
