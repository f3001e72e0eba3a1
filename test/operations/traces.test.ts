import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base'
import type { Middleware } from 'koa'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, consent, introspect, redeem, refresh } from '../support/flow.ts'
import { startGatedHost, type GatedHost } from '../support/gated.ts'
import { send } from '../support/requests.ts'
import { confidential, openServer } from '../support/server.ts'

// The spans of a server whose host has a tracer.

let exporter: InMemorySpanExporter

beforeEach(() => {
  exporter = new InMemorySpanExporter()
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
})

afterEach(() => {
  trace.disable()
  context.disable()
})

/** The spans since the last call. */
function takeSpans(): readonly ReadableSpan[] {
  const spans = [...exporter.getFinishedSpans()]
  exporter.reset()
  return spans
}

const idOf = (span: ReadableSpan | undefined): string | undefined => span?.spanContext().spanId
const parentOf = (span: ReadableSpan | undefined): string | undefined =>
  span?.parentSpanContext?.spanId

/** A host that does something around each request to the authorization server. */
const startHost = async (around: Middleware): Promise<GatedHost> =>
  endAfterTest(await startGatedHost((parent) => void parent.middleware.unshift(around)))

test('a request is a span of its route, and calls of the storage are its children', async () => {
  const { issuer } = await openServer()
  const { refresh_token } = await connect(issuer)
  takeSpans()
  await refresh(issuer, refresh_token)
  const spans = takeSpans()
  expect(spans.map(({ name }) => name)).toEqual([
    'storage grants.load',
    'storage grants.exchange',
    'POST /oauth/token',
  ])
  const request = spans.at(-1)
  expect(request).toMatchObject({
    kind: SpanKind.SERVER,
    parentSpanContext: undefined,
    status: { code: SpanStatusCode.UNSET },
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/oauth/token',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      'pleo_oauth.grant_type': 'refresh_token',
      'pleo_oauth.outcome': 'ok',
    },
  })
  for (const span of spans.slice(0, -1)) {
    expect(parentOf(span)).toBe(idOf(request))
    expect(span.kind).toBe(SpanKind.INTERNAL)
  }
})

test('nothing secret is in a span: no query, no id of a path, no parameter, no name', async () => {
  const { issuer } = await openServer()
  const given = await consent(issuer)
  const { body } = await redeem(issuer, given)
  await introspect(issuer, String(body['access_token']))
  await send(`${issuer}/oauth/authorize?client_id=a-secret&state=a-secret`)
  await send(`${issuer}/oauth/a-secret`)
  const spans = takeSpans()
  expect(
    new Set(spans.map(({ name }) => name).filter((name) => !name.startsWith('storage '))),
  ).toEqual(
    new Set([
      'GET /oauth/authorize',
      'POST /oauth/interaction/:uid',
      'GET /oauth/authorize/:uid',
      'POST /oauth/token',
      'POST /oauth/token/introspect',
      'GET other',
    ]),
  )
  const text = JSON.stringify(
    spans.map(({ name, attributes, events, status, links }) => [
      name,
      attributes,
      events,
      status,
      links,
    ]),
  )
  const secrets = [
    given.code,
    given.verifier,
    String(body['access_token']),
    String(body['refresh_token']),
    confidential.client_secret,
    confidential.client_id,
    'a-secret',
    'sofia',
    'urn:pleo',
  ]
  for (const secret of secrets) expect(text).not.toContain(secret)
  expect(text).not.toMatch(/\?|interaction\/[^:]|authorize\/[^:]/)
})

test('an error of the protocol is no error of the server, and one of the storage is', async () => {
  const host = endAfterTest(await startGatedHost())
  await host.ask()
  const refused = takeSpans().at(-1)
  expect(refused?.attributes).toMatchObject({
    'http.response.status_code': 401,
    'pleo_oauth.outcome': 'invalid_client',
  })
  expect(refused?.status.code).toBe(SpanStatusCode.UNSET)
  host.storage.fail()
  await host.ask()
  const spans = takeSpans()
  expect(spans.map(({ name, status }) => [name, status])).toEqual([
    ['storage records.find', { code: SpanStatusCode.ERROR }],
    ['POST /oauth/token/introspect', { code: SpanStatusCode.ERROR }],
  ])
  expect(spans[1]?.attributes).toMatchObject({
    'error.type': '503',
    'pleo_oauth.outcome': 'temporarily_unavailable',
  })
  expect(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]))).not.toMatch(
    /ECONNREFUSED|10\.1\.2\.3/,
  )
})

test('with a span of the host, the request is a part of it', async () => {
  const tracer = trace.getTracer('host')
  const { ask } = await startHost((_, next) =>
    tracer.startActiveSpan('host', async (span) => {
      await next()
      span.end()
    }),
  )
  await ask()
  const spans = takeSpans()
  const [host, request] = spans.toReversed()
  const call = spans.find(({ name }) => name.startsWith('storage'))
  expect([host?.name, request?.name, call?.name]).toEqual([
    'host',
    'POST /oauth/token/introspect',
    'storage records.find',
  ])
  expect(parentOf(request)).toBe(idOf(host))
  expect(parentOf(call)).toBe(idOf(request))
  expect(request?.kind).toBe(SpanKind.INTERNAL)
})

test('with a caller that the host has found in the headers, the request is a part of its trace', async () => {
  const remote = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  }
  const { ask } = await startHost((_, next) =>
    context.with(trace.setSpanContext(ROOT_CONTEXT, remote), next),
  )
  await ask()
  const request = takeSpans().at(-1)
  expect(request?.spanContext().traceId).toBe(remote.traceId)
  expect(parentOf(request)).toBe(remote.spanId)
  expect(request?.kind).toBe(SpanKind.SERVER)
})

test('a stranger who sends a trace id becomes a part of no trace unless the host wants that', async () => {
  const host = endAfterTest(await startGatedHost())
  await host.ask({
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
  })
  expect(takeSpans().at(-1)?.parentSpanContext).toBeUndefined()
  expect(propagation.fields()).toEqual([])
})

test('of twenty requests at once, each call of the storage belongs to its own', async () => {
  const { issuer } = await openServer()
  const { access_token } = await connect(issuer)
  takeSpans()
  await Promise.all(Array.from({ length: 20 }, () => introspect(issuer, access_token)))
  const spans = takeSpans()
  const requests = spans.filter(({ name }) => name === 'POST /oauth/token/introspect')
  const calls = spans.filter(({ name }) => name === 'storage grants.load')
  expect([requests.length, calls.length]).toEqual([20, 20])
  expect(new Set(calls.map(parentOf))).toEqual(new Set(requests.map(idOf)))
})

test('a call of the host in the process is a part of its span, and no span if there is none', async () => {
  const server = await openServer()
  const { access_token } = await connect(server.issuer)
  takeSpans()
  await server.introspect(access_token)
  expect(takeSpans()).toEqual([])
  await trace.getTracer('host').startActiveSpan('job', async (span) => {
    await server.introspect(access_token)
    span.end()
  })
  const [call, job] = takeSpans()
  expect([call?.name, job?.name]).toEqual(['storage grants.load', 'job'])
  expect(parentOf(call)).toBe(idOf(job))
})

test('a host that takes its tracer away gets no more spans, and one that comes later gets them', async () => {
  const { issuer } = await openServer()
  const { access_token } = await connect(issuer)
  takeSpans()
  trace.disable()
  await introspect(issuer, access_token)
  expect(takeSpans()).toEqual([])
  trace.setGlobalTracerProvider(
    new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  )
  await introspect(issuer, access_token)
  expect(takeSpans()).toHaveLength(2)
})
