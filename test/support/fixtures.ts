import { afterAll, beforeAll, onTestFinished } from 'vitest'

/** Something that runs until one of these is called. */
type Running =
  { close(): unknown } | { stop(): unknown } | { kill(): unknown } | { disconnect(): unknown }

const ends = ['close', 'stop', 'kill', 'disconnect'] as const

async function end(running: Running): Promise<void> {
  const name = ends.find((one) => one in running)
  if (name) await (running as Record<string, () => unknown>)[name]?.()
}

/**
 * Starts something before the tests of the file or `describe` that calls this, and ends it after them. The result reads from
 * the running one, so only tests and hooks may read it. Work that nobody waited for may still read it after its end.
 */
export function useRunning<T extends Running>(start: () => T | Promise<T>): T {
  let running: T | undefined
  beforeAll(async () => {
    running = await start()
  })
  afterAll(async () => {
    if (running) await end(running)
  })
  return readFrom(() => running)
}

/** An object that is whatever `current` returns when it is used. */
export function readFrom<T extends object>(current: () => T | undefined): T {
  const now = (): T => {
    const it = current()
    if (it) return it
    throw new Error('It does not run yet. Read it in a test or in a hook.')
  }
  return new Proxy({} as T, {
    get: (_, name): unknown => Reflect.get(now(), name),
    set: (_, name, value) => Reflect.set(now(), name, value),
    has: (_, name) => Reflect.has(now(), name),
    ownKeys: () => Reflect.ownKeys(now()),
    getOwnPropertyDescriptor: (_, name) => Reflect.getOwnPropertyDescriptor(now(), name),
    getPrototypeOf: () => Reflect.getPrototypeOf(now()),
  })
}

/** Ends something when the test that calls this is over, and gives it back. */
export function endAfterTest<T extends Running>(running: T): T {
  onTestFinished(() => end(running))
  return running
}
