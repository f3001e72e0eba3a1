import { describe, expect, test } from 'vitest'
import {
  introspection,
  VerificationUnavailableError,
  type IntrospectionOptions,
  type TokenVerifier,
} from '../../lib/resource-server/index.ts'
import { client, startIntrospectedApis } from '../support/introspected-apis.ts'
import { json } from '../support/introspection-proxy.ts'
import { startWaiting } from '../support/outage.ts'
import { pause } from '../support/requests.ts'

const setup = startIntrospectedApis()
const { start, newToken } = setup

const create = (options: Partial<IntrospectionOptions>): TokenVerifier =>
  introspection({ endpoint: setup.proxy.endpoint, client, ...options })

/** Answers that a token is not active after so long, and counts how many are waited for at once. */
function answerSlowly(milliseconds: number): () => number {
  let [now, most] = [0, 0]
  setup.proxy.answer((response) => {
    now += 1
    most = Math.max(most, now)
    setTimeout(() => {
      now -= 1
      json({ active: false })(response)
    }, milliseconds)
  })
  return () => most
}
const tokens = (length: number): readonly string[] =>
  Array.from({ length }, (_, index) => `nobody-issued-${index}`)

describe('questions under way', () => {
  test.each([
    [undefined, 50],
    [7, 7],
    [1, 1],
  ])(
    'with maxConcurrency %s are no more than %i, over as many connections',
    async (given, most) => {
      const verify = create({ timeout: 60, ...(given !== undefined && { maxConcurrency: given }) })
      const seen = answerSlowly(2 * most)
      const answers = await Promise.all(tokens(200).map((token) => verify(token)))
      expect(new Set(answers)).toEqual(new Set([undefined]))
      expect(setup.proxy.requests()).toBe(200)
      expect(seen()).toBeLessThanOrEqual(most)
      expect(setup.proxy.connections()).toBeLessThanOrEqual(most)
    },
  )

  test('have the others wait no longer than the timeout: 503, and nobody asks about them later', async () => {
    const api = await start({ maxConcurrency: 2, timeout: 1 })
    answerSlowly(600)
    const waited = startWaiting()
    const answers = await Promise.all(tokens(20).map((token) => api.get('/token', token)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 401)).toHaveLength(2)
    expect(statuses.filter((status) => status === 503)).toHaveLength(18)
    expect(waited()).toBeLessThan(2000)
    // One for all who gave up at the same time.
    expect(api.errors.length).toBeLessThan(4)
    expect(api.errors.map(String).join()).toContain('see maxConcurrency')
    const asked = setup.proxy.requests()
    await pause(250)
    expect(setup.proxy.requests()).toBe(asked)
  })

  test('are answered as many as there is room for, where there are always too many', async () => {
    const verify = create({ maxConcurrency: 1, timeout: 0.3 })
    answerSlowly(40)
    const answers: Promise<boolean>[] = []
    for (const token of tokens(100)) {
      answers.push(
        verify(token).then(
          () => true,
          () => false,
        ),
      )
      await pause(10)
    }
    const answered = (await Promise.all(answers)).filter(Boolean)
    // A place is not given to a question that has no time left.
    expect(answered.length).toBeGreaterThan(0.7 * setup.proxy.requests())
  })

  test('come to a token that is used again and again, where there are always too many', async () => {
    const verify = create({ maxConcurrency: 2, timeout: 1 })
    const good = await newToken()
    setup.proxy.delay(40)
    const over = new AbortController()
    const strangers = (async () => {
      for (let index = 0; !over.signal.aborted; index += 1) {
        void verify(`nobody-issued-${index}`).catch(() => undefined)
        await pause(4)
      }
    })()
    await pause(300)
    const uses: Promise<boolean>[] = []
    for (let index = 0; index < 40; index += 1) {
      const use = verify(good).then(
        () => true,
        () => false,
      )
      uses.push(use)
      await pause(15)
    }
    const failed = (await Promise.all(uses)).filter((isGood) => !isGood)
    over.abort()
    await strangers
    setup.proxy.delay(0)
    expect(failed.length).toBeLessThan(8)
  })

  test('that nobody answers are not for want of places', async () => {
    const api = await start({ maxConcurrency: 1, timeout: 0.2 })
    setup.proxy.answer(() => undefined)
    await Promise.all(tokens(10).map((token) => api.get('/token', token)))
    expect(api.errors.length).toBeLessThan(4)
    expect(api.errors.map(String).join()).not.toContain('maxConcurrency')
    expect(api.errors.map(String).join()).toContain('did not answer in time')
  })

  test('leave their places, however they end', async () => {
    const api = await start({ maxConcurrency: 2, timeout: 0.2 })
    const token = await newToken()
    const ways = [
      json('', 500),
      json('<html>'),
      () => undefined,
      (response: { destroy(): void }) => response.destroy(),
    ]
    for (const way of ways) {
      setup.proxy.answer(way)
      await Promise.all(tokens(6).map((one) => api.get('/token', one)))
    }
    setup.proxy.answer(undefined)
    expect((await api.get('/token', token)).status).toBe(200)
  })

  test('are of each verifier alone', async () => {
    const options = { maxConcurrency: 1, timeout: 0.2 }
    const [one, other] = [create(options), create(options)]
    setup.proxy.answer(() => undefined)
    const waiting = one('a').catch((error: unknown) => error)
    await pause(20)
    setup.proxy.answer(json({ active: false }))
    expect(await other('b')).toBeUndefined()
    expect(await waiting).toBeInstanceOf(VerificationUnavailableError)
  })
})
