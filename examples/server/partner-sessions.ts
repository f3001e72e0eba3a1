import { randomBytes } from 'node:crypto'
import type { Context } from 'koa'
import type { PartnerSession, PartnerStore } from './partner-store.ts'
import { takeSteps, type Step } from './partner-timeline.ts'

/** The sessions of the browsers that requests come from. */
export interface PartnerSessions {
  readonly find: (ctx: Context) => Promise<PartnerSession | undefined>
  /** Changes the session, where there is one: one change after the other, whatever takes how long. */
  readonly change: (
    ctx: Context,
    to: (session: PartnerSession) => PartnerSession | Promise<PartnerSession>,
  ) => Promise<PartnerSession | undefined>
  /** Starts a session in place of the one there was, whose id is worth nothing from then on. */
  readonly start: (
    ctx: Context,
    from: (earlier: PartnerSession | undefined) => PartnerSession,
  ) => Promise<void>
}

/**
 * Makes the sessions that a store keeps.
 *
 * @param origin - where the application is reached. Its port is in the name of the cookie, which browsers send to every port.
 */
export function createPartnerSessions(store: PartnerStore, origin: string): PartnerSessions {
  const { port } = new URL(origin)
  const cookie = `northwind_session${port && `_${port}`}`
  const idOf = (ctx: Context): string => ctx.cookies.get(cookie) ?? ''
  const inTurn = createTurns()
  const find = async (id: string): Promise<PartnerSession | undefined> =>
    id ? store.find(id) : undefined

  return {
    find: (ctx) => find(idOf(ctx)),
    change: (ctx, to) =>
      inTurn(idOf(ctx), async () => {
        const session = await find(idOf(ctx))
        if (!session) return undefined
        let changed = session
        try {
          changed = await to(session)
        } finally {
          // Also if it failed: the steps say at which request.
          changed = { ...changed, steps: addSteps(changed.steps, takeSteps()) }
          await store.save(idOf(ctx), changed)
        }
        return changed
      }),
    start: (ctx, from) =>
      inTurn(idOf(ctx), async () => {
        const id = randomBytes(32).toString('base64url')
        await store.save(id, { ...from(await find(idOf(ctx))), steps: takeSteps() })
        await store.remove(idOf(ctx))
        // Lax: the answer of the authorization server arrives as a navigation from another site.
        ctx.cookies.set(cookie, id, { httpOnly: true, sameSite: 'lax', overwrite: true })
      }),
  }
}

const maxSteps = 30

/** Of the reads that went well, those of the page that is shown are enough. */
function addSteps(earlier: readonly Step[] = [], added: readonly Step[]): readonly Step[] {
  const isRead = ({ name, status }: Step): boolean => name === 'API' && status === 200
  const kept = added.some(isRead) ? earlier.filter((step) => !isRead(step)) : earlier
  return [...kept, ...added].slice(-maxSteps)
}

/** Makes a function that does what has the same id one after the other. */
function createTurns(): <T>(id: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>()
  return async (id, work) => {
    const result = (last.get(id) ?? Promise.resolve()).then(work)
    const settled = result.catch(() => undefined)
    last.set(id, settled)
    try {
      return await result
    } finally {
      if (last.get(id) === settled) last.delete(id)
    }
  }
}
