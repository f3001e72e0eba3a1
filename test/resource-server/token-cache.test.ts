import { describe, expect, test } from 'vitest'
import { introspection } from '../../lib/resource-server/index.ts'
import { revoke } from '../support/flow.ts'
import { client, startIntrospectedApis } from '../support/introspected-apis.ts'
import { good, json } from '../support/introspection-proxy.ts'
import { pause } from '../support/requests.ts'

const setup = startIntrospectedApis()
const { start, newToken } = setup

describe('the cache', () => {
  test('has 200 requests at once ask once', async () => {
    const api = await start()
    setup.proxy.delay(100)
    const token = await newToken()
    const answers = await Promise.all(Array.from({ length: 200 }, () => api.get('/token', token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(setup.proxy.requests()).toBe(1)
  })

  test('asks again when its age is over, and notices a revocation then', async () => {
    const api = await start({ cache: { maxAge: 2 } })
    const token = await newToken()
    expect((await api.get('/token', token)).status).toBe(200)
    await revoke(setup.server.issuer, token)
    expect((await api.get('/token', token)).status).toBe(200)
    await expect.poll(async () => (await api.get('/token', token)).status).toBe(401)
    expect(setup.proxy.requests()).toBe(2)
  })

  test('counts the age from when it was asked, also for those who wait for an answer', async () => {
    const api = await start({ cache: { maxAge: 0.3 } })
    const token = await newToken()
    setup.proxy.delay(700)
    const first = api.get('/token', token)
    await pause(500)
    await revoke(setup.server.issuer, token)
    setup.proxy.delay(0)
    expect((await api.get('/token', token)).status).toBe(401)
    expect((await first).status).toBe(200)
    expect((await api.get('/token', token)).status).toBe(401)
  })

  test('of no age has every request ask', async () => {
    const api = await start({ cache: { maxAge: 0 } })
    const token = await newToken()
    const statuses = async (): Promise<readonly number[]> => {
      const answers = await Promise.all([api.get('/token', token), api.get('/token', token)])
      return answers.map(({ status }) => status)
    }
    expect([await statuses(), setup.proxy.requests()]).toEqual([[200, 200], 2])
    await revoke(setup.server.issuer, token)
    expect([await statuses(), setup.proxy.requests()]).toEqual([[401, 401], 4])
  })

  test('never remembers a token past its end: whoever has the verifier alone learns of it', async () => {
    const verify = introspection({ endpoint: setup.proxy.endpoint, client, cache: { maxAge: 60 } })
    const exp = Math.floor(Date.now() / 1000) + 2
    setup.proxy.answer(json({ ...good, exp }))
    expect(await verify('some-token')).toMatchObject({ expiresAt: exp * 1000 })
    await verify('some-token')
    expect(setup.proxy.requests()).toBe(1)
    await pause(exp * 1000 - Date.now() + 10)
    setup.proxy.answer(json({ active: false }))
    expect(await verify('some-token')).toBeUndefined()
    expect(setup.proxy.requests()).toBe(2)
  })

  test('forgets the oldest where it is full', async () => {
    const api = await start({ cache: { maxAge: 60, maxEntries: 2 } })
    const tokens = [await newToken(), await newToken(), await newToken()] as const
    for (const token of tokens) await api.get('/token', token)
    expect(setup.proxy.requests()).toBe(3)
    await api.get('/token', tokens[2])
    await api.get('/token', tokens[1])
    expect(setup.proxy.requests()).toBe(3)
    await api.get('/token', tokens[0])
    expect(setup.proxy.requests()).toBe(4)
  })

  test('keeps what is good, and asks for it once, while strangers come all at once', async () => {
    const api = await start({ cache: { maxAge: 60, maxEntries: 10 } })
    const [known, asked] = [await newToken(), await newToken()]
    expect((await api.get('/token', known)).status).toBe(200)
    setup.proxy.delay(200)
    const strangers = Array.from({ length: 50 }, (_, n) => `stranger-${n}`)
    const tokens = [asked, ...strangers.slice(25), known, ...strangers.slice(0, 25), asked]
    const answers = await Promise.all(tokens.map((token) => api.get('/token', token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3)
    expect(setup.proxy.requests()).toBe(1 + strangers.length + 1)
    expect((await api.get('/token', known)).status).toBe(200)
    expect((await api.get('/token', asked)).status).toBe(200)
    expect(setup.proxy.requests()).toBe(1 + strangers.length + 1)
  })

  test('remembers nothing that is not good, so that strangers push out nothing that is', async () => {
    const api = await start({ cache: { maxAge: 60, maxEntries: 10 } })
    const token = await newToken()
    await api.get('/token', token)
    for (let turn = 0; turn < 50; turn += 1) await api.get('/token', `nobody-issued-${turn}`)
    await api.get('/token', 'nobody-issued-1')
    expect(setup.proxy.requests()).toBe(52)
    expect((await api.get('/token', token)).status).toBe(200)
    expect(setup.proxy.requests()).toBe(52)
  })

  test('remembers no failure', async () => {
    const api = await start({ cache: { maxAge: 60 } })
    const token = await newToken()
    setup.proxy.answer(json('', 500))
    expect((await api.get('/token', token)).status).toBe(503)
    setup.proxy.answer(undefined)
    expect((await api.get('/token', token)).status).toBe(200)
  })
})
