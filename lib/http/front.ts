import type { EventEmitter } from 'node:events'
import type { Context, Middleware } from 'koa'
import type { Config } from '../config/config.ts'
import { ProtocolError } from '../errors.ts'
import { findEndpoint, type Endpoint, type RegistrationMode } from '../paths.ts'
import { createWarner } from '../validation/warner.ts'
import type { Renderer } from './error-page.ts'
import { hostContext } from './request-context.ts'
import { setRequestId, tellRequestId } from './request-id.ts'
import { setPageHeaders, strictTransport } from './security-headers.ts'

/**
 * Every request passes this first. It gets its id and its headers, and is refused if its method, its query or its form cannot be
 * taken. Errors that nothing else answered are answered here, and are the event `request.error` of the provider. An error of this
 * server tells the client nothing more, and is the event `server_error`.
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
    const isPost = ctx.method === 'POST'
    if (isPost && isConsumed(ctx)) warn(bodyConsumed)
    try {
      checkQuery(ctx)
      checkMethod(ctx, endpoint)
      if (isPost && endpoint?.isForClients) checkClientForm(ctx)
      await next()
      if (endpoint && ctx.method === 'OPTIONS') finishOptions(ctx, endpoint)
    } catch (thrown) {
      const error = toError(thrown)
      const { status, out } = toProblem(error)
      provider.emit(status >= 500 ? 'server_error' : 'request.error', ctx, error)
      ctx.status = status
      if (ctx.accepts('json', 'html') === 'html') renderError(ctx, out, error)
      else ctx.body = out
    }
    if (ctx.status >= 400) tellRequestId(ctx)
    // In seconds.
    if (ctx.status === 503 && !ctx.response.get('Retry-After')) ctx.set('Retry-After', '1')
  }
}

const bodyConsumed =
  'something before the authorization server read the body of a request and left nothing of it in ' +
  'ctx.request.body: put it behind the authorization server, or leave forms to it'

function toRegistrationMode(registration: Config['registration']): RegistrationMode {
  if (!registration) return 'off'
  return registration.initialAccessToken === false ? 'open' : 'invited'
}

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

const toError = (cause: unknown): Error =>
  cause instanceof Error ? cause : new Error('something was thrown that is not an error', { cause })

const formType = 'application/x-www-form-urlencoded'

/** The longest form that the framework reads, in bytes. */
const longest = 56 * 1024

/**
 * Names what keeps the framework from reading the form of a client. It would take the body for empty, or read something else
 * from it, and then say that a parameter or the client authentication is missing.
 *
 * @throws ProtocolError
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#appendix-B RFC 6749, Appendix B}
 */
function checkClientForm(ctx: Context): void {
  const fault = findFault(ctx)
  if (fault === undefined) return
  ctx.set('Cache-Control', 'no-store')
  // A script in a browser may read it, as it may read every error that comes before the client is known.
  ctx.vary('Origin')
  if (ctx.headers.origin !== undefined) ctx.set('Access-Control-Allow-Origin', ctx.headers.origin)
  throw new ProtocolError('invalid_request', fault)
}

function findFault(ctx: Context): string | undefined {
  const { 'content-type': type = '' } = ctx.req.headers
  if (type === '') return `Content-Type is missing, it must be ${formType}`
  if (isConsumed(ctx))
    return 'the body was read in front of this server, and nothing of it was left'
  // A parser of the host has read it and decoded it.
  if (!ctx.req.readable) return undefined
  if (Number(ctx.req.headers['content-length']) > longest) {
    return `the body is too large, it must have ${longest} bytes at most`
  }
  const { 'content-encoding': encoding = '' } = ctx.req.headers
  if (!/^(identity)?$/i.test(encoding)) {
    return `Content-Encoding is ${toShown(encoding)}, but the body must be sent as it is: leave the header out`
  }
  const charset = type.includes(';') ? ctx.request.charset : ''
  // A form is ASCII. Some Java clients name ISO-8859-1 for it.
  return /^(utf-?8|us-ascii|iso-8859-1)?$/i.test(charset)
    ? undefined
    : `the charset in Content-Type is ${toShown(charset)}, it must be utf-8`
}

/** The sender writes the value, so only a plausible one is repeated. */
const toShown = (value: string): string => (/^[\w.:+-]{1,40}$/.test(value) ? value : 'unknown')

/** Whether something before this server read the body of a request, and left nothing that can be used. */
function isConsumed(ctx: Context): boolean {
  const { req } = ctx
  const { headers } = req
  const hasBody =
    Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  // If the client went away, nothing read the body.
  if (!hasBody || req.readableAborted) return false
  return req.readableEnded ? !isLeft(ctx) : req.readableEncoding !== null
}

/** Whether the body that was read is there, in a place in which the framework looks. */
function isLeft(ctx: Context): boolean {
  const { request } = hostContext(ctx)
  const left = ('body' in ctx.req && ctx.req.body) || request.body
  if (!left) return false
  const isEmptyForm = ctx.is('urlencoded') && Object.keys(left).length === 0
  // If the parser kept the text as well, it has read a form with nothing in it.
  return !isEmptyForm || request.rawBody !== undefined
}
