import { describe, expect, test } from 'vitest'
import { byApi, grantOf, inEachStorage, inRequest, listenTo } from '../support/audited.ts'
import { createBrowser } from '../support/browser.ts'
import {
  connect,
  consent,
  goToConsent,
  redeem,
  refresh,
  revoke,
  type Tokens,
} from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { pause } from '../support/requests.ts'
import { confidential, openServer, withoutOverlap, type RunningServer } from '../support/server.ts'

// Each event of people and tokens once, with all its members and no other.

const ledger = confidential.client_id
const byClient = { kind: 'client', clientId: ledger }
const byPerson = { kind: 'person', accountId: 'sofia' }

inEachStorage((createStorage) => {
  const start = (options: Parameters<typeof openServer>[0] = {}): Promise<RunningServer> =>
    openServer({ storage: createStorage(), ...options })

  test('sign-in, consent with what was shown', async () => {
    const server = await start()
    const { next } = listenTo(server)
    const { code } = await consent(server.issuer)
    const shown = {
      required: ['companies:read'],
      optional: [],
      subjectName: 'Bright Bakery',
      clientName: 'Northwind Ledger',
      isVerified: false,
      lifetimeDays: 365,
      unusedDays: 60,
    }
    expect(next()).toEqual([
      {
        ...inRequest,
        type: 'person.signed_in',
        actor: byPerson,
        at: 'page',
        accountId: 'sofia',
        clientId: ledger,
      },
      { ...inRequest, type: 'consent.given', actor: byPerson, ...grantOf(code), shown },
    ])
  })

  test('a person who leaves optional scopes out has seen them', async () => {
    const optional = {
      ...confidential,
      scope: 'companies:read users:read',
      optional_scope: 'users:read',
      tos_uri: 'https://ledger.example.test/terms',
    }
    const server = await start({ clients: [optional] })
    const { events } = listenTo(server)
    await consent(server.issuer, { client: optional, params: { scope: optional.scope } })
    expect(events[1]).toMatchObject({
      scopes: ['companies:read'],
      shown: { required: ['companies:read'], optional: ['users:read'], tosUri: optional.tos_uri },
    })
  })

  test.each([
    ['with a sign-in', { kind: 'person', accountId: 'sofia' }, { accountId: 'sofia' }],
    ['without a sign-in', { kind: 'person' }, {}],
  ])('a decline %s', async (how, actor, more) => {
    const server = await start()
    const { events } = listenTo(server)
    const browser = createBrowser()
    const isSignedIn = how === 'with a sign-in'
    if (isSignedIn) {
      const { page } = await goToConsent(server.issuer, { browser })
      await browser.submit(page, { decision: 'decline' })
    } else {
      const { page } = await goToConsent(server.issuer, { browser, as: 'unknown' })
      await browser.submit(page, { decision: 'decline' })
    }
    expect(events.at(-1)).toEqual({
      ...inRequest,
      type: 'consent.declined',
      actor,
      clientId: ledger,
      ...more,
    })
    expect(events).toHaveLength(2)
  })

  test('a refused sign-in names the account, and a typed password nowhere', async () => {
    const server = await start()
    const { next } = listenTo(server)
    const refused = {
      ...inRequest,
      type: 'person.sign_in_refused',
      actor: { kind: 'person' },
      clientId: ledger,
      reason: 'mismatch',
    }
    const browser = createBrowser()
    const { page } = await goToConsent(server.issuer, { browser, as: 'stranger' })
    await browser.submit(page, { username: 'Tr0ub4dor&3', password: 'Tr0ub4dor&3' })
    await browser.submit(page, { username: 'a p@ssw.ord', password: 'Tr0ub4dor&3' })
    // A stranger can type anything, and it would be in the log.
    await browser.submit(page, { username: `${'x'.repeat(250)}@example.test`, password: 'x' })
    const named = { ...refused, account: 'stranger@example.test' }
    expect(next()).toEqual([named, refused, refused, refused])
  })

  test('a reason that is not known is in an event of its kind', async () => {
    const server = await start()
    await connect(server.issuer)
    const { next } = listenTo(server)
    const reason = 'Sofia asked for it' as never
    await server.connections.revoke({ clientId: ledger }, { reason })
    expect(next()).toMatchObject([{ type: 'connection.disconnected', reason }])
  })

  test('sign-in and sign-out on the page of connections, and a person who disconnects', async () => {
    const server = await start()
    const { refresh_token } = await connect(server.issuer)
    const { next } = listenTo(server)
    const browser = createBrowser()
    const page = await browser.go(`${server.issuer}/oauth/connections`)
    const typed = { username: 'sofia@example.test', password: 'wrong' }
    await browser.submit(page, typed)
    await browser.submit(page, { ...typed, password: 'correct horse' })
    const query = new URLSearchParams({ client_id: ledger, subject: bakery })
    const confirm = await browser.go(
      `${server.issuer}/oauth/connections/disconnect?${query.toString()}`,
    )
    await browser.submit(confirm, Object.fromEntries(query))
    expect(next()).toEqual([
      {
        ...inRequest,
        type: 'person.sign_in_refused',
        actor: { kind: 'person' },
        reason: 'mismatch',
        account: typed.username,
      },
      { ...inRequest, type: 'person.signed_in', actor: byPerson, accountId: 'sofia', at: 'page' },
      {
        ...inRequest,
        type: 'connection.disconnected',
        actor: byPerson,
        ...grantOf(refresh_token),
        reason: 'person',
      },
    ])
  })

  describe.each(['quick', 'framework'])('by the %s path', (path) => {
    const startPath = async (
      options: Parameters<typeof openServer>[0] = {},
    ): Promise<RunningServer> => {
      const server = await start(options)
      if (path === 'framework') server.provider.use((_ctx, next) => next())
      return server
    }

    test('a code redeemed, a refresh, its repeat and the revocation of both tokens', async () => {
      const server = await startPath()
      const given = await consent(server.issuer)
      const { next } = listenTo(server)
      const { body } = await redeem(server.issuer, given)
      const first = body as unknown as Tokens
      const refreshed = (await refresh(server.issuer, first.refresh_token))
        .body as unknown as Tokens
      await refresh(server.issuer, first.refresh_token)
      await revoke(server.issuer, refreshed.access_token)
      await revoke(server.issuer, refreshed.refresh_token)
      await revoke(server.issuer, refreshed.refresh_token)
      const grant = grantOf(first.refresh_token)
      const { grantId, clientId, subject } = grant
      const secondsSinceFirstUse = expect.any(Number) as number
      expect(next()).toEqual([
        { ...inRequest, type: 'code.redeemed', actor: byClient, ...grant },
        { ...inRequest, type: 'token.refreshed', actor: byClient, ...grant },
        {
          ...inRequest,
          type: 'token.refresh_repeated',
          actor: byClient,
          ...grant,
          secondsSinceFirstUse,
        },
        { ...inRequest, type: 'token.revoked', actor: byClient, grantId, clientId, subject },
        { ...inRequest, type: 'connection.revoked', actor: byClient, ...grant, reason: 'partner' },
      ])
    })

    test('a replay of a refresh token and of a code', async () => {
      const server = await startPath(withoutOverlap)
      const { next, types } = listenTo(server)
      const { refresh_token } = await connect(server.issuer)
      const { body } = await refresh(server.issuer, refresh_token)
      await refresh(server.issuer, String(body['refresh_token']))
      next()
      await refresh(server.issuer, refresh_token)
      await refresh(server.issuer, refresh_token)
      expect(next()).toEqual([
        {
          ...inRequest,
          type: 'token.replayed',
          actor: byClient,
          ...grantOf(refresh_token),
          reason: 'replay',
        },
      ])
      const given = await consent(server.issuer)
      await redeem(server.issuer, given)
      await pause(1100)
      next()
      await redeem(server.issuer, given)
      expect(types()).toEqual(['token.replayed'])
    })

    test('a connection that the host ends with a refresh', async () => {
      const accounts = { isOver: false }
      const server = await startPath()
      server.accounts.mayContinue = () => !accounts.isOver
      const { refresh_token } = await connect(server.issuer)
      const { next } = listenTo(server)
      accounts.isOver = true
      await refresh(server.issuer, refresh_token)
      expect(next()).toEqual([
        {
          ...inRequest,
          type: 'connection.disconnected',
          actor: byApi,
          ...grantOf(refresh_token),
          reason: 'administrator',
        },
      ])
    })
  })
})
