import type { ServerResponse } from 'node:http'
import type { Http2ServerResponse } from 'node:http2'
import { Server as NetServer } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Middleware } from 'koa'
import { makeLast, stop, type HostServer } from './stop.ts'

/** How an authorization server closes. */
export interface CloseOptions {
  /**
   * How long requests in flight may take, in milliseconds. After that, their connections are cut.
   *
   * @defaultValue 8000: less than the 10 seconds after which Docker kills a container
   */
  readonly timeout?: number
  /**
   * The server of the host. It stops listening within half a second, and requests to other routes of the host are waited for too. An idle
   * connection is closed within a second. A connection on which nothing was ever sent is kept until `timeout`.
   *
   * @defaultValue none: the host stops listening itself
   */
  readonly server?: HostServer
}

/** The end of an authorization server. */
export interface Closing {
  /** Sees each request, before anything else does. */
  readonly middleware: Middleware
  readonly isClosing: () => boolean
  /** If the server closes, makes an answer the last one of its connection. */
  readonly end: (response: ServerResponse) => void
  /** Makes `close` wait for work that goes on after an answer. */
  readonly trail: (work: Promise<void>) => void
  readonly close: (options?: CloseOptions) => Promise<void>
}

/**
 * Makes the one `close` of an authorization server, and the middleware that counts requests for it.
 *
 * @param onClosed - called once, when `close` resolves
 */
export function createClosing(onClosed: () => void): Closing {
  const { unanswered, count, trail, answered } = createRequestCount()
  let closed: Promise<void> | undefined
  const close = async ({ timeout = 8000, server }: CloseOptions): Promise<void> => {
    for (const response of unanswered()) makeLast(response)
    const stopping = server && stop(server, timeout / 2)
    const isInTime = await within(timeout, Promise.all([answered(), stopping?.ended]))
    stopping?.leave()
    // A storage may send at the end of a turn what nobody waits for.
    await nextTurn()
    if (isInTime) return
    for (const response of unanswered()) response.destroy()
    if (server && 'closeAllConnections' in server) server.closeAllConnections()
  }
  return {
    middleware({ res }, next) {
      if (closed) makeLast(res)
      return count(res, next)
    },
    trail,
    isClosing: () => closed !== undefined,
    end(response) {
      if (closed) makeLast(response)
    },
    close(options = {}) {
      const problem = findProblem(options)
      if (problem !== undefined) return Promise.reject(new TypeError(problem))
      closed ??= close(options).finally(onClosed)
      return closed
    },
  }
}

/** Counts requests from their start until both are over: the work on them, and their answer. */
function createRequestCount(): {
  readonly unanswered: () => readonly ServerResponse[]
  readonly count: (response: ServerResponse, run: () => Promise<unknown>) => Promise<void>
  readonly trail: Closing['trail']
  /** Resolves when there is none. */
  readonly answered: () => Promise<void>
} {
  // Places that are used again. A set would grow into a new table after every few requests. Each old table would save its requests, with
  // all that belongs to them, from the next quick garbage collections. That took a tenth of the processor time.
  const places: (ServerResponse | undefined)[] = []
  const free: number[] = []
  let running = 0
  let look = (): void => {}
  const enter = (response: ServerResponse): void => {
    const place = free.pop() ?? places.length
    places[place] = response
    response.once('close', () => {
      places[place] = undefined
      free.push(place)
      look()
    })
  }
  return {
    unanswered: () => places.filter((response) => response !== undefined),
    async count(response, run) {
      running += 1
      // The client may have gone away while the host was busy with its request.
      if (!isOver(response)) enter(response)
      try {
        await run()
      } finally {
        running -= 1
        look()
      }
    },
    trail(work) {
      running += 1
      const end = (): void => {
        running -= 1
        look()
      }
      work.then(end, end)
    },
    answered: () =>
      new Promise((resolve) => {
        look = () => {
          if (running === 0 && free.length === places.length) resolve()
        }
        look()
      }),
  }
}

/** Whether its event `close` has come, or comes without being waited for. */
const isOver = (response: ServerResponse | Http2ServerResponse): boolean =>
  'stream' in response ? response.stream.destroyed : response.closed

function findProblem({ timeout = 0, server, ...unknown }: CloseOptions): string | undefined {
  const [name] = Object.keys(unknown)
  if (name !== undefined) return `there is no option ${name}: use timeout and server`
  // Timers take no more than this.
  if (typeof timeout !== 'number' || !(timeout >= 0 && timeout < 2 ** 31)) {
    return 'timeout must be a number of milliseconds, 0 or more'
  }
  if (server === undefined || server instanceof NetServer) return undefined
  return 'server must be a server of node:http, node:https or node:http2, as listen() of an application returns it'
}

/** Whether something happens within that many milliseconds. Rejects if it fails. */
export async function within(milliseconds: number, done: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, milliseconds, false)
  })
  try {
    return await Promise.race([done.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
