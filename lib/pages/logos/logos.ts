import { createHash } from 'node:crypto'
import type { Middleware } from 'koa'
import { findLogoUriIssues, logoUrisOf } from '../../clients/logo-uris.ts'
import type { ClientMetadata } from '../../clients/members.ts'
import { logoPath } from '../../paths.ts'
import { fetchLogo, type Logo } from './fetch-logo.ts'
import { createLogoTeller } from './teller.ts'

/** Logos of clients, shown from our own origin: a page tells no host of a partner who looks at it. */
export interface Logos {
  /**
   * Returns the URL of a client's logo on our own origin; `null` if it cannot be shown now. A logo that is not
   * there yet is fetched in the background: no page waits for the host of a partner.
   */
  urlOf(client: { readonly clientId: string; readonly logoUri?: string | undefined }): string | null
  /** Tells the operator of clients whose logo is never fetched, as its URI shows. */
  checkUris(clients: readonly ClientMetadata[]): void
  /** Serves what {@link Logos.urlOf} named. */
  readonly middleware: Middleware
}

interface LogoOptions {
  readonly issuer: string
  readonly isDevelopment: boolean
  /** The clients of the options: their URIs are checked at once. */
  readonly clients: readonly ClientMetadata[]
}

/** How long a logo is kept, and how long nothing is asked for if there was none, in milliseconds. */
const maxAge = 24 * 3_600_000
const retryAge = 600_000

/** Keeps logos in memory, and checks the URIs of the clients that the options give. */
export function createLogos({ issuer, isDevelopment, clients }: LogoOptions): Logos {
  const tell = createLogoTeller()
  const cache = createLogoCache()
  const inBackground = createBackground()
  const load = async (clientId: string, logoUri: string): Promise<void> => {
    const found = await fetchLogo(logoUri, isDevelopment)
    const logo = typeof found === 'string' ? undefined : found
    const until = Date.now() + (logo ? maxAge : retryAge)
    cache.store(nameOf(clientId, logoUri), { clientId, logo, until })
    if (typeof found === 'string') tell({ clientId, logoUri, reason: found })
  }

  const checkUris: Logos['checkUris'] = (given) => {
    for (const client of given) {
      const uris = new Map(logoUrisOf(client))
      for (const { path, code: reason } of findLogoUriIssues(client, isDevelopment))
        tell({ clientId: client.client_id, logoUri: uris.get(path) ?? '', reason })
    }
  }
  checkUris(clients)

  return {
    urlOf({ clientId, logoUri }) {
      if (!logoUri) return null
      const name = nameOf(clientId, logoUri)
      const { logo, until = 0 } = cache.find(name) ?? {}
      // Until the new one is there, the old one is shown.
      if (until <= Date.now()) inBackground(clientId, () => load(clientId, logoUri))
      return logo ? `${issuer}${logoPath}/${name}` : null
    },
    checkUris,
    middleware: (ctx) => {
      const logo = cache.find(ctx.path.slice(logoPath.length + 1))?.logo
      if (!logo) return
      ctx.set({
        'Cache-Control': 'public, max-age=86400',
        'Content-Security-Policy': "default-src 'none'; sandbox",
        'Cross-Origin-Resource-Policy': 'same-origin',
      })
      ctx.type = logo.type
      ctx.body = logo.content
    },
  }
}

/** The name of the logo of a client on this server: it tells nothing of the client, and is another for each URI. */
const nameOf = (clientId: string, logoUri: string): string =>
  createHash('sha256')
    .update(JSON.stringify([clientId, logoUri]))
    .digest('base64url')
    .slice(0, 22)

/** The state of a logo. */
interface CachedLogo {
  readonly clientId: string
  /** `undefined` if it cannot be shown. */
  readonly logo: Logo | undefined
  /** When it has to be fetched again, in milliseconds since the epoch. */
  readonly until: number
}

/** Logos in memory, by their names. */
interface LogoCache {
  find(name: string): CachedLogo | undefined
  store(name: string, cached: CachedLogo): void
}

/** The bound for one client: a logo in each language of the pages, and four of the largest size. Sizes are in bytes. */
const boundOfClient = { count: 12, size: 1024 * 1024 }

/** The bound for all clients. */
const bound = { count: 2000, size: 64 * 1024 * 1024 }

/**
 * Creates a cache with a bound for each client, so that a client with many logos pushes out none but its own. Each bound drops
 * those first that were not used for the longest time.
 */
function createLogoCache(): LogoCache {
  // The one that was used last is the last.
  const entries = new Map<string, CachedLogo>()
  const use = (name: string, cached: CachedLogo): void => {
    entries.delete(name)
    entries.set(name, cached)
  }
  const trim = ({ count, size }: typeof bound, owner?: string): void => {
    let [left, leftSize] = [count, size]
    for (const [name, { clientId, logo }] of [...entries].toReversed()) {
      if (owner !== undefined && clientId !== owner) continue
      left -= 1
      leftSize -= logo?.content.length ?? 0
      if (left < 0 || leftSize < 0) entries.delete(name)
    }
  }
  return {
    find(name) {
      const cached = entries.get(name)
      if (cached) use(name, cached)
      return cached
    },
    store(name, cached) {
      use(name, cached)
      trim(boundOfClient, cached.clientId)
      trim(bound)
    },
  }
}

/** How many tasks run at once, and how many more wait. */
const places = 4
const maxWaiting = 1000

/**
 * Creates a queue that runs tasks later. Each client has one place in it: a client whose host is slow delays none but itself. A task
 * that finds no place is dropped.
 */
function createBackground(): (clientId: string, task: () => Promise<void>) => void {
  const clients = new Set<string>()
  const waiting: (() => void)[] = []
  let free = places
  const run = async (clientId: string, task: () => Promise<void>): Promise<void> => {
    try {
      await task()
    } finally {
      clients.delete(clientId)
      const next = waiting.shift()
      if (next) next()
      else free += 1
    }
  }
  return (clientId, task) => {
    if (clients.has(clientId) || waiting.length >= maxWaiting) return
    clients.add(clientId)
    const start = (): void => void run(clientId, task)
    if (free === 0) {
      waiting.push(start)
      return
    }
    free -= 1
    start()
  }
}
