import type Koa from 'koa'
import type { Context, Middleware } from 'koa'
import { afterEach, beforeEach } from 'vitest'
import { ConfigurationError, type AuthorizationServer } from '../../lib/index.ts'
import { mountAtRoot, startHost, type Host } from './hosts.ts'

/** Puts the authorization server into its parent. */
export type Build = (parent: Koa, server: AuthorizationServer) => void

export interface Embedders {
  /** A host that ends with the test. */
  readonly start: typeof startHost
  /** The codes of the warnings there are by now. */
  readonly codes: () => Promise<readonly string[]>
  /** What the warnings say. */
  readonly messages: readonly string[]
}

/** Hosts for the tests of a file, and what is said of them. */
export function useEmbedders(): Embedders {
  const running: Host[] = []
  const codes: string[] = []
  const messages: string[] = []
  const listen = ({ name, message, code = '' }: Error & { readonly code?: string }): void => {
    if (name !== 'EmbeddingWarning') return
    codes.push(code)
    messages.push(message)
  }
  beforeEach(() => void process.on('warning', listen))
  afterEach(async () => {
    process.off('warning', listen)
    for (const said of [codes, messages]) said.length = 0
    await Promise.all(running.splice(0).map((host) => host.close()))
  })
  return {
    async start(...args) {
      const host = await startHost(...args)
      running.push(host)
      return host
    },
    async codes() {
      await new Promise((resolve) => setImmediate(resolve))
      return [...codes]
    },
    messages,
  }
}

export const atRoot: Build = (parent, { app }) => void parent.use(mountAtRoot(app))

/** Behind something of the host's. */
export const behind =
  (middleware: Middleware): Build =>
  (parent, { app }) => {
    parent.use(middleware)
    parent.use(mountAtRoot(app))
  }

/** What the host does with an answer. */
export const after =
  (change: (ctx: Context) => void): Middleware =>
  async (ctx, next) => {
    await next()
    change(ctx)
  }

/** What the server finds when it asks itself. */
export async function findMounting(
  host: Host,
  options: Parameters<Host['checkMounting']>[0] = {},
): Promise<readonly string[]> {
  try {
    await host.checkMounting(options)
    return []
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    return error.issues.map(({ path, code }) => `${path} ${code}`)
  }
}

/** A proxy that changes the headers of every answer. */
export const proxied =
  (change: (headers: Headers) => void): typeof fetch =>
  async (input, init) => {
    const { body, status, headers: given } = await fetch(input, init)
    const headers = new Headers(given)
    change(headers)
    return new Response(body, { status, headers })
  }
