import { randomBytes } from 'node:crypto'
import type { Context } from 'koa'
import type { Connection, Kind, PendingRequest } from './partner-client.ts'

/** What the partner application did last, as the page shows it. */
export interface Outcome {
  readonly title: string
  readonly text: string
  readonly answers: readonly { readonly caption: string; readonly json: unknown }[]
}

/** One browser. */
export interface PartnerSession {
  /** By `state`: a person may have started in several tabs. */
  readonly pending: Map<string, PendingRequest>
  connection?: Connection | undefined
  /** What the last connection was for. */
  kind: Kind
  outcome?: Outcome | undefined
  /** What runs at the moment: a refresh must not meet another one with the same refresh token. */
  running: Promise<unknown>
}

/** The sessions of all browsers, in memory. */
export interface PartnerSessions {
  readonly find: (ctx: Context) => PartnerSession | undefined
  readonly findOrStart: (ctx: Context) => PartnerSession
  /** Gives the session a new id, so that an id known before someone connected is worth nothing. */
  readonly renew: (ctx: Context, session: PartnerSession) => void
}

const cookie = 'northwind_session'
const maxSessions = 1000

/** Makes an empty set of sessions. */
export function createPartnerSessions(): PartnerSessions {
  const sessions = new Map<string, PartnerSession>()

  const keep = (ctx: Context, session: PartnerSession): void => {
    const id = randomBytes(32).toString('base64url')
    sessions.set(id, session)
    const [oldest] = sessions.keys()
    if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest)
    // Lax: the answer of the authorization server arrives as a navigation from another site.
    ctx.cookies.set(cookie, id, { httpOnly: true, sameSite: 'lax', overwrite: true })
  }
  const find = (ctx: Context): PartnerSession | undefined =>
    sessions.get(ctx.cookies.get(cookie) ?? '')

  return {
    find,
    findOrStart(ctx) {
      const known = find(ctx)
      if (known) return known
      const session: PartnerSession = {
        pending: new Map(),
        kind: 'company',
        running: Promise.resolve(),
      }
      keep(ctx, session)
      return session
    },
    renew(ctx, session) {
      sessions.delete(ctx.cookies.get(cookie) ?? '')
      keep(ctx, session)
    },
  }
}

/** Runs the work after what runs already in this session. */
export function inTurn<T>(session: PartnerSession, work: () => Promise<T>): Promise<T> {
  const result = session.running.then(work)
  session.running = result.catch(() => undefined)
  return result
}
