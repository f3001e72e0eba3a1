import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Middleware } from 'koa'
import type { AddressOf } from '../config/trusted-proxies.ts'
import { warnOf } from '../grants/events.ts'
import { requestIdOf } from '../http/request-id.ts'
import type { AuditActor, AuditEvent, AuditFacts, AuditOperator } from './audit-events.ts'
import { within } from './close.ts'

/** Hears of each event. The answer to the request waits for its promise. */
export type AuditListener = (event: AuditEvent) => unknown

/** Tells the host who did what. */
export interface Audit {
  /**
   * Calls back with each event of this process, after the change. The answer to a request, and a call of the host, waits for the
   * promises of all listeners, for one second at most. A listener that is too slow, throws or rejects stops nothing: it gets a warning of
   * the process. If the process dies between the change and the answer, the event can be missing.
   *
   * @returns a function that ends it
   */
  on(listener: AuditListener): () => void
  /** Names the operator for whom `work` calls this server. */
  as<T>(operator: NamedOperator, work: () => T): T
}

/** The operator to name in events. */
export interface NamedOperator {
  readonly operator: string
  /** @defaultValue `api` */
  readonly how?: AuditOperator['how']
}

/** Records what happened, and waits for those who hear of it. */
export interface AuditRecorder {
  /** The part that the host gets. */
  readonly audit: Audit
  readonly isHeard: () => boolean
  /** Tells the listeners. `actor` is the one who does it if no operator does. */
  record<Type extends keyof AuditFacts>(
    type: Type,
    facts: AuditFacts[Type],
    actor: AuditActor,
  ): void
  /** Does work of an operator, and waits for the listeners. Only if somebody listens. */
  during<T>(work: () => T): T | Promise<Awaited<T>>
  /** Sees each request. */
  readonly middleware: Middleware
}

/** How long one request, or one call of the host, waits for all listeners, in milliseconds. */
const patience = 1000

/** The time that is left for listeners, in milliseconds. */
interface Budget {
  left: number
}

/** The request or the call that everything belongs to. */
interface Scope {
  readonly ctx?: Context
  readonly operator?: AuditOperator
  /** The listeners that were told of it and are not done yet. */
  readonly pending?: Promise<unknown>[]
  /** A call of the host within a request has no time of its own. */
  readonly budget?: Budget
}

export function createAudit(addressOf?: AddressOf): AuditRecorder {
  const listeners = new Set<{ readonly listener: AuditListener }>()
  const scopes = new AsyncLocalStorage<Scope>()
  const waitFor = async <T>(scope: Scope, work: () => T): Promise<Awaited<T>> => {
    const around = scopes.getStore()
    const budget = around?.budget ?? { left: patience }
    const pending: Promise<unknown>[] = []
    try {
      return await scopes.run({ ...around, ...scope, pending, budget }, work)
    } finally {
      if (pending.length > 0) await settle(pending, budget)
    }
  }
  const isHeard = (): boolean => listeners.size > 0
  const audit: Audit = {
    on(listener) {
      const entry = { listener }
      listeners.add(entry)
      return () => void listeners.delete(entry)
    },
    as: ({ operator: name, how = 'api' }, work) =>
      scopes.run({ ...scopes.getStore(), operator: { how, name } }, work),
  }
  return {
    audit,
    isHeard,
    record(type, facts, actor) {
      if (!isHeard()) return
      const { ctx, operator, pending } = scopes.getStore() ?? {}
      const isOperator = operator && actor.kind !== 'person' && actor.kind !== 'system'
      const by = isOperator ? { kind: 'operator', ...operator } : actor
      const where = ctx && addressOf ? placeOf(ctx, addressOf) : {}
      const event = { type, time: Date.now(), actor: by, ...where, ...Object(facts) } as AuditEvent
      for (const { listener } of listeners) {
        // A copy: what one listener does to it, no other sees.
        const told = tell(listener, { ...event })
        pending?.push(told)
      }
    },
    during(work) {
      if (!isHeard()) return work()
      return waitFor({ operator: scopes.getStore()?.operator ?? { how: 'api' } }, work)
    },
    middleware: (ctx, next) => (isHeard() ? waitFor({ ctx }, next) : next()),
  }
}

function placeOf(ctx: Context, addressOf: AddressOf): Pick<AuditEvent, 'address' | 'requestId'> {
  return { address: addressOf(ctx.req), requestId: requestIdOf(ctx) }
}

/** A listener may throw at once, or later. */
async function tell(listener: AuditListener, event: AuditEvent): Promise<void> {
  try {
    await listener(event)
  } catch (error) {
    warnOf(error)
  }
}

async function settle(told: readonly Promise<unknown>[], budget: Budget): Promise<void> {
  const start = performance.now()
  const isInTime = await within(budget.left, Promise.all(told))
  budget.left = Math.max(0, budget.left - (performance.now() - start))
  if (!isInTime) process.emitWarning(late, { type: 'AuditWarning', code: 'audit_late' })
}

const late = `a listener of server.audit took longer than ${patience} milliseconds: the answer did not wait for it`
