import type { EventEmitter } from 'node:events'
import type { Middleware } from 'koa'
import type { Connections } from '../grants/connections.ts'
import type { WatchCalls } from '../oidc/unavailable.ts'
import { allRoutes, routes, toRoute } from '../paths.ts'
import { endings } from './audited.ts'
import { limitNames } from './limit-counts.ts'
import { assertPath } from './health.ts'
import { count, createCounts, createDelayMonitor, createTimes, type Sample } from './measures.ts'
import { noteErrors, outcomes, toGrantType, tokenGrantTypes, toOutcome } from './outcomes.ts'
import { traceCall, traceRequest } from './traces.ts'

/** The metrics of one server in this process. */
export interface Metrics {
  /**
   * Writes all metrics in the text format of Prometheus. They count from the start of the server. Only the delay of the event loop is
   * measured from the first call on, and from one call to the next.
   */
  (): Promise<string>
  /** The `Content-Type` of that text. */
  readonly contentType: string
  /**
   * A Koa middleware that answers GET and HEAD at one path. Everything else falls through. Not checked: who asks. Mount it where only
   * your own network comes, for example on a port of its own.
   *
   * @throws TypeError if the path does not begin with a slash
   */
  middleware(options?: MetricsOptions): Middleware
}

/** Where {@link Metrics.middleware} answers. */
export interface MetricsOptions {
  /** @defaultValue `/metrics` */
  readonly path?: string
}

/** Counts and traces what a server does. Each value of a label is from a list in the code: nobody can make the numbers more. */
export interface Measuring {
  readonly metrics: Metrics
  /** Makes the middleware that sees each request, and listens to the events of a server. */
  readonly watchServer: (provider: EventEmitter, events: Connections['events']) => Middleware
  /** Sees each call of the storage. */
  readonly watch: WatchCalls
  /** Counts a limit that was hit, by its name. */
  readonly countHit: (limit: string) => void
  /** Ends what is measured at intervals. */
  readonly stop: () => void
}

export function createMeasuring(): Measuring {
  const requests = createRequestMeasures()
  const calls = createCallMeasures()
  const created = createCounts([{}])
  const revoked = createCounts(reasons.map((reason) => ({ reason })))
  const hits = createCounts(limits.map((limit) => ({ limit })))
  const delay = createDelayMonitor()
  const write = createWriter([
    ...requests.measures,
    ...calls.measures,
    [
      'counter',
      'pleo_oauth_connections_created_total',
      'Connections that were made',
      () => created.values(),
    ],
    [
      'counter',
      'pleo_oauth_connections_revoked_total',
      'Connections that were ended before their time, by who or what ended them',
      () => revoked.values(),
    ],
    ['counter', 'pleo_oauth_limits_hit_total', 'Limits that were hit', () => hits.values()],
    [
      'gauge',
      'pleo_oauth_event_loop_delay_seconds',
      'Delay of the event loop since the last scrape, by percentile',
      delay.read,
    ],
  ])
  const metrics = (): Promise<string> => {
    delay.start()
    return write()
  }
  return {
    metrics: Object.assign(metrics, { contentType, middleware: createAnswer(metrics) }),
    watchServer(provider, events) {
      noteErrors(provider)
      events.on('connection.created', () => count(created, ''))
      events.on('connection.revoked', ({ reason }) => count(revoked, reason))
      return requests.middleware
    },
    watch: calls.watch,
    countHit: (limit) => count(hits, limit),
    stop: delay.stop,
  }
}

const reasons = [...Object.keys(endings), 'other']

const limits = [...Object.values(limitNames), 'other']

const contentType = 'text/plain; version=0.0.4; charset=utf-8'

const createAnswer =
  (metrics: () => Promise<string>): Metrics['middleware'] =>
  ({ path = '/metrics' } = {}) => {
    assertPath('path', path)
    return async (ctx, next) => {
      if (ctx.path !== path || !['GET', 'HEAD'].includes(ctx.method)) return next()
      ctx.body = await metrics()
      ctx.set({ 'Content-Type': contentType, 'Cache-Control': 'no-store' })
    }
  }

type Type = 'counter' | 'gauge' | 'histogram'
type Measure = readonly [type: Type, name: string, help: string, read: () => Iterable<Sample>]

/**
 * Makes the writer of a server. `prom-client` is loaded for the first text: its own metrics could not count before, and count slowly.
 * Its registry writes everything that has a name and such a `get`.
 */
function createWriter(measures: readonly Measure[]): () => Promise<string> {
  const load = async () => {
    const { Registry } = await import('prom-client')
    const registry = new Registry()
    for (const [type, name, help, read] of measures) {
      const get = async () => ({ type, name, help, aggregator: 'sum', values: [...read()] })
      registry.registerMetric({ name, get } as never)
    }
    return registry
  }
  let registry: ReturnType<typeof load> | undefined
  return async () => {
    registry ??= load()
    return (await registry).metrics()
  }
}

function createRequestMeasures() {
  const name = 'pleo_oauth_request_duration_seconds'
  const times = createTimes(name, 'route')
  const ends = new Map(allRoutes.map((route) => [route, times.add(route)]))
  const kinds = [
    ...allRoutes.filter((route) => route !== routes.token).map((route) => ({ route })),
    ...tokenGrantTypes.map((type) => ({ route: routes.token, grant_type: type })),
  ]
  const counts = createCounts(
    kinds.flatMap((kind) => outcomes.map((outcome) => ({ ...kind, outcome }))),
  )
  const middleware: Middleware = async (ctx, next) => {
    const start = performance.now()
    const route = toRoute(ctx.path)
    let outcome = 'server_error'
    try {
      await traceRequest(ctx, route, next)
      outcome = toOutcome(ctx)
    } finally {
      count(counts, `${route === routes.token ? `${route} ${toGrantType(ctx)}` : route} ${outcome}`)
      ends.get(route)?.(performance.now() - start)
    }
  }
  const measures: readonly Measure[] = [
    [
      'counter',
      'pleo_oauth_requests_total',
      'Requests, by route, outcome and, for tokens, grant type',
      () => counts.values(),
    ],
    ['histogram', name, 'Seconds from a request to its answer, by route', times.read],
  ]
  return { measures, middleware }
}

function createCallMeasures() {
  const name = 'pleo_oauth_storage_duration_seconds'
  const times = createTimes(name, 'method')
  const failures = new Map<string, Sample>()
  const watch: WatchCalls = (method) => {
    const end = times.add(method)
    const failed = failures.get(method) ?? { labels: { method }, value: 0 }
    failures.set(method, failed)
    return {
      call: (work) => traceCall(method, work),
      ended(duration, isFailed) {
        end(duration)
        if (isFailed) failed.value += 1
      },
    }
  }
  const measures: readonly Measure[] = [
    ['histogram', name, 'Seconds of a round trip to the storage, by method', times.read],
    [
      'counter',
      'pleo_oauth_storage_failures_total',
      'Round trips to the storage that failed, by method',
      () => failures.values(),
    ],
  ]
  return { measures, watch }
}
