import { randomBytes } from 'node:crypto'
import type { EventEmitter } from 'node:events'
import type { Context, Middleware } from 'koa'
import type { Config } from '../config/config.ts'
import { ProtocolError } from '../errors.ts'
import { findEndpoint, type Endpoint, type RegistrationMode } from '../paths.ts'
import { createWarner } from '../validation/warner.ts'
import { checkClientForm, isConsumed } from './client-forms.ts'
import type { Renderer } from './error-page.ts'
import { requestIdHeader, setPageHeaders, strictTransport } from './security-headers.ts'

/** When to try again what cannot be answered now, in seconds. */
const retryAfter = '1'

/**
 * Every request passes this first. It gets its id and its headers, and is refused if its method, its query or its form cannot be
 * taken. Errors that nothing else answered are answered here. An error of this server tells the client nothing more, and is the
 * event `server_error` of the provider.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110.html#section-10.2.3 RFC 9110, Section 10.2.3} on `Retry-After`
 */
export function createFront(
  provider: EventEmitter,
  { issuer, registration }: Pick<Config, 'issuer' | 'registration'>,
  renderError: Renderer,
): Middleware {
  const isHttps = issuer.startsWith('https:')
  const mode = toRegistrationMode(registration)
  const warn = createWarner('EmbeddingWarning', 'body_consumed')
  return async (ctx, next) => {
    const endpoint = findEndpoint(ctx.path, mode)
    setRequestId(ctx, endpoint)
    ctx.res.setHeader('X-Content-Type-Options', 'nosniff')
    if (isHttps) ctx.res.setHeader(strictTransport, 'max-age=31536000')
    if (!endpoint?.isBare) setPageHeaders(ctx)
    if (ctx.method === 'POST' && isConsumed(ctx)) warn(bodyConsumed)
    try {
      checkQuery(ctx)
      checkMethod(ctx, endpoint)
      if (endpoint?.isForClients && ctx.method === 'POST') checkClientForm(ctx)
      await next()
      if (endpoint && ctx.method === 'OPTIONS') finishOptions(ctx, endpoint)
    } catch (thrown) {
      const error = toError(thrown)
      const { status, out } = toProblem(error)
      if (status >= 500) provider.emit('server_error', ctx, error)
      ctx.status = status
      if (ctx.accepts('json', 'html') === 'html') renderError(ctx, out, error)
      else ctx.body = out
    }
    if (ctx.status === 503 && !ctx.response.get('Retry-After')) ctx.set('Retry-After', retryAfter)
  }
}

const bodyConsumed =
  'something before the authorization server read the body of a request and left nothing of it in ' +
  'ctx.request.body: put it behind the authorization server, or leave forms to it'

function toRegistrationMode(registration: Config['registration']): RegistrationMode {
  if (!registration) return 'off'
  return registration.initialAccessToken === false ? 'open' : 'invited'
}

/**
 * Gives each request an id, as `ctx.state.requestId`, by which its error page is found in the log. A proxy or the host may have
 * given it one already.
 */
function setRequestId(ctx: Context, endpoint: Endpoint | undefined): void {
  const given = [ctx.get(requestIdHeader), String(ctx.res.getHeader(requestIdHeader) ?? '')]
  const id = given.find(isHarmless) ?? randomBytes(12).toString('base64url')
  ctx.state['requestId'] = id
  if (!endpoint?.isForPrograms && !endpoint?.isAsset) ctx.set(requestIdHeader, id)
}

/** Whether an id can be repeated on a page, in a header and in a log: strangers can send the header. */
const isHarmless = (id: string): boolean => /^[\w.:+/=@-]{1,64}$/.test(id)

/** How many parameters a query has at most. */
const mostParameters = 200

/**
 * Refuses a query with too many parameters before anything reads it: for one that is sent n times, Koa compares all n parameters n
 * times. Seven thousand fit into a request, and stop the process for a second.
 *
 * @throws ProtocolError
 */
export function checkQuery(ctx: Context): void {
  const { querystring } = ctx
  let at = -1
  for (let count = 0; count < mostParameters; count += 1) {
    at = querystring.indexOf('&', at + 1)
    if (at === -1) return
  }
  // The page of the error reads the query, too.
  ctx.querystring = ''
  const description = `the query has more than ${mostParameters} parameters`
  throw new ProtocolError('invalid_request', description)
}

/** Refuses methods that a path does not know (RFC 9110, Section 15.5.6). */
function checkMethod(ctx: Context, endpoint: Endpoint | undefined): void {
  if (!endpoint || endpoint.methods.includes(ctx.method)) return
  const allowed = endpoint.methods.join(', ')
  ctx.set('Allow', allowed)
  const description = `${ctx.method} is not allowed here, only ${allowed}`
  throw new ProtocolError('invalid_request', description, 405)
}

/** The framework answers a preflight request only; to any other it says 404 (RFC 9110, Section 9.3.7). */
function finishOptions(ctx: Context, { methods }: Endpoint): void {
  if (ctx.body === undefined && ctx.status === 404) ctx.status = 204
  ctx.set('Allow', methods.join(', '))
}

interface Problem {
  readonly status: number
  readonly out: { readonly error: string; readonly error_description: string }
}

/** How an error is answered. Errors of the framework, of the protocol and of clients' metadata say it themselves. */
function toProblem(error: Partial<Record<keyof ProtocolError, unknown>>): Problem {
  const { expose, statusCode: status, error: code, error_description: description = '' } = error
  if (expose === true && typeof status === 'number' && typeof code === 'string') {
    return { status, out: { error: code, error_description: String(description) } }
  }
  const oops = 'oops! something went wrong'
  return { status: 500, out: { error: 'server_error', error_description: oops } }
}

const toError = (error: unknown): Error =>
  error instanceof Error
    ? error
    : new Error('something that is no error was thrown', { cause: error })

/** Some middleware, and the path it is for, or how such a path begins. */
export type PathMiddleware = readonly [path: string | { readonly begins: string }, Middleware]

/** Runs the middleware of the path of a request. */
export function createByPath(entries: readonly PathMiddleware[]): Middleware {
  const exact = new Map<string, Middleware>()
  const beginnings: (readonly [string, Middleware])[] = []
  for (const [path, middleware] of entries) {
    if (typeof path === 'string') exact.set(path, middleware)
    else beginnings.push([path.begins, middleware])
  }
  return (ctx, next) => {
    const { path } = ctx
    const middleware =
      exact.get(path) ?? beginnings.find(([beginning]) => path.startsWith(beginning))?.[1]
    return middleware ? middleware(ctx, next) : next()
  }
}

/** How long a browser keeps the answer to a preflight request, in seconds. */
const preflightAge = '3600'

/**
 * Lets web pages on every site read the answers of an endpoint that anybody may call. No cookie counts there, so a page gets
 * nothing that any other program would not get.
 *
 * @param method - the one that the endpoint takes, beside `OPTIONS`
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol Fetch, CORS protocol}
 */
export const createOpenCors =
  (method: string): Middleware =>
  (ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*')
    if (ctx.method !== 'OPTIONS') return next()
    ctx.set('Access-Control-Allow-Methods', method)
    ctx.set('Access-Control-Allow-Headers', ctx.get('Access-Control-Request-Headers'))
    ctx.vary('Access-Control-Request-Headers')
    ctx.set('Access-Control-Max-Age', preflightAge)
    ctx.status = 204
    return undefined
  }
