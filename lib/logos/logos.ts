import { createHash } from 'node:crypto'
import type { Middleware } from 'koa'
import { logoPath } from '../provider/routes.ts'
import { fetchLogo, type Logo } from './fetch-logo.ts'

/** Logos of clients, shown from our own origin: a page tells no host of a partner who looks at it. */
export interface Logos {
  /** Where the logo of a client is, on our own origin; `null` where it has none that can be shown now. */
  urlOf(client: { readonly logoUri?: string | undefined }): Promise<string | null>
  /** Serves what {@link Logos.urlOf} named. */
  readonly middleware: Middleware
}

interface Entry {
  readonly logo: Promise<Logo | undefined>
  readonly until: number
}

/** How long a page waits for a logo that is asked for the first time, in milliseconds. */
const patience = 500

/** How long a logo is kept, and how long nothing is asked for where there was none, in milliseconds. */
const maxAge = 24 * 3_600_000
const retryAge = 600_000

/** How many logos are kept. */
const maxLogos = 100

/** Keeps logos in memory. */
export function createLogos(issuer: string): Logos {
  const isDevelopment = new URL(issuer).protocol === 'http:'
  const entries = new Map<string, Entry>()

  const load = (uri: string): Entry['logo'] => {
    const existing = entries.get(uri)
    if (existing && existing.until > Date.now()) return existing.logo
    const logo: Entry['logo'] = fetchLogo(uri, isDevelopment).then((found) => {
      if (found) entries.set(uri, { logo, until: Date.now() + maxAge })
      return found
    })
    entries.delete(uri)
    entries.set(uri, { logo, until: Date.now() + retryAge })
    const [oldest = ''] = entries.keys()
    if (entries.size > maxLogos) entries.delete(oldest)
    return logo
  }

  return {
    async urlOf({ logoUri }) {
      if (!logoUri) return null
      const logo = await Promise.race([load(logoUri), after(patience)])
      return logo ? `${issuer}${logoPath}/${nameOf(logoUri)}` : null
    },
    middleware: async (ctx) => {
      const name = ctx.path.slice(logoPath.length + 1)
      const uri = [...entries.keys()].find((known) => nameOf(known) === name)
      const logo = uri === undefined ? undefined : await entries.get(uri)?.logo
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

const nameOf = (uri: string): string =>
  createHash('sha256').update(uri).digest('base64url').slice(0, 22)

const after = (milliseconds: number): Promise<undefined> =>
  new Promise((resolve) => setTimeout(() => resolve(undefined), milliseconds).unref())
