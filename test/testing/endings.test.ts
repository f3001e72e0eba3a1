import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionRevoked } from '../../lib/index.ts'
import { createTestServer, type TestConnection, type TestServer } from '../../lib/testing/index.ts'

let server: TestServer
let ended: ConnectionRevoked[] = []
beforeAll(async () => {
  server = await createTestServer()
  server.server.connections.events.on('connection.revoked', (event) => ended.push(event))
})
afterAll(() => server.close())

const reasons = (): readonly string[] => ended.splice(0).map(({ reason }) => reason)

const expectOver = async (connection: TestConnection): Promise<void> => {
  expect(await connection.introspect()).toEqual({ active: false })
  await expect(connection.refresh()).rejects.toMatchObject({ code: 'invalid_grant' })
}

/** A client that knows nothing of the test server. */
const clientOf = ({ client }: TestConnection): Promise<openid.Configuration> =>
  openid.discovery(
    new URL(server.issuer),
    client.client_id,
    client.client_secret,
    client.client_secret === undefined ? openid.None() : undefined,
    { execute: [openid.allowInsecureRequests] },
  )

describe('a refresh whose answer is lost', () => {
  test('was done, is not seen by the client, and is repeated by it', async () => {
    const connection = await server.connect()
    const before = connection.tokens
    let refreshed = 0
    server.server.connections.events.once('connection.refreshed', () => (refreshed += 1))
    await connection.lostRefreshResponse()
    expect(refreshed).toBe(1)
    expect(connection.tokens).toBe(before)
    expect(await connection.introspect()).toEqual({ active: false })
    const tokens = await openid.refreshTokenGrant(await clientOf(connection), before.refresh_token)
    expect((await connection.introspect(undefined, tokens.access_token)).active).toBe(true)
    expect(reasons()).toEqual([])
  })

  test('can be of a token that the client got by itself', async () => {
    const connection = await server.connect()
    const config = await clientOf(connection)
    const { refresh_token: own = '' } = await openid.refreshTokenGrant(
      config,
      connection.tokens.refresh_token,
    )
    await connection.lostRefreshResponse(own)
    expect((await openid.refreshTokenGrant(config, own)).refresh_token).not.toBe(own)
  })

  test('ends the connection when it is repeated after the window', async () => {
    const connection = await server.connect()
    await connection.lostRefreshResponse()
    server.clock.advance(61)
    await expectOver(connection)
    expect(reasons()).toEqual(['replay'])
  })

  test('ends the connection of a public client that repeats it after the overlap', async () => {
    const connection = await server.connect({ client: server.clients.public })
    await connection.lostRefreshResponse()
    await connection.refresh()
    await connection.lostRefreshResponse()
    server.clock.advance(4)
    await expectOver(connection)
    expect(reasons()).toEqual(['replay'])
  })

  test('does not pass for lost where the connection is over', async () => {
    const connection = await server.connect()
    await connection.replay()
    await expect(connection.lostRefreshResponse()).rejects.toMatchObject({ code: 'invalid_grant' })
    reasons()
  })
})

describe('a refresh token that is used again', () => {
  test.each(['confidential', 'public'] as const)(
    'ends the connection of a %s client',
    async (name) => {
      const connection = await server.connect({ client: server.clients[name] })
      await connection.replay()
      await expectOver(connection)
      expect(reasons()).toEqual(['replay'])
    },
  )

  test.each([1, 2, 3])('ends it also after %i refreshes of the client by itself', async (count) => {
    const connection = await server.connect()
    const config = await clientOf(connection)
    let own = connection.tokens.refresh_token
    for (let turn = 0; turn < count; turn += 1) {
      own = (await openid.refreshTokenGrant(config, own)).refresh_token ?? ''
    }
    await connection.replay()
    await expect(openid.refreshTokenGrant(config, own)).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect(reasons()).toEqual(['replay'])
  })

  test('is not one that nobody ever had, or that is over already', async () => {
    const connection = await server.connect()
    const unknown = connection.replay('nonsense')
    await expect(unknown).rejects.toThrow(/unknown, revoked/)
    expect((await connection.introspect()).active).toBe(true)
    await connection.replay()
    await expect(connection.replay()).rejects.toThrow(/unknown, revoked/)
    expect(reasons()).toEqual(['replay'])
  })

  test('ends no other connection', async () => {
    const [stolen, other] = [await server.connect(), await server.connect()]
    await stolen.replay()
    expect((await other.introspect()).active).toBe(true)
    await other.refresh()
    reasons()
  })
})

describe('a connection that a person ends', () => {
  test('is over, for the reason that a person has', async () => {
    const connection = await server.connect()
    const { accountId } = server.people.groupAdministrator
    ended = []
    await connection.revokedByPerson()
    await expectOver(connection)
    const { client, subject } = connection
    expect(ended.length).toBeGreaterThan(0)
    for (const event of ended.splice(0)) {
      expect(event).toMatchObject({
        clientId: client.client_id,
        subject,
        reason: 'person',
        by: accountId,
      })
    }
  })

  test('can be ended by somebody else with the authority, and by nobody without', async () => {
    const { administrator, accountant, employee } = server.people
    const connection = await server.connect({ account: administrator })
    await expect(connection.revokedByPerson(employee)).rejects.toThrow(
      /^there is no link that disconnects test-confidential from .* on the page "Connected apps/,
    )
    expect((await connection.introspect()).active).toBe(true)
    await connection.revokedByPerson(accountant)
    await expectOver(connection)
  })

  test('cannot be ended twice', async () => {
    const connection = await server.connect({ account: server.people.administrator })
    await connection.revokedByPerson()
    await expect(connection.revokedByPerson()).rejects.toThrow('there is no link that disconnects')
  })
})
