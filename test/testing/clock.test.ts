import { mock } from 'node:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  createTestServer,
  type TestServer,
  type TestServerOptions,
} from '../../lib/testing/index.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'
import { send, toJson, type RawAnswer } from '../support/requests.ts'

const RealDate = Date
const elapsed = performance.now.bind(performance)
const running: TestServer[] = []

async function start(options: TestServerOptions = {}): Promise<TestServer> {
  const server = await createTestServer(options)
  running.push(server)
  return server
}

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  mock.timers.reset()
  await Promise.all(running.splice(0).map((server) => server.close()))
  if (Date !== RealDate || Object.hasOwn(performance, 'now')) throw new Error('a clock was left')
})

/** How far ahead of the clock on the wall this process is, in whole seconds. */
const ahead = (): number => Math.round((Date.now() - realTime()) / 1000) + 0
const realTime = (): number => performance.timeOrigin + elapsed()

const day = 86_400

type Redeem = () => Promise<RawAnswer>

/** A code for the public client, and how it redeems that: on a connection of its own each time. */
async function askFor(server: TestServer): Promise<Redeem> {
  const client = server.clients.public
  const { verifier, challenge } = createPkce()
  const url = authorizationUrl(server.issuer, client, { code_challenge: challenge })
  const callback = await server.authorize(url)
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: client.client_id,
    redirect_uri: client.redirect_uris?.[0] ?? '',
    code: callback.searchParams.get('code') ?? '',
    code_verifier: verifier,
  })
  return () => send(`${server.issuer}/oauth/token`, { body })
}

