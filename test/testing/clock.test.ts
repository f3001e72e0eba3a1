import { mock } from 'node:test'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createTestServer, type TestServer } from '../../lib/testing/index.ts'

const RealDate = Date
const { now: realNow } = Object.getOwnPropertyDescriptors(Date)
const elapsed = performance.now.bind(performance)
const running: TestServer[] = []

async function start(): Promise<TestServer> {
  const server = await createTestServer()
  running.push(server)
  return server
}

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  mock.timers.reset()
  mock.restoreAll()
  Object.defineProperty(RealDate, 'now', realNow)
  await Promise.all(running.splice(0).map((server) => server.close()))
  const isLeft = Date !== RealDate || RealDate.prototype.constructor !== RealDate
  if (isLeft || Object.hasOwn(performance, 'now')) throw new Error('a clock was left')
})

/** How far ahead of the clock on the wall this process is, in whole seconds. */
const ahead = (): number => Math.round((Date.now() - realTime()) / 1000) + 0
const realTime = (): number => performance.timeOrigin + elapsed()

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
    expect(new Date().constructor).toBe(Date)
    expect([Date.name, Date.length, new Date(Number.NaN).getTime()]).toEqual([
      'Date',
      7,
      Number.NaN,
    ])
  })

  test('is not touched before it is advanced, and is put back at the end', async () => {
    const server = await start()
    expect(Date).toBe(RealDate)
    server.clock.advance(60)
    expect(Date).not.toBe(RealDate)
    await server.close()
    expect(Date).toBe(RealDate)
    expect(new Date().constructor).toBe(RealDate)
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

  test('does not go past the last moment of Date, at once or step by step', async () => {
    const { clock } = await start()
    expect(() => clock.advance(1e13)).toThrow(RangeError)
    expect(Date).toBe(RealDate)
    clock.advance(8e12)
    expect(() => clock.advance(8e11)).toThrow('until the year 275760')
    expect(ahead()).toBe(8e12)
    expect(new Date().getTime()).not.toBe(Number.NaN)
  })
})

describe('beside fake timers', () => {
  const refusal = 'Date is replaced already'

  test.each([
    ['vi.useFakeTimers', () => vi.useFakeTimers({ toFake: ['Date'] })],
    ['vi.setSystemTime', () => vi.setSystemTime(Date.now())],
    ['vi.spyOn', () => vi.spyOn(Date, 'now').mockReturnValue(Date.now())],
    ['mock.timers', () => mock.timers.enable({ apis: ['Date'], now: Date.now() })],
    ['mock.method', () => mock.method(Date, 'now', () => 5)],
    ['another bound now', () => (Date.now = Date.now.bind(Date))],
  ])('it says that time is with %s, and changes nothing', async (_, fake) => {
    const { clock } = await start()
    const real = [Date, Date.now]
    fake()
    const faked = [Date, Date.now]
    expect(faked).not.toEqual(real)
    expect(() => clock.advance(1)).toThrow(refusal)
    expect([Date, Date.now]).toEqual(faked)
  })

  test.each([
    ['vi.spyOn', () => vi.spyOn(Date, 'now').mockReturnValue(5)],
    ['mock.method', () => mock.method(Date, 'now', () => 5)],
  ])('it says so as well when it was advanced before: %s', async (_, fake) => {
    const { clock } = await start()
    clock.advance(600)
    fake()
    expect(Date.now()).toBe(5)
    expect(() => clock.advance(1)).toThrow(refusal)
    vi.restoreAllMocks()
    mock.restoreAll()
    expect(ahead()).toBe(600)
    clock.advance(1)
    expect(ahead()).toBe(601)
  })

  test.each([
    ['vi.useFakeTimers', () => vi.useFakeTimers({ toFake: ['Date'] })],
    ['mock.method', () => mock.method(Date, 'now', () => 5)],
  ])('that were there before all else, it says so: %s', async (_, fake) => {
    fake()
    vi.resetModules()
    const { holdClock } = await import('../../lib/testing/server/test-clock.ts')
    expect(() => holdClock().advance(1)).toThrow(refusal)
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

  test.each([
    ['vi.useFakeTimers', () => vi.useFakeTimers({ toFake: ['Date'] })],
    ['vi.spyOn', () => vi.spyOn(Date, 'now').mockReturnValue(5)],
  ])('that are there at the end, time and Date are right after them: %s', async (_, fake) => {
    const server = await start()
    server.clock.advance(600)
    fake()
    await server.close()
    vi.useRealTimers()
    vi.restoreAllMocks()
    expect(ahead()).toBe(0)
    const next = await start()
    next.clock.advance(60)
    expect(ahead()).toBe(60)
  })
})
