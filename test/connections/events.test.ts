import { describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { ConnectionEvents, ConnectionRevoked } from '../../lib/index.ts'
import { grantIdOf } from '../../lib/grants/token-values.ts'
import { connect, consent, redeem, refresh, revoke, type Tokens } from '../support/flow.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { pause } from '../support/requests.ts'
import {
  confidential,
  openServer,
  publicClient,
  withoutOverlap,
  type RunningServer,
} from '../support/server.ts'

type Seen = { [Name in keyof ConnectionEvents]: ConnectionEvents[Name][0][] }

async function start(
  options: Parameters<typeof openServer>[0] = {},
): Promise<{ readonly server: RunningServer; readonly issuer: string; readonly seen: Seen }> {
  const server = await openServer(options)
  const seen: Seen = {
    'connection.created': [],
    'connection.refreshed': [],
    'connection.refresh_repeated': [],
    'connection.revoked': [],
  }
  const { events } = server.connections
  events.on('connection.created', (event) => seen['connection.created'].push(event))
  events.on('connection.refreshed', (event) => seen['connection.refreshed'].push(event))
  events.on('connection.refresh_repeated', (event) =>
    seen['connection.refresh_repeated'].push(event),
  )
  events.on('connection.revoked', (event) => seen['connection.revoked'].push(event))
  return { server, issuer: server.issuer, seen }
}

const expected = (token: string) => ({
  grantId: grantIdOf(token),
  clientId: confidential.client_id,
  subject: bakery,
  accountId: 'sofia',
  scopes: ['companies:read'],
})

const reasonsOf = (seen: Seen): readonly ConnectionRevoked['reason'][] =>
  seen['connection.revoked'].map(({ reason }) => reason)

describe('the host is told', () => {
  test('when a connection is there: with its first tokens, not with the consent', async () => {
    const { issuer, seen } = await start()
    const given = await consent(issuer)
    expect(seen['connection.created']).toEqual([])
    const { body } = await redeem(issuer, given)
    const { refresh_token } = body as unknown as Tokens
    expect(seen['connection.created']).toEqual([expected(refresh_token)])
  })

  test('of a refresh once, however often it is repeated', async () => {
    const { issuer, seen } = await start()
    const { refresh_token } = await connect(issuer)
    await Promise.all(Array.from({ length: 20 }, () => refresh(issuer, refresh_token)))
    await refresh(issuer, refresh_token)
    expect(seen['connection.refreshed']).toEqual([expected(refresh_token)])
    expect(seen['connection.revoked']).toEqual([])
  })

  test('of each repeat, with the seconds since the refresh token was first used', async () => {
    let passed = 0
    const storage = createMemoryAdapter({ now: () => Date.now() + passed })
    const { issuer, seen } = await start({ storage })
    const { refresh_token } = await connect(issuer)
    await refresh(issuer, refresh_token)
    expect(seen['connection.refresh_repeated']).toEqual([])
    for (const seconds of [2, 9]) {
      passed = seconds * 1000
      await refresh(issuer, refresh_token)
      const { secondsSinceFirstUse, ...event } = seen['connection.refresh_repeated'].at(-1) ?? {}
      expect(event).toEqual(expected(refresh_token))
      expect(Math.floor(secondsSinceFirstUse ?? 0)).toBe(seconds)
    }
    expect(seen['connection.refresh_repeated']).toHaveLength(2)
  })

  test.each<
    [string, ConnectionRevoked['reason'], (at: RunningServer, tokens: Tokens) => Promise<unknown>]
  >([
    ['the client', 'partner', ({ issuer }, { refresh_token }) => revoke(issuer, refresh_token)],
    [
      'the host',
      'administrator',
      ({ connections }) =>
        connections.revoke({ clientId: confidential.client_id, subject: bakery }),
    ],
    [
      'a replay',
      'replay',
      async ({ issuer }, { refresh_token }) => {
        const { body } = await refresh(issuer, refresh_token)
        await refresh(issuer, String(body['refresh_token']))
        await refresh(issuer, refresh_token)
      },
    ],
  ])('of the end by %s, once, with the reason', async (_, reason, end) => {
    const { server, issuer, seen } = await start(withoutOverlap)
    const tokens = await connect(issuer)
    await end(server, tokens)
    await end(server, tokens)
    expect(seen['connection.revoked']).toEqual([{ ...expected(tokens.refresh_token), reason }])
  })

  test('of the end by a code that came again', async () => {
    const { issuer, seen } = await start()
    const given = await consent(issuer)
    await redeem(issuer, given)
    await pause(1100)
    await redeem(issuer, given)
    expect(reasonsOf(seen)).toEqual(['replay'])
  })

  test('of the end by mayContinue', async () => {
    const { issuer, seen } = await start({
      accounts: { ...createAccounts(), mayContinue: () => false },
    })
    const { refresh_token } = await connect(issuer)
    await refresh(issuer, refresh_token)
    expect(reasonsOf(seen)).toEqual(['administrator'])
  })

  test('by whom, where the host says so', async () => {
    const { server, issuer, seen } = await start()
    const { refresh_token } = await connect(issuer)
    const by = { reason: 'person', accountId: 'emil' } as const
    await server.connections.revoke({ grantId: grantIdOf(refresh_token) ?? '' }, by)
    expect(seen['connection.revoked']).toEqual([
      { ...expected(refresh_token), reason: 'person', by: 'emil' },
    ])
  })

  test('of nothing when an access token is revoked, or what is not there', async () => {
    const { issuer, server, seen } = await start()
    const { access_token } = await connect(issuer)
    await revoke(issuer, access_token)
    await revoke(issuer, 'x'.repeat(93))
    await server.connections.revoke({ clientId: 'unknown' })
    expect(seen['connection.revoked']).toEqual([])
  })
})

test('what a listener throws ends nothing', async () => {
  const { server, issuer } = await start()
  const warning = vi.spyOn(process, 'emitWarning').mockReturnValue()
  server.connections.events.on('connection.created', () => {
    throw new Error('of the host')
  })
  const { refresh_token } = await connect(issuer)
  expect((await refresh(issuer, refresh_token)).status).toBe(200)
  expect(String(warning.mock.calls[0]?.[0])).toContain('of the host')
})

describe('connections.list', () => {
  test('has each client of a subject with its grants, newest first', async () => {
    const { server, issuer } = await start()
    const first = await connect(issuer)
    await pause(1100)
    const second = await connect(issuer)
    const other = await connect(issuer, { client: publicClient })
    await consent(issuer)
    const listed = await server.connections.list({ subject: bakery.toLowerCase() })
    expect(new Map(listed.map(({ clientId, subject }) => [clientId, subject]))).toEqual(
      new Map([
        [confidential.client_id, bakery],
        [publicClient.client_id, bakery],
      ]),
    )
    const ledger = listed.find(({ clientId }) => clientId === confidential.client_id)
    expect(ledger?.grants.map(({ grantId }) => grantId)).toEqual([
      grantIdOf(second.refresh_token),
      grantIdOf(first.refresh_token),
    ])
    const { grantedAt = 0, endsAt = 0, endsAtLatest = 0, lastUsedAt } = ledger?.grants[0] ?? {}
    expect(Math.abs(grantedAt - Date.now())).toBeLessThan(10_000)
    expect(Math.abs(endsAt - Date.now() - 60 * 86_400_000)).toBeLessThan(60_000)
    expect(Math.abs(endsAtLatest - Date.now() - 365 * 86_400_000)).toBeLessThan(60_000)
    expect(lastUsedAt).toBeUndefined()
    await refresh(issuer, second.refresh_token)
    const of = { subject: bakery, clientId: confidential.client_id }
    const [again, ...more] = await server.connections.list(of)
    expect(more).toEqual([])
    expect(again?.grants[0]?.lastUsedAt).toBeGreaterThan(0)
    expect(other.refresh_token).toBeDefined()
  })

  test('refuses what is no subject', async () => {
    const { server } = await start()
    await expect(server.connections.list({ subject: 'bakery' })).rejects.toThrow(TypeError)
  })
})
