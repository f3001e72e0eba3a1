import { expect, test } from 'vitest'
import { byApi, grantOf, inEachStorage, inRequest, listenTo, outside } from '../support/audited.ts'
import { connect, revoke } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { registration } from '../support/registered.ts'
import { pause } from '../support/requests.ts'
import {
  removeSelf,
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
} from '../support/self-registered.ts'
import { confidential, openServer, type RunningServer } from '../support/server.ts'

// Each event of clients, keys and operators once, with all its members and no other.

const ledger = confidential.client_id

inEachStorage((createStorage) => {
  const start = (options: Parameters<typeof openServer>[0] = {}): Promise<RunningServer> =>
    openServer({ storage: createStorage(), ...options })

  test('the life of a client, by the host', async () => {
    const server = await start()
    const { next } = listenTo(server)
    const { client: created } = await server.clients.create({
      ...registration,
      client_name: 'Marmot',
    })
    const { clientId } = created
    const from = { ...outside, actor: byApi, clientId }
    await server.clients.update(clientId, {
      contacts: ['it@marmot.example'],
      policy_uri: 'https://marmot.example/p',
    })
    await server.clients.update(clientId, {})
    await server.clients.update(clientId, { verified: true })
    await server.clients.suspend(clientId)
    await server.clients.suspend(clientId)
    await server.clients.resume(clientId)
    await server.clients.rotateSecret(clientId)
    await server.clients.endOldSecrets(clientId)
    await server.clients.rotateSecret(clientId, { now: true })
    await server.clients.remove(clientId)
    expect(next()).toEqual([
      { ...from, type: 'client.created', name: 'Marmot', isVerified: false },
      { ...from, type: 'client.changed', members: ['contacts', 'policy_uri'] },
      { ...from, type: 'client.verified', members: ['verified'] },
      { ...from, type: 'client.suspended' },
      { ...from, type: 'client.resumed' },
      { ...from, type: 'client.secret_rotated', oldEndsAt: expect.any(Number) },
      { ...from, type: 'client.old_secrets_ended' },
      { ...from, type: 'client.secret_rotated' },
      { ...from, type: 'client.removed' },
    ])
  })

  test('connections that the host ends, alone and with their client', async () => {
    const server = await start()
    const first = await connect(server.issuer)
    const { next } = listenTo(server)
    const reason = 'administrator' as const
    await server.connections.revoke({ clientId: ledger, subject: bakery })
    const second = await connect(server.issuer)
    await server.connections.revoke({ clientId: ledger }, { reason: 'person', accountId: 'jonas' })
    const ended = next().filter(({ type }) => type === 'connection.disconnected')
    expect(ended).toEqual([
      {
        ...outside,
        type: 'connection.disconnected',
        actor: byApi,
        ...grantOf(first.refresh_token),
        reason,
      },
      {
        ...outside,
        type: 'connection.disconnected',
        actor: { kind: 'person', accountId: 'jonas' },
        ...grantOf(second.refresh_token),
        reason: 'person',
      },
    ])
  })

  test('the life of a client that registers itself', async () => {
    const server = await start({ registration: {} })
    const { next, types } = listenTo(server)
    const { token, expiresAt } = await server.clients.createInitialAccessToken({
      scopes: ['companies:read'],
    })
    await server.clients.endInitialAccessToken(token)
    await server.clients.endInitialAccessToken(token)
    expect(next()).toEqual([
      {
        ...outside,
        type: 'initial_access_token.created',
        actor: byApi,
        expiresAt,
        scopes: ['companies:read'],
      },
      { ...outside, type: 'initial_access_token.ended', actor: byApi },
    ])
    const self = await selfRegister(server, { client_name: 'Otter' })
    const clientId = self.client_id
    const from = { ...inRequest, actor: { kind: 'client', clientId }, clientId }
    const [, used, created] = next()
    expect([used, created]).toEqual([
      { ...inRequest, type: 'initial_access_token.used', actor: { kind: 'client' } },
      { ...from, type: 'client.created', name: 'Otter', isVerified: false },
    ])
    expect(used?.requestId).toBe(created?.requestId)
    await replaceSelf(self, toReplacement(self, { client_name: 'Sea Otter' }))
    await replaceSelf(self, toReplacement(self, { client_name: 'Sea Otter' }))
    const members = expect.arrayContaining(['client_name']) as string[]
    expect(next()).toEqual([{ ...from, type: 'client.changed', members }])
    const { token: registration_access_token } =
      await server.clients.rotateRegistrationToken(clientId)
    await removeSelf({ ...self, registration_access_token })
    expect(types()).toEqual(['client.registration_token_rotated', 'client.removed'])
    const other = await selfRegister(server)
    await server.clients.endRegistrationToken(other.client_id)
    expect(types()).toContain('client.registration_token_ended')
  })

  test('everybody registers clients if the options say so', async () => {
    const server = await start({ registration: { initialAccessToken: false } })
    const { types } = listenTo(server)
    await sendJson(`${server.issuer}/oauth/register`, { ...registration, client_name: 'Stoat' })
    expect(types()).toEqual(['client.created'])
  })

  test('a signing key that is rotated', async () => {
    const server = await start({ signingKeys: 'stored' })
    await fetch(`${server.issuer}/oauth/jwks`)
    const { next } = listenTo(server)
    const [newest] = await server.signingKeys.rotate({ now: true })
    const rotated = {
      ...outside,
      type: 'signing_key.rotated',
      actor: byApi,
      keyId: newest?.kid,
      isImmediate: true,
    }
    expect(next()).toEqual([rotated])
  })

  test('names the operator, in a call and in all that it does', async () => {
    const server = await start()
    await connect(server.issuer)
    const { next } = listenTo(server)
    const { audit, clients, connections } = server
    const { client: made } = await clients.create({ ...registration, client_name: 'Vole' })
    await Promise.all([
      audit.as({ operator: 'ida' }, () => clients.suspend(made.clientId)),
      audit.as({ operator: 'per', how: 'command line' }, async () => {
        await pause(5)
        await connections.revoke({ clientId: ledger })
      }),
    ])
    expect(next().map(({ type, actor }) => [type, actor])).toEqual([
      ['client.created', byApi],
      ['client.suspended', { ...byApi, name: 'ida' }],
      ['connection.disconnected', { kind: 'operator', how: 'command line', name: 'per' }],
    ])
  })

  test('the event comes once, from the process that made the change', async () => {
    const storage = createStorage()
    const [one, other] = await Promise.all([openServer({ storage }), openServer({ storage })])
    const [atOne, atOther] = [listenTo(one), listenTo(other)]
    const { refresh_token } = await connect(one.issuer)
    atOne.next()
    await Promise.all([one, other].map(({ issuer }) => revoke(issuer, refresh_token)))
    const { client: made } = await other.clients.create({ ...registration, client_name: 'Hare' })
    await one.clients.suspend(made.clientId)
    const types = [...atOne.types(), ...atOther.types()].toSorted()
    expect(types).toEqual(['client.created', 'client.suspended', 'connection.revoked'])
  })

  test('no event after the listener was taken away', async () => {
    const server = await start()
    const seen: string[] = []
    const listener = ({ type }: { readonly type: string }) => void seen.push(type)
    const [end] = [server.audit.on(listener), server.audit.on(listener)]
    end()
    await server.clients.create({ ...registration, client_name: 'Lynx' })
    expect(seen).toEqual(['client.created'])
  })
})
