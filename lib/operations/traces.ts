import type * as OpenTelemetry from '@opentelemetry/api'
import type { Span, SpanOptions } from '@opentelemetry/api'
import type { Context } from 'koa'
import { routes } from '../paths.ts'
import { toGrantType, toOutcome } from './outcomes.ts'

// Spans go to the tracer that the host has registered with the API of OpenTelemetry. The API is loaded when there is one.

type Api = typeof OpenTelemetry

/** The member of `globalThis` in which every copy of the API keeps what the host has registered. */
const registered = Symbol.for('opentelemetry.js.api.1')

let api: Api | undefined

/** A span to begin. */
interface NewSpan {
  readonly name: string
  readonly options: SpanOptions
  /** Completes the span when the work is over. */
  readonly complete?: (span: Span) => void
}

/**
 * Runs work in a span. If the host has no tracer, or if there is no span to begin, it only runs the work. A thrown error may name
 * addresses, so it stays out of the span.
 */
async function inSpan<T>(
  work: () => Promise<T>,
  describe: (api: Api) => NewSpan | undefined,
): Promise<T> {
  api ??= await import('@opentelemetry/api')
  const { trace, context, SpanStatusCode } = api
  const tracer = findTracer(api)
  const described = tracer && describe(api)
  if (!described) return work()
  const span = tracer.startSpan(described.name, described.options)
  try {
    return await context.with(trace.setSpan(context.active(), span), work)
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    described.complete?.(span)
    span.end()
  }
}

function findTracer({ trace, ProxyTracerProvider }: Api): OpenTelemetry.Tracer | undefined {
  const provider = trace.getTracerProvider()
  const name = 'pleo-oauth-server'
  // Without a tracer, the API answers with a proxy whose spans are empty.
  return provider instanceof ProxyTracerProvider
    ? provider.getDelegateTracer(name)
    : provider.getTracer(name)
}

/** The methods that a span may name. */
const methods = new Set('CONNECT DELETE GET HEAD OPTIONS PATCH POST PUT QUERY TRACE'.split(' '))

/**
 * Runs the rest of a request in a span. The span has the route in place of the URL: ids in a path and parameters are secrets.
 *
 * @see {@link https://opentelemetry.io/docs/specs/semconv/http/http-spans/ Semantic conventions for HTTP spans}
 */
export function traceRequest<T>(ctx: Context, route: string, work: () => Promise<T>): Promise<T> {
  if (!(registered in globalThis)) return work()
  return inSpan(work, ({ trace, context, SpanKind, SpanStatusCode }) => {
    const isKnown = methods.has(ctx.method)
    // If the host has a span of its own for the request, that one is the span of the server.
    const parent = trace.getSpanContext(context.active())
    const attributes = {
      'http.request.method': isKnown ? ctx.method : '_OTHER',
      'http.route': route,
      'url.scheme': ctx.protocol,
    }
    const kind = parent && !parent.isRemote ? SpanKind.INTERNAL : SpanKind.SERVER
    return {
      name: `${isKnown ? ctx.method : 'HTTP'} ${route}`,
      options: { kind, attributes },
      complete(span) {
        span.setAttribute('http.response.status_code', ctx.status)
        span.setAttribute('pleo_oauth.outcome', toOutcome(ctx))
        if (route === routes.token) span.setAttribute('pleo_oauth.grant_type', toGrantType(ctx))
        if (ctx.status < 500) return
        span.setAttribute('error.type', String(ctx.status))
        span.setStatus({ code: SpanStatusCode.ERROR })
      },
    }
  })
}

/** Calls a method of the storage in a span, if it belongs to a span: looks of the process itself would be many traces of their own. */
export function traceCall<T>(method: string, call: () => Promise<T>): Promise<T> {
  if (!(registered in globalThis)) return call()
  return inSpan(call, ({ trace }) =>
    trace.getActiveSpan() ? { name: `storage ${method}`, options: {} } : undefined,
  )
}
