import type { EventEmitter } from 'node:events'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Administration } from '../../administration.ts'
import type { ConnectionEvents } from '../../index.ts'
import { Refusal } from '../terminal/refusals.ts'
import { clean } from '../terminal/text.ts'

/** The authorization server of a host, or a storage. */
export interface OpenHost {
  readonly administration: Administration
  /** Waits until all work that has begun is done, and closes all that is open. */
  readonly close: () => Promise<void>
}

/**
 * Imports the authorization server that a module exports as `server`, or as its default.
 *
 * @throws {@link Refusal}
 */
export async function importHost(file: string): Promise<OpenHost> {
  const path = resolve(file)
  if (!existsSync(path)) throw new Refusal(`there is no file ${path}`)
  const { server, default: standard, close } = await load(file, pathToFileURL(path).href)
  const found = [server, standard].find((exported) => isServer(exported))
  if (found)
    return { administration: found, close: createHostEnd(found.connections.events, file, close) }
  throw new Refusal(
    `${file} must export an authorization server as "server" or as its default: the value that createAuthorizationServer() returns`,
  )
}

function isServer(exported: unknown): exported is Administration {
  const { audit, clients, connections, signingKeys } = Object(exported) as Partial<Administration>
  return (
    typeof clients?.rotateSecret === 'function' &&
    typeof connections?.revoke === 'function' &&
    typeof connections.events?.listenerCount === 'function' &&
    typeof signingKeys?.list === 'function' &&
    typeof audit?.as === 'function'
  )
}

interface HostModule {
  readonly server?: unknown
  readonly default?: unknown
  readonly close?: unknown
}

async function load(file: string, url: string): Promise<HostModule> {
  try {
    return await inTime(import(url) as Promise<HostModule>)
  } catch (error) {
    throw new Refusal(`${file} cannot be imported: ${reasonOf(error)}`, { cause: error })
  }
}

/**
 * Returns a function that calls the `close` of the module. If listeners of the module heard an event, it then waits until
 * the process has nothing left to do.
 */
function createHostEnd(
  events: EventEmitter<ConnectionEvents>,
  file: string,
  close: unknown,
): () => Promise<void> {
  let isHeard = false
  if (events.listenerCount('connection.revoked') > 0)
    events.on('connection.revoked', () => (isHeard = true))
  return async () => {
    try {
      if (typeof close === 'function') await inTime((async () => (close as () => unknown)())())
    } catch (error) {
      // A warning, because the work of the command is done.
      console.error(`warning: close() of ${file} failed: ${clean(reasonOf(error))}`)
    }
    if (isHeard) await finishAll()
  }
}

/** The time that a module has to load, and to close, in milliseconds. */
const patience = 10_000

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `it did not end within ${patience / 1000} seconds`
    timer = setTimeout(() => reject(new Error(message)), patience)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : 'it threw something that is not an error'

/** The time for the work of listeners if the module keeps something open, like Redis. In milliseconds. */
const grace = 5000

const finishAll = (): Promise<void> =>
  new Promise((done) => {
    process.once('beforeExit', () => done())
    setTimeout(done, grace).unref()
  })
