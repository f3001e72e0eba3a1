import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { jwt, local, type TokenVerifier } from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect } from '../support/flow.ts'
import { bakery, idOf } from '../support/people.ts'
import { audience, resourceServer, useServer } from '../support/server.ts'

// A good token of another API is 401, as a bad one is: an API that has its own name wrong would look for long.

let token: string
const clientIds = [resourceServer.client_id]
const server = useServer({ resourceServer: { audience, clientIds, accessTokenFormat: 'jwt' } })
beforeAll(async () => {
  token = (await connect(server.issuer)).access_token
})

const warnings: { readonly code: string; readonly message: string }[] = []
const listen = ({ name, message, code = '' }: Error & { readonly code?: string }): void => {
  // The clock that a test sets is another matter.
  if (name === 'ResourceServerWarning' && code !== 'clock_difference')
    warnings.push({ code, message })
}
beforeEach(() => void process.on('warning', listen))
afterEach(async () => {
  vi.useRealTimers()
  process.off('warning', listen)
  warnings.length = 0
})

async function start(verify: TokenVerifier, own: string): Promise<RunningApi> {
  return endAfterTest(
    await startApi({ verify, audience: own, baseUrl: 'https://api.example.test' }),
  )
}
const told = async (): Promise<typeof warnings> => {
  await new Promise((resolve) => setImmediate(resolve))
  return warnings
}
const statuses = async (api: RunningApi, times: number): Promise<readonly number[]> => {
  const answers = await Promise.all(Array.from({ length: times }, () => api.get('/token', token)))
  return answers.map(({ status }) => status)
}

const slash = `${audience}/`
const hour = 3_600_000

describe('a good token for another API', () => {
  test.each<[string, () => TokenVerifier]>([
    ['local()', () => local(server)],
    ['jwt(), where both are wrong', () => jwt({ issuer: server.issuer, audience: slash })],
    ['jwt(), where bearer() is wrong', () => jwt({ issuer: server.issuer, audience })],
  ])('is told once by a warning, with both names: %s', async (_, createVerifier) => {
    const api = await start(createVerifier(), slash)
    expect(await statuses(api, 3)).toEqual([401, 401, 401])
    const [{ code, message } = { code: '', message: '' }, ...others] = await told()
    expect([code, others]).toEqual(['other_audience', []])
    expect(message).toContain(`"${audience}"`)
    expect(message).toContain(`"${slash}"`)
    expect(message).not.toContain(token)
  })

  test('is told by each API that has one, and every hour again', async () => {
    const [one, other] = [await start(verifyOther(), slash), await start(verifyOther(), slash)]
    await statuses(one, 2)
    await statuses(other, 2)
    expect(await told()).toHaveLength(2)
    const now = Date.now()
    for (const [later, times] of [
      [hour - 60_000, 2],
      [hour, 3],
    ] as const) {
      vi.useFakeTimers({ toFake: ['Date'], now: now + later })
      await statuses(one, 2)
      expect(await told()).toHaveLength(times)
    }
  })

  test('is told in a few words, whatever it is for', async () => {
    const api = await start(
      verifyOther([`\n\u001B[31m${'x'.repeat(500)}`, 'y'.repeat(500)]),
      audience,
    )
    expect(await statuses(api, 1)).toEqual([401])
    expect(await told()).toHaveLength(1)
    const { message = '' } = warnings[0] ?? {}
    expect(message.length).toBeLessThan(400)
    expect(message).toContain('"\\n\\u001b[31mxxx')
  })

  test('is told where it is for none', async () => {
    const api = await start(verifyOther([]), audience)
    expect(await statuses(api, 1)).toEqual([401])
    expect(await told()).toHaveLength(1)
  })
})

test.each<[string, TokenVerifier, number]>([
  ['a token that is not good', async () => undefined, 401],
  ['one that has ended', verifyOther(['https://other.example.test'], -1), 401],
  ['one for this API', verifyOther([audience]), 200],
])('nothing is told of %s', async (_, verify, status) => {
  expect(await statuses(await start(verify, audience), 1)).toEqual([status])
  expect(await told()).toEqual([])
})

test('nothing is told of a JWT for another API that has ended', async () => {
  const api = await start(jwt({ issuer: server.issuer, audience: slash }), slash)
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + hour })
  expect(await statuses(api, 1)).toEqual([401])
  expect(await told()).toEqual([])
})

function verifyOther(own: readonly string[] = [audience], milliseconds = 10 * hour): TokenVerifier {
  return async () => ({
    clientId: 'ledger',
    subject: { urn: bakery, type: 'company', id: idOf(bakery) },
    scope: new Set(),
    expiresAt: Date.now() + milliseconds,
    keyThumbprint: undefined,
    audience: own,
  })
}
