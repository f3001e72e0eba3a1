import { beforeAll, describe, expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { connect, consent, createPkce, redeem, refresh, revoke } from '../support/flow.ts'
import type { Tokens } from '../support/flow.ts'
import { nordlysDenmark, nordlysGermany } from '../support/people.ts'
import {
  areActive,
  pause,
  sendCode,
  sendRefresh,
  toJson,
  type RawAnswer,
} from '../support/requests.ts'
import {
  confidential,
  organizationClient,
  publicClient,
  useServer,
  withoutOverlap,
} from '../support/server.ts'

const server = useServer(withoutOverlap)
let issuer: string
beforeAll(() => void ({ issuer } = server))

const asTokens = (answer: RawAnswer): Tokens => {
  expect(answer.status).toBe(200)
  return toJson(answer) as unknown as Tokens
}

const expectUsed = (answer: RawAnswer, what: string) =>
  expect([answer.status, toJson(answer)]).toEqual([
    400,
    { error: 'invalid_grant', error_description: `the ${what} was already used` },
  ])

const expectDead = async ({ access_token, refresh_token }: Tokens): Promise<void> => {
  expect(await areActive(issuer, [access_token, refresh_token])).toEqual([false, false])
  const { status, body } = await refresh(issuer, refresh_token)
  expect([status, body['error']]).toEqual([400, 'invalid_grant'])
}

const expectAlive = async ({ access_token, refresh_token }: Tokens): Promise<void> => {
  expect(await areActive(issuer, [access_token, refresh_token])).toEqual([true, true])
  expect((await refresh(issuer, refresh_token)).status).toBe(200)
}

describe('a replay by the client itself ends the grant', () => {
  test('of a code, later', async () => {
    const given = await consent(issuer)
    const tokens = asTokens(await sendCode(issuer, given))
    await pause(1100)
    expectUsed(await sendCode(issuer, given), 'authorization code')
    await expectDead(tokens)
  })

  test('of a code, after a refresh', async () => {
    const given = await consent(issuer)
    const tokens = asTokens(await sendCode(issuer, given))
    const next = asTokens(await sendRefresh(issuer, tokens.refresh_token))
    await pause(1100)
    expectUsed(await sendCode(issuer, given), 'authorization code')
    await expectDead(next)
  })

  test('of a refresh token, once its successor was used', async () => {
    const { refresh_token } = await connect(issuer)
    const second = asTokens(await sendRefresh(issuer, refresh_token))
    const third = asTokens(await sendRefresh(issuer, second.refresh_token))
    expectUsed(await sendRefresh(issuer, refresh_token), 'refresh token')
    await expectDead(third)
  })

  test('of a refresh token, once the access token of its successor was used', async () => {
    const { refresh_token } = await connect(issuer)
    const second = asTokens(await sendRefresh(issuer, refresh_token))
    expect(await areActive(issuer, [second.access_token])).toEqual([true])
    expectUsed(await sendRefresh(issuer, refresh_token), 'refresh token')
    await expectDead(second)
  })

  test('of a refresh token from two refreshes ago', async () => {
    const { refresh_token } = await connect(issuer)
    const second = asTokens(await sendRefresh(issuer, refresh_token))
    const third = asTokens(await sendRefresh(issuer, second.refresh_token))
    const fourth = asTokens(await sendRefresh(issuer, third.refresh_token))
    expectUsed(await sendRefresh(issuer, refresh_token), 'refresh token')
    await expectDead(fourth)
  })

  test('of a refresh token from a hundred refreshes ago', async () => {
    const { refresh_token } = await connect(issuer)
    let latest = asTokens(await sendRefresh(issuer, refresh_token))
    for (let turn = 0; turn < 100; turn += 1) {
      latest = asTokens(await sendRefresh(issuer, latest.refresh_token))
    }
    expectUsed(await sendRefresh(issuer, refresh_token), 'refresh token')
    await expectDead(latest)
  })
})

describe('a replay that proves nothing changes nothing for the owner', () => {
  const unknown = 'unknown, revoked, or of another client'

  test('of a code by another client', async () => {
    const given = await consent(issuer)
    const { body } = await redeem(issuer, given)
    for (const stranger of [publicClient, organizationClient]) {
      const answer = await redeem(issuer, given, stranger)
      expect([answer.status, answer.body['error_description']]).toEqual([400, unknown])
    }
    await pause(1100)
    expect((await redeem(issuer, given, publicClient)).body['error_description']).toBe(unknown)
    await expectAlive(body as unknown as Tokens)
  })

  test.each<[string, Record<string, string>]>([
    ['a wrong verifier', { code_verifier: createPkce().verifier }],
    ['a wrong redirect URI', { redirect_uri: 'https://evil.example.test/' }],
    ['a wrong secret', { client_secret: 'wrong' }],
  ])('of a code with %s', async (_, fields) => {
    const given = await consent(issuer)
    const { body } = await redeem(issuer, given)
    await pause(1100)
    expect((await redeem(issuer, given, confidential, fields)).status).toBeGreaterThan(399)
    await expectAlive(body as unknown as Tokens)
  })

  test('of a refresh token by another client', async () => {
    const { refresh_token } = await connect(issuer)
    const { body } = await refresh(issuer, refresh_token)
    for (const stranger of [publicClient, organizationClient]) {
      const answer = await refresh(issuer, refresh_token, stranger)
      expect([answer.status, answer.body['error_description']]).toEqual([400, unknown])
    }
    await expectAlive(body as unknown as Tokens)
  })
})

describe('two connections of one person and one client to two companies', () => {
  const both = async (): Promise<readonly [Tokens, Tokens]> => [
    await connect(issuer, { as: 'jonas', subject: nordlysDenmark }),
    await connect(issuer, { as: 'jonas', subject: nordlysGermany }),
  ]

  test('are refreshed apart', async () => {
    const [one, other] = await both()
    expect((await refresh(issuer, one.refresh_token)).status).toBe(200)
    await expectAlive(other)
  })

  test('are revoked apart', async () => {
    const [one, other] = await both()
    expect((await revoke(issuer, one.refresh_token)).status).toBe(200)
    await expectDead(one)
    await expectAlive(other)
  })

  test('are ended by a replay apart', async () => {
    const [one, other] = await both()
    const used = asTokens(await sendRefresh(issuer, other.refresh_token))
    const next = asTokens(await sendRefresh(issuer, used.refresh_token))
    expectUsed(await sendRefresh(issuer, other.refresh_token), 'refresh token')
    await expectDead(next)
    await expectAlive(one)
  })

  test('made in one browser are still two', async () => {
    const browser = createBrowser()
    const first = await consent(issuer, { as: 'jonas', subject: nordlysDenmark, browser })
    const second = await consent(issuer, { as: 'jonas', subject: nordlysDenmark, browser })
    const [one, other] = [await redeem(issuer, first), await redeem(issuer, second)]
    await revoke(issuer, String(one.body['refresh_token']))
    await expectAlive(other.body as unknown as Tokens)
  })
})