describe('when time passes', () => {
  test('an access token ends after 15 minutes, and the refresh token does not', async () => {
    const server = await start()
    const connection = await server.connect()
    server.clock.advance(895)
    expect((await connection.introspect()).active).toBe(true)
    server.clock.advance(5)
    expect(await connection.introspect()).toEqual({ active: false })
    expect((await connection.refresh()).expires_in).toBe(900)
    expect((await connection.introspect()).active).toBe(true)
  })

  test('a refresh token ends after 60 days, counted from the last refresh', async () => {
    const server = await start()
    const connection = await server.connect()
    server.clock.advance(50 * day)
    await connection.refresh()
    server.clock.advance(50 * day)
    await connection.refresh()
    server.clock.advance(60 * day)
    await expect(connection.refresh()).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  test('a connection ends after 365 days, however often it is refreshed', async () => {
    const server = await start()
    const connection = await server.connect()
    for (let days = 50; days <= 350; days += 50) {
      server.clock.advance(50 * day)
      await connection.refresh()
    }
    server.clock.advance(15 * day)
    await expect(connection.refresh()).rejects.toMatchObject({ code: 'invalid_grant' })
  })

  test('a code ends after a minute', async () => {
    const server = await start()
    const [first, second] = [await askFor(server), await askFor(server)]
    server.clock.advance(55)
    expect((await first()).status).toBe(200)
    server.clock.advance(5)
    expect((await second()).status).toBe(400)
  })

  test('a person who thinks too long has to start again', async () => {
    const server = await start()
    const { groupAdministrator: person } = server.people
    const url = authorizationUrl(server.issuer, server.clients.public, {
      code_challenge: createPkce().challenge,
    })
    const thinking = server.authorize(url, {
      account: async (page, browser) => {
        const { username, password } = person
        const consent = await browser.submit(page, { username, password })
        server.clock.advance(3600)
        return consent
      },
    })
    await expect(thinking).rejects.toThrow(/the decision was not taken: .* \(400\)/)
  })

  test('a code that comes again after a moment is a replay, and not the loser of a race', async () => {
    const server = await start()
    const [raced, replayed] = [await askFor(server), await askFor(server)]
    const isAliveAfter = async (redeem: Redeem, seconds: number): Promise<unknown> => {
      const { access_token: token } = toJson(await redeem())
      if (seconds > 0) server.clock.advance(seconds)
      expect(toJson(await redeem())['error']).toBe('invalid_grant')
      const client = server.clients.public
      const other = await server.connect({ client })
      return (await other.introspect(client, String(token))).active
    }
    expect(await isAliveAfter(raced, 0)).toBe(true)
    expect(await isAliveAfter(replayed, 2)).toBe(false)
  })

  test('lifetimes of its own are those of the server', async () => {
    const server = await start({ lifetimes: { accessToken: 60 } })
    const connection = await server.connect()
    server.clock.advance(60)
    expect(await connection.introspect()).toEqual({ active: false })
  })
})

describe('the clock', () => {
  test('is ahead for everything in the process that asks what time it is', async () => {
    const { clock } = await start()
    const before = performance.now()
    clock.advance(600)
    clock.advance(300)
    expect(ahead()).toBe(900)
    expect(Math.round((new Date().getTime() - realTime()) / 1000)).toBe(900)
    expect(Date()).toBe(new Date().toString())
    expect(performance.now() - before).toBeGreaterThan(900_000)
  })

  test('leaves Date what it is otherwise', async () => {
    const { clock } = await start()
    const earlier = new Date(0)
    clock.advance(1)
    class Day extends Date {}
    expect(earlier).toBeInstanceOf(Date)
    expect(new Date()).toBeInstanceOf(RealDate)
    expect(new Day()).toBeInstanceOf(Day)
    expect(new Date(2020, 1, 3).getMonth()).toBe(1)
    expect(Date.parse('1970-01-01T00:00:01Z')).toBe(1000)
    expect(Date.UTC(1970, 0, 1)).toBe(0)
    expect(structuredClone(new Date(5))).toEqual(new Date(5))
  })

  test('is not touched before it is advanced, and is put back at the end', async () => {
    const server = await start()
    expect(Date).toBe(RealDate)
    server.clock.advance(60)
    expect(Date).not.toBe(RealDate)
    await server.close()
    expect(Date).toBe(RealDate)
    expect(ahead()).toBe(0)
    expect(() => server.clock.advance(60)).toThrow('the test server is closed')
  })

  test('is one for all servers, until the last of them is closed', async () => {
    const [one, other] = [await start(), await start()]
    const connection = await other.connect()
    one.clock.advance(600)
    await one.close()
    await one.close()
    expect(ahead()).toBe(600)
    other.clock.advance(300)
    expect(ahead()).toBe(900)
    expect(await connection.introspect()).toEqual({ active: false })
    await other.close()
    expect(ahead()).toBe(0)
  })

  test.each([0, -1, Number.NaN, Infinity])('does not take %d seconds', async (seconds) => {
    const { clock } = await start()
    expect(() => clock.advance(seconds)).toThrow('time passes by a positive number of seconds')
    expect(Date).toBe(RealDate)
  })
})

describe('beside fake timers', () => {
  const refusal = 'Date is replaced already'

  test.each([
    ['vi.useFakeTimers', () => vi.useFakeTimers({ toFake: ['Date'] })],
    ['vi.setSystemTime', () => vi.setSystemTime(Date.now())],
    ['vi.spyOn', () => vi.spyOn(Date, 'now').mockReturnValue(Date.now())],
    ['mock.timers', () => mock.timers.enable({ apis: ['Date'], now: Date.now() })],
  ])('it says that time is with %s, and changes nothing', async (_, fake) => {
    const { clock } = await start()
    fake()
    const faked = Date
    expect(() => clock.advance(1)).toThrow(refusal)
    expect(Date).toBe(faked)
  })

  test('of vitest, the server follows those', async () => {
    const server = await start()
    vi.useFakeTimers({ toFake: ['Date'] })
    const connection = await server.connect()
    vi.advanceTimersByTime(900_000)
    expect(await connection.introspect()).toEqual({ active: false })
    vi.useRealTimers()
    expect((await connection.introspect()).active).toBe(true)
  })

  test('of vitest with every timer there is, it goes on', async () => {
    const server = await start()
    vi.useFakeTimers()
    const connection = await server.connect()
    vi.advanceTimersByTime(900_000)
    expect(await connection.introspect()).toEqual({ active: false })
    await server.close()
  })

  test('of Node, the server follows those', async () => {
    const server = await start()
    mock.timers.enable({ apis: ['Date'], now: Date.now() })
    const connection = await server.connect()
    mock.timers.setTime(Date.now() + 900_000)
    expect(await connection.introspect()).toEqual({ active: false })
  })

  test('that begin later, they begin where it is, and it goes on when they are gone', async () => {
    const { clock } = await start()
    clock.advance(600)
    vi.useFakeTimers({ toFake: ['Date'] })
    expect(ahead()).toBe(600)
    expect(() => clock.advance(1)).toThrow(refusal)
    vi.useRealTimers()
    clock.advance(300)
    expect(ahead()).toBe(900)
  })

  test('that are there at the end, the time is right when they are gone, and Date is Date', async () => {
    const server = await start()
    server.clock.advance(600)
    vi.useFakeTimers({ toFake: ['Date'] })
    await server.close()
    vi.useRealTimers()
    expect(ahead()).toBe(0)
    const next = await start()
    next.clock.advance(60)
    expect(ahead()).toBe(60)
  })
})
