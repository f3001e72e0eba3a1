import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { fullest, largest, usual } from '../support/largest.ts'
import { registration } from '../support/registered.ts'
import { useServer } from '../support/server.ts'

// However a stranger fills a request, it costs the server little more than a usual one. Measured is the time of the processor, which
// other processes take nothing away from, and only as a ratio: the best of several rounds, as noise only adds to it.

const server = useServer({
  // The work is measured, not a refusal of it.
  limits: false,
  storage: createMemoryAdapter(),
  registration: { initialAccessToken: false },
})
beforeAll(async () => {
  for (const send of Object.values(usual)) for (let n = 0; n < 20; n += 1) await done(send)
})

const done = async (send: (issuer: string) => Promise<Response>): Promise<number> => {
  const answer = await send(server.issuer)
  await answer.text()
  return answer.status
}

const rounds = 8
const requests = 3

async function costOf(send: (issuer: string) => Promise<Response>): Promise<number> {
  const costs: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const before = process.cpuUsage()
    for (let count = 0; count < requests; count += 1) await done(send)
    const { user, system } = process.cpuUsage(before)
    costs.push(user + system)
  }
  return Math.min(...costs)
}

describe.each(largest)('as many as there may be: $name', ({ usual: kind, send }) => {
  test('cost ten times a usual request at most, and twice as many two and a half times that', async () => {
    const cost = await costOf(usual[kind])
    const once = await costOf((issuer) => send(issuer, 1))
    const twice = await costOf((issuer) => send(issuer, 2))
    expect(once / cost).toBeLessThan(10)
    expect(twice / Math.max(once, cost)).toBeLessThan(2.5)
  })
})

test.each(fullest)(
  'as much of it as fits into a request costs ten times a usual one at most: $name',
  async ({ usual: kind, send }) => {
    expect((await costOf((issuer) => send(issuer, 1))) / (await costOf(usual[kind]))).toBeLessThan(
      10,
    )
  },
)

test.each([
  ['a long scope', { scope: ' '.repeat(56_000) }, 'scope must have 10000 characters at most'],
  ['many scopes', { scope: 'a '.repeat(501) }, 'scope must name 500 scopes at most'],
  [
    'many optional scopes',
    { optional_scope: 'a '.repeat(501) },
    'optional_scope must name 500 scopes at most',
  ],
  [
    'many members',
    Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`m${n}`, 1])),
    'client must have 200 members at most',
  ],
  ['a name that expands', { client_name: '\uFDFA'.repeat(12) }, 'client_name must have 200'],
])('%s is refused for its length, and nothing else is said', async (_, members, said) => {
  const answer = await fetch(`${server.issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...registration, ...members }),
  })
  expect(answer.status).toBe(400)
  expect(((await answer.json()) as { error_description: string }).error_description).toMatch(said)
})

test.each(['GET', 'POST'])('a query of 3000 parameters is refused (%s)', async (method) => {
  const parameters = 'a=1&'.repeat(3000)
  const init = {
    method,
    ...(method === 'POST' && {
      body: parameters,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  }
  const url = `${server.issuer}/oauth/authorize`
  const answer = await fetch(method === 'GET' ? `${url}?${parameters}` : url, init)
  expect([answer.status, await answer.text()]).toEqual([
    400,
    expect.stringContaining('the query has more than 200 parameters'),
  ])
})
