/** Time, for a test that does not wait. */
export interface TestClock {
  /**
   * Makes time pass for this whole process, all at once: `Date` and `performance.now` are ahead by so many seconds from
   * now on, until the last test server is closed. Timers do not fire sooner.
   *
   * @throws Error where `Date` is replaced by somebody else (`vi.useFakeTimers`, `mock.timers`), whose clock the server
   * follows, and which is to be moved instead; TypeError where `seconds` is not a positive number
   */
  advance(seconds: number): void
}

/** A clock that is in use until it is released. */
export interface HeldClock extends TestClock {
  release(): void
}

// One process has one time. It is put back when nobody uses it any more.
let holders = 0
let ahead = 0
let ours: DateConstructor | undefined
let replaced: DateConstructor | undefined

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
      install()
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

function install(): void {
  if (ours && globalThis.Date === ours) return
  if (ours || !isNative(Date) || !isNative(Date.now)) {
    throw new Error(
      'the clock cannot be advanced: Date is replaced already, by fake timers for example. ' +
        'Advance those instead, and the server follows.',
    )
  }
  replaced = globalThis.Date
  ours = toDate(replaced)
  globalThis.Date = ours
  const elapsed = performance.now.bind(performance)
  // An own property, before the one of its prototype.
  performance.now = () => elapsed() + ahead
}

function uninstall(): void {
  // Where somebody put theirs before ours meanwhile, they will put ours back: it is right then.
  ahead = 0
  if (!ours || !replaced || globalThis.Date !== ours) return
  globalThis.Date = replaced
  Reflect.deleteProperty(performance, 'now')
  ours = undefined
}

/** The same `Date`, ahead of its time wherever it is asked what time it is. */
function toDate(native: DateConstructor): DateConstructor {
  const now = (): number => native.now() + ahead
  return new Proxy(native, {
    get: (target, name) => (name === 'now' ? now : (Reflect.get(target, name) as unknown)),
    apply: () => new native(now()).toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
  })
}

const isNative = (one: (...args: never) => unknown): boolean =>
  Function.prototype.toString.call(one).includes('[native code]')
