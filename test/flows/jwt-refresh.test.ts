import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createProofKeys, prove } from '../support/dpop.ts'
import { endAfterTest, useRunning } from '../support/fixtures.ts'
import { connect, consent, introspect, post, redeem, refresh, revoke } from '../support/flow.ts'
import type { Answer, Tokens } from '../support/flow.ts'
import { startJwtServer } from '../support/jwt-server.ts'
import { areActive, sendCode, sendRefresh, toJson, type RawAnswer } from '../support/requests.ts'
import { confidential, publicClient, resourceServer, withoutOverlap } from '../support/server.ts'
import { createTestStorage, createTimelessStorage } from '../support/storage.ts'

const server = useRunning(() => startJwtServer(withoutOverlap))
let issuer: string
beforeAll(() => void ({ issuer } = server))

const times = <T>(count: number, action: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, action))
const tokensOf = ({ body }: Answer): Tokens => body as unknown as Tokens
const identifierOf = (token: string): string | undefined => decodeJwt(token).jti

async function expectReplay(answer: Answer, alive: Tokens): Promise<void> {
  expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
  expect(await areActive(issuer, [alive.access_token, alive.refresh_token])).toEqual([false, false])
}

describe('of 50 at the same time, with access tokens that are JWTs,', () => {
  test('one code is redeemed once, and those tokens live', async () => {
    const own = endAfterTest(await startJwtServer({ storage: createTimelessStorage() }))
    const given = await consent(own.issuer)
    const answers = await times(50, () => sendCode(own.issuer, given))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    const errors = answers.filter((answer) => !winners.includes(answer)).map(toJson)
    expect(errors.map(({ error }) => error)).toEqual(errors.map(() => 'invalid_grant'))
    const tokens = winners.map(toJson) as unknown as readonly [Tokens]
    const both = [tokens[0].access_token, tokens[0].refresh_token]
    expect(await areActive(own.issuer, both)).toEqual([true, true])
    expect((await refresh(own.issuer, tokens[0].refresh_token)).status).toBe(200)
  })

  test('one code of a client without refresh tokens is redeemed once', async () => {
    const grant_types = ['authorization_code']
    const own = endAfterTest(
      await startJwtServer({
        clients: [{ ...confidential, grant_types }],
        storage: createTimelessStorage(),
      }),
    )
    const given = await consent(own.issuer)
    const answers = await times(50, () => sendCode(own.issuer, given))
    const winners = answers.filter(({ status }) => status === 200)
    expect(winners).toHaveLength(1)
    const token = String(toJson(winners[0] as RawAnswer)['access_token'])
    expect(await areActive(own.issuer, [token])).toEqual([true])
    const errors = new Set(answers.map((answer) => toJson(answer)['error']))
    expect(errors).toEqual(new Set([undefined, 'invalid_grant']))
  })

  test('refreshes of one token all get the same refresh token, and access tokens that live', async () => {
    const first = await connect(issuer)
    const answers = await times(50, () => sendRefresh(issuer, first.refresh_token))
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
    const pairs = answers.map(toJson) as unknown as readonly Tokens[]
    expect(new Set(pairs.map(({ refresh_token }) => refresh_token)).size).toBe(1)
    // One token, signed many times.
    expect(new Set(pairs.map(({ access_token }) => identifierOf(access_token))).size).toBe(1)
    const live = await areActive(
      issuer,
      pairs.map(({ access_token }) => access_token),
    )
    expect(live).toEqual(pairs.map(() => true))
    expect(await areActive(issuer, [first.access_token])).toEqual([false])
    const next = await refresh(issuer, pairs[0]?.refresh_token ?? '')
    expect(next.status).toBe(200)
    expect(
      new Set(
        await areActive(
          issuer,
          live.map((_, at) => pairs[at]?.access_token ?? ''),
        ),
      ),
    ).toEqual(new Set([false]))
  })

  test('refreshes of a public client end the grant if it has no overlap', async () => {
    const { refresh_token } = await connect(issuer, { client: publicClient })
    const answers = await times(50, () => refresh(issuer, refresh_token, publicClient))
    const tokens = answers.flatMap(({ status, body }) =>
      status === 200 ? [String(body['access_token'])] : [],
    )
    expect(tokens).toHaveLength(1)
    expect(await areActive(issuer, tokens, resourceServer)).toEqual([false])
  })
})

