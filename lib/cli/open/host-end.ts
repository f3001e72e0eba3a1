import type { EventEmitter } from 'node:events'
import type { ConnectionEvents } from '../../grants/events.ts'
import { clean } from '../terminal/text.ts'

/** How long the `close` of a module is waited for, in milliseconds. */
const patience = 10_000

/** How long what listeners began is waited for where the module has something open all the time, in milliseconds. */
const grace = 5000

/**
 * Makes what lets a module of the host come to its end: it calls the `close` that the module exports, and where listeners of
 * the module were told something meanwhile, it waits until nothing is left to do. With nothing to wait for, it takes no time.
 *
 * @param file - where the module is, for messages
 */
export function createHostEnd(
  events: EventEmitter<ConnectionEvents>,
  file: string,
  close: unknown,
): () => Promise<void> {
  let isHeard = false
  if (events.listenerCount('connection.revoked') > 0)
    events.on('connection.revoked', () => (isHeard = true))
  return async () => {
    if (typeof close === 'function') {
      const problem = await findProblem(close as () => unknown)
      // What the command was to do is done.
      if (problem !== undefined) console.error(`warning: close() of ${file} ${clean(problem)}`)
    }
    if (isHeard) await finishAll()
  }
}

/** What goes wrong with it; `undefined` where it comes to its end. */
async function findProblem(close: () => unknown): Promise<string | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    const message = `has not come to its end in ${patience / 1000} seconds`
    timer = setTimeout(() => resolve(message), patience)
  })
  try {
    return await Promise.race([Promise.resolve(close()).then(() => undefined), late])
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : 'it threw something that is no error'}`
  } finally {
    clearTimeout(timer)
  }
}

/** Until the process has nothing left to do. Something that is open all the time, like Redis, is not waited for. */
const finishAll = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('beforeExit', () => resolve())
    setTimeout(resolve, grace).unref()
  })
