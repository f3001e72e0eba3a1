import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Administration } from '../../administration.ts'
import { Refusal } from '../terminal/refusal.ts'
import { createHostEnd } from './host-end.ts'

/** The authorization server of a host. */
export interface OpenHost {
  readonly administration: Administration
  /** Lets the module finish what it has begun, and close what it has open. */
  readonly close: () => Promise<void>
}

/**
 * What is administered of the authorization server that a module of the host exports as `server`, or as its default.
 *
 * @throws {@link Refusal}
 */
export async function importHost(file: string): Promise<OpenHost> {
  const path = resolve(file)
  if (!existsSync(path)) throw new Refusal(`there is no file ${file}`)
  const { server, default: standard, close } = await load(file, pathToFileURL(path).href)
  const found = [server, standard].find((exported) => isServer(exported))
  if (found)
    return { administration: found, close: createHostEnd(found.connections.events, file, close) }
  throw new Refusal(
    `${file} must export an authorization server as "server" or as its default: what createAuthorizationServer() returns`,
  )
}

function isServer(exported: unknown): exported is Administration {
  const { clients, connections, signingKeys } = Object(exported) as Partial<Administration>
  return (
    typeof clients?.rotateSecret === 'function' &&
    typeof connections?.revoke === 'function' &&
    typeof connections.events?.listenerCount === 'function' &&
    typeof signingKeys?.list === 'function'
  )
}

interface HostModule {
  readonly server?: unknown
  readonly default?: unknown
  readonly close?: unknown
}

/** How long a module is waited for, in milliseconds. */
const patience = 10_000

async function load(file: string, url: string): Promise<HostModule> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const message = `it has not come to its end in ${patience / 1000} seconds`
    timer = setTimeout(() => reject(new Error(message)), patience)
  })
  try {
    return await Promise.race([import(url) as Promise<HostModule>, late])
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it threw something that is no error'
    throw new Refusal(`${file} cannot be imported: ${reason}`)
  } finally {
    clearTimeout(timer)
  }
}