describe('a client that lost the answer of a refresh, with access tokens that are JWTs,', () => {
  test('gets the same again, and what it got before lives on', async () => {
    const { refresh_token: first } = await connect(issuer)
    const one = tokensOf(await refresh(issuer, first))
    const other = tokensOf(await refresh(issuer, first))
    expect(other.refresh_token).toBe(one.refresh_token)
    expect(identifierOf(other.access_token)).toBe(identifierOf(one.access_token))
    expect(await areActive(issuer, [one.access_token, other.access_token])).toEqual([true, true])
    const next = await refresh(issuer, other.refresh_token)
    expect(next.status).toBe(200)
    const all = [one.access_token, other.access_token, tokensOf(next).access_token]
    expect(await areActive(issuer, all)).toEqual([false, false, true])
  })

  test('may ask for less the second time: another access token, which is revoked by itself', async () => {
    const params = { scope: 'companies:read users:read' }
    const { refresh_token: first } = await connect(issuer, { params })
    const whole = tokensOf(await refresh(issuer, first))
    const less = { scope: 'users:read' }
    const narrow = tokensOf(await refresh(issuer, first, confidential, less))
    expect(narrow.refresh_token).toBe(whole.refresh_token)
    const tokens = [whole.access_token, narrow.access_token]
    expect(new Set(tokens.map(identifierOf)).size).toBe(2)
    const answers = await Promise.all(tokens.map((token) => introspect(issuer, token)))
    expect(answers.map(({ scope }) => scope)).toEqual([params.scope, less.scope])
    await revoke(issuer, narrow.access_token)
    expect(await areActive(issuer, tokens)).toEqual([true, false])
  })

  test('gets no access token back that was revoked, and keeps its connection', async () => {
    const { refresh_token: first } = await connect(issuer)
    const tokens = tokensOf(await refresh(issuer, first))
    await revoke(issuer, tokens.access_token)
    expect((await refresh(issuer, first)).body['error']).toBe('invalid_grant')
    const both = [tokens.access_token, tokens.refresh_token]
    expect(await areActive(issuer, both)).toEqual([false, true])
  })

  test('is not heard any more once an API has introspected the access token', async () => {
    const { refresh_token: first } = await connect(issuer)
    const tokens = tokensOf(await refresh(issuer, first))
    const seen = await introspect(issuer, tokens.access_token, resourceServer)
    expect(seen['active']).toBe(true)
    await expectReplay(await refresh(issuer, first), tokens)
  })

  test('is a replay for the token before the last one, and for a public client at once', async () => {
    const { refresh_token: first } = await connect(issuer)
    const second = tokensOf(await refresh(issuer, first))
    const third = tokensOf(await refresh(issuer, second.refresh_token))
    await expectReplay(await refresh(issuer, first), third)
    const mobile = await connect(issuer, { client: publicClient })
    const next = tokensOf(await refresh(issuer, mobile.refresh_token, publicClient))
    const answer = await refresh(issuer, mobile.refresh_token, publicClient)
    expect(answer.body['error']).toBe('invalid_grant')
    expect(await areActive(issuer, [next.access_token], resourceServer)).toEqual([false])
  })

  test('gets another one for another key of DPoP', async () => {
    const { refresh_token: first } = await connect(issuer)
    const url = `${issuer}/oauth/token`
    const { client_id, client_secret } = confidential
    const fields = { grant_type: 'refresh_token', refresh_token: first, client_id, client_secret }
    const keys = [await createProofKeys(), await createProofKeys()]
    const bound: Tokens[] = []
    for (const key of keys) bound.push(tokensOf(await post(url, fields, await prove(key, url))))
    const [one, other] = bound.map(({ access_token }) => decodeJwt(access_token))
    expect(one?.jti).not.toBe(other?.jti)
    expect(one?.['cnf']).not.toEqual(other?.['cnf'])
    const answers = await Promise.all(bound.map((each) => introspect(issuer, each.access_token)))
    expect(answers.map(({ cnf }) => cnf)).toEqual([one?.['cnf'], other?.['cnf']])
  })
})

describe('while the storage does not answer', () => {
  test('everything about JWTs is 503, and nothing is lost', async () => {
    let isDown = false
    const storage = await createTestStorage()
    const grants = Object.fromEntries(
      Object.entries(storage.grants).map(([name, method]) => [
        name,
        async (...args: readonly unknown[]) => {
          if (isDown) throw new Error('the storage is down')
          return (method as (...all: readonly unknown[]) => Promise<unknown>)(...args)
        },
      ]),
    ) as unknown as typeof storage.grants
    const own = endAfterTest(await startJwtServer({ storage: { ...storage, grants } }))
    const tokens = await connect(own.issuer)
    const given = await consent(own.issuer)
    const { client_id, client_secret } = confidential
    const fields = { token: tokens.access_token, client_id, client_secret }
    const ask = (path: string): Promise<Answer> => post(`${own.issuer}${path}`, fields)
    isDown = true
    for (const answer of [
      await ask('/oauth/token/introspect'),
      await ask('/oauth/token/revoke'),
      await refresh(own.issuer, tokens.refresh_token),
      await redeem(own.issuer, given),
    ]) {
      expect([answer.status, answer.body['error'], answer.headers.get('retry-after')]).toEqual([
        503,
        'temporarily_unavailable',
        '1',
      ])
    }
    isDown = false
    expect(await areActive(own.issuer, [tokens.access_token])).toEqual([true])
    const answers = [
      await refresh(own.issuer, tokens.refresh_token),
      await redeem(own.issuer, given),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    const issued = answers.map((answer) => tokensOf(answer).access_token)
    expect(await areActive(own.issuer, issued)).toEqual([true, true])
  })
})
