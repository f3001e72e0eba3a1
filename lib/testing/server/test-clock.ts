import { types } from 'node:util'

/** Time, for a test that does not wait. */
export interface TestClock {
  /**
   * Makes time pass for this whole process, all at once: `Date` and `performance.now` are ahead by so many seconds from
   * now on, until the last test server is closed. Timers do not fire sooner.
   *
   * @throws Error if `Date` or `Date.now` is replaced (`vi.useFakeTimers`, `mock.timers`, `mock.method`): move that clock, and
   * the server follows it; TypeError if `seconds` is not a positive number; RangeError if they lead past the last moment of
   * `Date`, in the year 275760
   */
  advance(seconds: number): void
}

/** A clock that is in use until it is released. */
export interface HeldClock extends TestClock {
  release(): void
}

/** `Date`, and its `now` before anybody replaced it. */
interface Time {
  readonly date: DateConstructor
  readonly now: () => number
}

const toTime = (date: DateConstructor): Time => ({ date, now: date.now })

const isInUse = ({ date, now }: Time): boolean =>
  globalThis.Date === date && globalThis.Date.now === now

// As it was when this file was loaded. Looking native proves too little: bound functions and proxies look native too.
const native = toTime(globalThis.Date)
const elapsed = performance.now.bind(performance)

/** Of `Date`, in milliseconds. */
const lastMoment = 8.64e15

// A process has one time. The last holder that releases it puts it back.
let holders = 0
let ahead = 0
let ours: Time | undefined

/** Takes part in the clock of this process. Nothing is replaced before it is advanced. */
export function holdClock(): HeldClock {
  let isHeld = true
  holders += 1
  return {
    advance(seconds) {
      if (!isHeld) throw new Error('the test server is closed, and so is its clock')
      if (!(seconds > 0 && Number.isFinite(seconds))) {
        throw new TypeError('time passes by a positive number of seconds')
      }
      checkReplaceable()
      if (Date.now() + seconds * 1000 > lastMoment) {
        throw new RangeError('time passes until the year 275760, which Date ends in, and no longer')
      }
      ours ??= install()
      ahead += seconds * 1000
    },
    release() {
      if (!isHeld) return
      isHeld = false
      holders -= 1
      if (holders === 0) uninstall()
    },
  }
}

function checkReplaceable(): void {
  const isRight = ours ? isInUse(ours) : isInUse(native) && isBuiltIn(native)
  if (isRight) return
  throw new Error(
    'the clock cannot be advanced: Date is replaced already, by fake timers for example. ' +
      'Advance those instead, and the server follows.',
  )
}

function install(): Time {
  const installed = toTime(toAheadDate(native.date))
  setDate(installed.date)
  // An own property, before the one of its prototype.
  performance.now = () => elapsed() + ahead
  return installed
}

function uninstall(): void {
  // If somebody replaced ours meanwhile, they will put it back. It shows the right time then.
  ahead = 0
  if (!ours || !isInUse(ours)) return
  setDate(native.date)
  Reflect.deleteProperty(performance, 'now')
  ours = undefined
}

function setDate(date: DateConstructor): void {
  globalThis.Date = date
  // The constructor that a date reports.
  date.prototype.constructor = date
}

/** The same `Date`, ahead when it is asked for the time. */
function toAheadDate(date: DateConstructor): DateConstructor {
  const now = (): number => native.now() + ahead
  // Properties of its own: replacing `now` here leaves the native one alone.
  function AheadDate(...given: readonly unknown[]): unknown {
    if (!new.target) return new date(now()).toString()
    return Reflect.construct(date, given.length === 0 ? [now()] : given, new.target)
  }
  const { now: nativeNow, ...members } = Object.getOwnPropertyDescriptors(date)
  Object.defineProperties(AheadDate, { ...members, now: { ...nativeNow, value: now } })
  return AheadDate as unknown as DateConstructor
}

/** Not replaced before this was loaded either, as far as that can be seen. */
const isBuiltIn = ({ date, now }: Time): boolean =>
  [date, now].every(
    (one) => !types.isProxy(one) && Function.prototype.toString.call(one).includes('[native code]'),
  )
