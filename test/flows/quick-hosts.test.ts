import type { KoaContextWithOIDC } from 'oidc-provider'
import { expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { startCompared } from '../support/compared-servers.ts'
import { connect, refresh, revoke } from '../support/flow.ts'
import { createAccounts } from '../support/people.ts'
import { openServer, type RunningServer } from '../support/server.ts'

// A host that listens, configures or decides has no less because ordinary requests for tokens do not pass the framework.

const events = [
  'access_token.saved',
  'authorization_code.consumed',
  'grant.success',
  'refresh_token.consumed',
  'refresh_token.saved',
  'access_token.destroyed',
  'refresh_token.destroyed',
  'grant.revoked',
]

/** Connects, refreshes and revokes both tokens. */
async function useAll({ issuer }: RunningServer): Promise<void> {
  const { refresh_token } = await connect(issuer)
  const { body } = await refresh(issuer, refresh_token)
  await revoke(issuer, String(body['access_token']))
  await revoke(issuer, String(body['refresh_token']))
}

test.each(events)('a host that listens to %s hears it', async (event) => {
  const server = await openServer()
  const heard = vi.fn<() => void>()
  server.provider.on(event as 'grant.success', heard)
  await useAll(server)
  expect(heard).toHaveBeenCalled()
})

test.each([
  'extraTokenClaims',
  'revokeGrantPolicy',
  'features.resourceIndicators.getResourceServerInfo',
  'features.revocation.allowedPolicy',
])('if configure sets %s, it is asked with the request', async (path) => {
  const clientIds: unknown[] = []
  const server = await openServer({
    configure(configuration) {
      const names = path.split('.')
      const last = names.pop() ?? ''
      const settings = names.reduce<Record<string, unknown>>(
        (value, name) => value[name] as Record<string, unknown>,
        configuration as Record<string, unknown>,
      )
      const original = settings[last] as ((...args: readonly unknown[]) => unknown) | undefined
      settings[last] = (...args: readonly unknown[]) => {
        const [ctx] = args as readonly [KoaContextWithOIDC]
        clientIds.push(ctx.oidc.client?.clientId)
        return original ? original(...args) : false
      }
      return configuration
    },
  })
  await useAll(server)
  expect(new Set(clientIds)).toEqual(new Set(['ledger']))
})

test('a handler that the host registers for a grant type answers', async () => {
  const server = await openServer()
  server.provider.registerGrantType('refresh_token', async (ctx) => {
    ctx.body = { own: ctx.oidc.client?.clientId }
  })
  const { refresh_token } = await connect(server.issuer)
  expect((await refresh(server.issuer, refresh_token)).body).toEqual({ own: 'ledger' })
})

test.each([
  ['exchange', 503, 'temporarily_unavailable'],
  ['mayContinue', 500, 'server_error'],
])('if %s fails, it is asked once: %i', async (which, status, code) => {
  const storage = createMemoryAdapter()
  let asked = 0
  const fail = async (): Promise<never> => {
    asked += 1
    throw new Error('it is away')
  }
  let isAway = false
  const exchange: typeof storage.grants.exchange = (...args) =>
    isAway && which === 'exchange' ? fail() : storage.grants.exchange(...args)
  const mayContinue = () => (isAway && which === 'mayContinue' ? fail() : true)
  const compared = await startCompared({
    storage: { ...storage, grants: { ...storage.grants, exchange } },
    accounts: { ...createAccounts(), mayContinue },
  })
  const { issuer, close } = compared.server
  const { refresh_token } = await connect(issuer)
  isAway = true
  const refused = await refresh(issuer, refresh_token)
  expect([refused.status, refused.body['error'], asked]).toEqual([status, code, 1])
  expect(compared.events.map((event) => event.split(' | ')[0])).toContainEqual(
    expect.stringContaining('server_error'),
  )
  isAway = false
  expect((await refresh(issuer, refresh_token)).status).toBe(200)
  await close()
})

test('a host that ends a connection is asked once', async () => {
  let asked = 0
  const server = await openServer({
    accounts: {
      ...createAccounts(),
      mayContinue() {
        asked += 1
        return false
      },
    },
  })
  const ended: unknown[] = []
  server.connections.events.on('connection.revoked', ({ reason }) => ended.push(reason))
  const { refresh_token } = await connect(server.issuer)
  const { body } = await refresh(server.issuer, refresh_token)
  expect([body['error'], asked, ended]).toEqual(['invalid_grant', 1, ['administrator']])
})
