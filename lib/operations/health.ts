import type { Middleware } from 'koa'
import type { Storage } from '../storage.ts'
import { within, type Closing } from './close.ts'

/** The answer to a question about the health of this process. */
export interface HealthAnswer {
  /** The HTTP status to answer with. */
  readonly status: 200 | 503
  /** The JSON to answer with. It names nothing inside. */
  readonly body: {
    /** `closing`: `close` was called. `unavailable`: the storage does not answer. */
    readonly status: 'ok' | 'closing' | 'unavailable'
  }
}

/** The paths of the health checks, below the place of the middleware. */
export interface HealthPaths {
  /** @defaultValue `/health/live` */
  readonly live?: string
  /** @defaultValue `/health/ready` */
  readonly ready?: string
}

/** How this process is, for load balancers and orchestrators. */
export interface Health {
  /** Whether the process can answer at all: `ok` as long as it does. If nothing comes, start it again. */
  live(): HealthAnswer
  /**
   * Whether to send requests to this process. It asks the storage, for a second at most. Questions at the same time share an answer.
   */
  ready(): Promise<HealthAnswer>
  /**
   * A Koa middleware that answers GET and HEAD at both paths. Everything else falls through. Put it before everything that wants
   * somebody signed in.
   *
   * @throws TypeError if a path does not begin with a slash, or both are the same
   */
  middleware(paths?: HealthPaths): Middleware
}

const answers = {
  ok: { status: 200, body: { status: 'ok' } },
  closing: { status: 503, body: { status: 'closing' } },
  unavailable: { status: 503, body: { status: 'unavailable' } },
} as const satisfies Record<string, HealthAnswer>

/** How long the storage may take, in milliseconds. */
const patience = 1000

export function createHealth(
  storage: Pick<Storage, 'records'>,
  { isClosing, end }: Pick<Closing, 'isClosing' | 'end'>,
): Health {
  let asking: Promise<boolean> | undefined
  const ask = (): Promise<boolean> => {
    asking ??= answersInTime(storage).finally(() => (asking = undefined))
    return asking
  }
  const live: Health['live'] = () => answers.ok
  const ready: Health['ready'] = async () => {
    if (!isClosing() && !(await ask())) return answers.unavailable
    return isClosing() ? answers.closing : answers.ok
  }
  return {
    live,
    ready,
    middleware(paths = {}) {
      const { live: livePath, ready: readyPath } = checkPaths(paths)
      const byPath = new Map<string, () => HealthAnswer | Promise<HealthAnswer>>([
        [livePath, live],
        [readyPath, ready],
      ])
      return async (ctx, next) => {
        const find = byPath.get(ctx.path)
        if (!find || !['GET', 'HEAD'].includes(ctx.method)) return next()
        const { status, body } = await find()
        end(ctx.res)
        ctx.set('Cache-Control', 'no-store')
        ctx.status = status
        ctx.body = body
      }
    },
  }
}

/** Whether the storage answers. A record of that id does not exist: the question is as cheap as any can be. */
async function answersInTime(storage: Pick<Storage, 'records'>): Promise<boolean> {
  try {
    return await within(patience, storage.records('Session').find('health'))
  } catch {
    return false
  }
}

function checkPaths({
  live = '/health/live',
  ready = '/health/ready',
}: HealthPaths): Required<HealthPaths> {
  for (const [name, path] of Object.entries({ live, ready })) assertPath(name, path)
  if (live === ready) throw new TypeError('live and ready must be two paths')
  return { live, ready }
}

/** @throws TypeError if it cannot be the path of a request */
export function assertPath(name: string, path: unknown): void {
  if (typeof path === 'string' && /^\/[^?#]*$/.test(path)) return
  throw new TypeError(`${name} must be a path that begins with a slash, without a query`)
}
