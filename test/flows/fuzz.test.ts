import { beforeAll, describe, expect, test } from 'vitest'
import { connect, consent, refresh, type Tokens } from '../support/flow.ts'
import { seeds } from '../support/fuzzing.ts'
import { createRequests, problemOf } from '../support/random-requests.ts'
import { areActive, send } from '../support/requests.ts'
import { useServer } from '../support/server.ts'

let tokens: Tokens
let seen: readonly string[]
const failures: unknown[] = []
const server = useServer()
beforeAll(async () => {
  server.provider.on('server_error', (_ctx, error) => failures.push(error))
  tokens = await connect(server.issuer)
  // Real values that do no harm: what is sent at random must not end the connection by right.
  seen = [
    (await consent(server.issuer)).code,
    tokens.access_token.slice(1),
    'ledger',
    'mobile',
    'S256',
  ]
})

describe('requests made at random', () => {
  const statuses = new Set<number>()

  test.each(seeds(4))(
    'never fail inside, never tell of the inside, and get JSON or a page (seed %i)',
    async (seed) => {
      const next = createRequests(server, seen, seed)
      for (let batch = 0; batch < 10; batch += 1) {
        const requests = Array.from({ length: 15 }, next)
        const answers = await Promise.all(requests.map(({ url, init }) => send(url, init)))
        for (const [index, answer] of answers.entries()) {
          statuses.add(answer.status)
          const problem = problemOf(answer, requests[index]?.init.method)
          expect(problem && { problem, request: requests[index] }).toBe('')
        }
      }
    },
  )

  test('reach pages, answers, redirects and refusals', () => {
    for (const status of [200, 303, 400, 404, 405]) expect(statuses).toContain(status)
  })

  test('have left everything as it was', async () => {
    expect(failures).toEqual([])
    expect(await areActive(server.issuer, [tokens.access_token])).toEqual([true])
    expect((await refresh(server.issuer, tokens.refresh_token)).status).toBe(200)
  })
})
