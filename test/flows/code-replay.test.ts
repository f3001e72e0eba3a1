import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { consent, createPkce, redeem, type Consented, type Tokens } from '../support/flow.ts'
import { areActive, basic, oneConnection, send, sendCode, toJson } from '../support/requests.ts'
import {
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
  useServer,
} from '../support/server.ts'

// The clock of the storage is in the hands of the tests: it moves only when they say so.

let now = Date.now()
const server = useServer(() => ({ storage: createMemoryAdapter({ now: () => now }) }))
let issuer: string
beforeAll(() => void ({ issuer } = server))

let given: Consented
let tokens: Tokens
beforeEach(async () => {
  given = await consent(issuer)
  tokens = toJson(await sendCode(issuer, given)) as unknown as Tokens
})

const areAlive = (): Promise<readonly unknown[]> =>
  areActive(issuer, [tokens.access_token, tokens.refresh_token])

const used = {
  error: 'invalid_grant',
  error_description: 'the authorization code was already used',
}

/** Everything that is junk to the server, from somebody who has the code and no more. */
const sendJunk = async (): Promise<void> => {
  const fields = { code_verifier: createPkce().verifier }
  const { redirect_uris: [redirect_uri] = [] } = organizationClient
  const proxies = { via: '1.1 evil', forwarded: 'for=evil', 'x-forwarded-for': '192.0.2.1' }
  const statuses = [
    await redeem(issuer, given, publicClient),
    await redeem(issuer, given, organizationClient),
    await redeem(issuer, given, publicClient, { redirect_uri, code_verifier: undefined }),
    await redeem(issuer, given, confidential, fields),
    await redeem(issuer, given, confidential, { code_verifier: undefined }),
    await redeem(issuer, given, confidential, { redirect_uri: 'https://evil.example.test/' }),
    await redeem(issuer, given, confidential, { client_secret: 'wrong' }),
    await send(`${issuer}/oauth/token`, {
      headers: proxies,
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: given.code,
        code_verifier: given.verifier,
        client_id: publicClient.client_id ?? '',
      }),
    }),
  ].map(({ status }) => status)
  for (const status of statuses) expect([400, 401]).toContain(status)
}

describe('a code that is redeemed again', () => {
  test.each([0, 1, 999, 1000])(
    '%i ms after its first use is refused, and ends nothing',
    async (age) => {
      now += age
      const answer = await sendCode(issuer, given)
      expect([answer.status, toJson(answer)]).toEqual([400, used])
      expect(await areAlive()).toEqual([true, true])
    },
  )

  test.each([1001, 5000, 30_000])('%i ms after its first use ends the grant', async (age) => {
    now += age
    const answer = await sendCode(issuer, given)
    expect([answer.status, toJson(answer)]).toEqual([400, used])
    expect(await areAlive()).toEqual([false, false])
  })

  test('on the connection that its tokens came over is no other than any', async () => {
    const agent = oneConnection()
    given = await consent(issuer)
    tokens = toJson(await sendCode(issuer, given, { agent })) as unknown as Tokens
    expect((await sendCode(issuer, given, { agent })).status).toBe(400)
    expect(await areAlive()).toEqual([true, true])
    now += 1001
    expect((await sendCode(issuer, given, { agent })).status).toBe(400)
    expect(await areAlive()).toEqual([false, false])
    agent.destroy()
  })

  test('by a public client ends its grant after a second as well', async () => {
    const own = await consent(issuer, { client: publicClient })
    const { body } = await redeem(issuer, own, publicClient)
    const isAlive = () => areActive(issuer, [String(body['access_token'])], resourceServer)
    expect((await redeem(issuer, own, publicClient)).body).toEqual(used)
    expect(await isAlive()).toEqual([true])
    now += 1001
    expect((await redeem(issuer, own, publicClient)).body).toEqual(used)
    expect(await isAlive()).toEqual([false])
  })

  test('tells the host that the connection ended by a replay, once', async () => {
    const reasons: string[] = []
    const listener = ({ reason }: { readonly reason: string }) => void reasons.push(reason)
    server.connections.events.on('connection.revoked', listener)
    await sendCode(issuer, given)
    expect(reasons).toEqual([])
    now += 1001
    await sendCode(issuer, given)
    await sendCode(issuer, given)
    server.connections.events.off('connection.revoked', listener)
    expect(reasons).toEqual(['replay'])
  })
})

describe('nothing makes the second longer', () => {
  test('no junk from an unrelated client, without the verifier, or with another redirect URI', async () => {
    for (let step = 0; step < 4; step += 1) {
      await sendJunk()
      now += 300
    }
    expect((await sendCode(issuer, given)).status).toBe(400)
    expect(await areAlive()).toEqual([false, false])
  })

  test('no redemption that is refused within it', async () => {
    for (let step = 0; step < 3; step += 1) {
      now += 300
      await sendCode(issuer, given)
      expect(await areAlive()).toEqual([true, true])
    }
    now += 300
    await sendCode(issuer, given)
    expect(await areAlive()).toEqual([false, false])
  })

  test.each(['via', 'forwarded', 'x-forwarded-for'])('no header %s', async (name) => {
    now += 1001
    const headers = { ...basic(confidential), [name]: '192.0.2.1' }
    expect((await sendCode(issuer, given, { headers })).status).toBe(400)
    expect(await areAlive()).toEqual([false, false])
  })
})

test('junk ends nothing, however late it comes', async () => {
  await sendJunk()
  now += 5000
  await sendJunk()
  expect(await areAlive()).toEqual([true, true])
})

test('junk before the first use changes nothing for the client', async () => {
  given = await consent(issuer)
  await sendJunk()
  const answer = await sendCode(issuer, given)
  expect(answer.status).toBe(200)
})
