import { Agent } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, consent, introspect, type Tokens } from '../support/flow.ts'
import { useRedis } from '../support/redis-server.ts'
import { send, sendCode, sendRefresh, toJson, type RawAnswer } from '../support/requests.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { publicClient, resourceServer } from '../support/server.ts'

// Two server processes, one Redis.

const rounds = 200
const atOnce = 50

let servers: readonly [ServerProcess, ServerProcess]
const agent = new Agent({ keepAlive: true, maxSockets: atOnce })

const redis = useRedis()
beforeAll(async () => {
  servers = await Promise.all([startServerProcess(redis.url), startServerProcess(redis.url)])
})
afterAll(async () => {
  agent.destroy()
  await Promise.all(servers.map((server) => server.kill()))
})

/** Fifty at once, every other one to the other process. */
const fifty = (ask: (issuer: string) => Promise<RawAnswer>): Promise<readonly RawAnswer[]> =>
  Promise.all(Array.from({ length: atOnce }, (_, n) => ask((servers[n % 2] ?? servers[0]).issuer)))

function expectOneWinner(answers: readonly RawAnswer[]): Tokens {
  const winners = answers.filter(({ status }) => status === 200)
  const losers = answers.filter(({ status }) => status !== 200)
  expect(winners).toHaveLength(1)
  const errors = new Set(
    losers.map((answer) => `${answer.status} ${String(toJson(answer)['error'])}`),
  )
  expect(errors).toEqual(new Set(['400 invalid_grant']))
  return tokensOf(winners[0])
}

const tokensOf = (answer: RawAnswer | undefined): Tokens =>
  toJson(answer as RawAnswer) as unknown as Tokens

test(`${rounds} rounds: of ${atOnce} redemptions of one code, one succeeds, and its tokens live`, async () => {
  let quick = 0
  for (let round = 0; round < rounds; round += 1) {
    const given = await consent(servers[0].issuer)
    const begin = performance.now()
    const tokens = expectOneWinner(await fifty((issuer) => sendCode(issuer, given, { agent })))
    // On a machine that is too busy for it, the last of them come after the second in which a code may come again.
    if (performance.now() - begin >= 1000) continue
    quick += 1
    expect((await introspect(servers[1].issuer, tokens.access_token))['active']).toBe(true)
  }
  expect(quick).toBeGreaterThan(0)
})

test(`${rounds} rounds: ${atOnce} refreshes of one token get one pair, and nothing else lives`, async () => {
  let tokens = await connect(servers[0].issuer)
  for (let round = 0; round < rounds; round += 1) {
    const before = tokens
    const answers = await fifty((issuer) => sendRefresh(issuer, before.refresh_token, { agent }))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const pairs = answers.map((answer) => tokensOf(answer))
    expect(new Set(pairs.map((pair) => pair.refresh_token)).size).toBe(1)
    expect(new Set(pairs.map((pair) => pair.access_token)).size).toBe(1)
    tokens = pairs[0] as Tokens
    expect((await introspect(servers[1].issuer, before.access_token))['active']).toBe(false)
    expect((await introspect(servers[0].issuer, tokens.access_token))['active']).toBe(true)
  }
})

test(`${rounds / 4} rounds: ${atOnce} refreshes of a public client get one pair, though it is in use`, async () => {
  for (let round = 0; round < rounds / 4; round += 1) {
    const { refresh_token } = await connect(servers[0].issuer, { client: publicClient })
    const body = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token,
      client_id: publicClient.client_id,
    })
    const answers = await fifty(async (issuer) => {
      const answer = await send(`${issuer}/oauth/token`, { agent, body })
      await introspect(issuer, tokensOf(answer).access_token, resourceServer)
      return answer
    })
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map((answer) => tokensOf(answer).refresh_token)).size).toBe(1)
  }
})
