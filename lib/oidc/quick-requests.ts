import type { IncomingMessage } from 'node:http'
import { parse } from 'node:querystring'
import type { Context, Middleware } from 'koa'
import type { Client } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { ProtocolError } from '../errors.ts'
import { createByPath } from '../http/app.ts'
import { asRequest } from './internals.ts'
import { askNoMore } from './unavailable.ts'

/** The parameters of a request, without those that authenticate the client. None is empty, and none was sent twice. */
export type RequestParameters = Readonly<Record<string, string>>

/** Answers a request of a client that has authenticated. Resolves to undefined if the framework must answer. */
type Answer = (client: Client, ctx: Context) => Promise<object | undefined>

/** An endpoint that answers its ordinary requests ahead of the framework. */
export interface QuickEndpoint {
  readonly path: string
  /** The events that the framework emits for a request that succeeds. If the host listens to one, the framework must answer. */
  readonly events: readonly string[]
  /** Finds how to answer. Returns undefined if the framework must answer. */
  readonly findAnswer: (parameters: RequestParameters) => Answer | undefined
}

/**
 * Answers ordinary requests of clients ahead of the framework, in half of its time: a short form, from a client that authenticates
 * with its secret. Every other request goes on as it came, and so does every request that fails here, unless its client went away.
 * The framework then answers it and emits its events. Only for a provider whose settings are as they are shipped.
 */
export function createQuickRequests(
  provider: Provider,
  endpoints: readonly QuickEndpoint[],
): Middleware {
  return createByPath(
    endpoints.map((endpoint) => [endpoint.path, createMiddleware(provider, endpoint)]),
  )
}

function createMiddleware(provider: Provider, endpoint: QuickEndpoint): Middleware {
  const isHeard = (): boolean => endpoint.events.some((event) => provider.listenerCount(event) > 0)
  return async (ctx, next) => {
    const { req } = ctx
    // If the host has added a middleware or a listener, it may read `ctx.oidc`: the framework must answer.
    if (provider.middleware.length > 2 || !isOrdinary(ctx) || isHeard()) return next()
    const body = await readBody(req)
    const answer = await asRequest(ctx, () => answerForm(ctx, body, provider, endpoint)).catch(
      (error: unknown) => {
        if (req.destroyed) throw error
        askNoMore(ctx, error)
      },
    )
    if (!answer) {
      // If the client went away, its stream takes nothing back.
      if (req.destroyed) throw unreadable()
      req.unshift(body)
      return next()
    }
    // Reads the end of the body.
    req.resume()
    const { res } = ctx
    if (res.hasHeader('Vary')) ctx.vary('Origin')
    else res.setHeader('Vary', 'Origin')
    for (const [name, value] of answerHeaders) res.setHeader(name, value)
    ctx.body = answer
  }
}

/** The headers of every answer to a client. */
const answerHeaders = Object.entries({
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'WWW-Authenticate',
  'Cache-Control': 'no-store',
  'Content-Type': 'application/json; charset=utf-8',
})

/** The longest form that is answered here, in bytes. */
const longest = 4096

const formType = /^application\/x-www-form-urlencoded(; ?charset=utf-8)?$/i

const unusualHeaders = [
  'content-encoding',
  'dpop',
  'oauth-client-attestation',
  'oauth-client-attestation-pop',
  'origin',
  'transfer-encoding',
]

/** Whether it is a short form that nothing has read yet, without headers that need more. */
function isOrdinary({ method, req, res }: Context): boolean {
  const { headers } = req
  const length = Number(headers['content-length'])
  return (
    method === 'POST' &&
    formType.test(headers['content-type'] ?? '') &&
    length > 0 &&
    length <= longest &&
    !unusualHeaders.some((name) => headers[name] !== undefined) &&
    // If the host has set headers for other origins, the framework leaves them as they are.
    !res.getHeaderNames().some((name) => name.startsWith('access-control-')) &&
    req.readable &&
    req.readableFlowing === null &&
    req.readableEncoding === null &&
    !req.readableDidRead
  )
}

/** The error of the framework if the client went away. */
const unreadable = (): Error =>
  new ProtocolError('invalid_request', 'failed to parse the request body')

/** Reads the body but not its end, so that it can be put back. */
async function readBody(req: IncomingMessage): Promise<Buffer> {
  const length = Number(req.headers['content-length'])
  // Mostly the body comes together with the headers. It is there when the parser has returned.
  await Promise.resolve()
  const whole = req.read(length) as Buffer | null
  return whole?.length === length ? whole : waitForBody(req, length)
}

function waitForBody(req: IncomingMessage, length: number): Promise<Buffer> {
  const events = ['readable', 'end', 'error', 'close']
  return new Promise((resolve, reject) => {
    const look = (): void => {
      const body = req.read(length) as Buffer | null
      if (body === null && !req.readableEnded && !req.destroyed) return
      for (const event of events) req.off(event, look)
      if (body?.length === length) resolve(body)
      else reject(unreadable())
    }
    for (const event of events) req.on(event, look)
  })
}

/** Answers a form; undefined if it is not ordinary, or if the client is refused. */
async function answerForm(
  ctx: Context,
  body: Buffer,
  provider: Provider,
  { findAnswer }: QuickEndpoint,
): Promise<object | undefined> {
  const { client_id: id, client_secret: secret, ...parameters } = parse(String(body))
  const answer = isPlain(parameters) ? findAnswer(parameters) : undefined
  if (!answer) return undefined
  const { authorization } = ctx.req.headers
  const credentials =
    authorization === undefined ? [id, secret] : readHeader(authorization, id, secret)
  const client = await authenticate(provider, credentials)
  return client && answer(client, ctx)
}

const isPlain = (parameters: Readonly<Record<string, unknown>>): parameters is RequestParameters =>
  Object.values(parameters).every((value) => typeof value === 'string' && value !== '')

/** Reads client id and secret, if no character of them is encoded and the body names no other. */
function readHeader(header: string, id: unknown, secret: unknown): readonly unknown[] {
  const [, encoded = ''] = /^basic ([A-Za-z\d+/]+={0,2})$/i.exec(header) ?? []
  const pair = encoded.length % 4 === 0 ? Buffer.from(encoded, 'base64').toString() : ''
  const [, ...credentials] = /^([\w.~-]+):([\w.~-]+)$/.exec(pair) ?? []
  return secret === undefined && (id ?? credentials[0]) === credentials[0] ? credentials : []
}

const secretMethods: readonly unknown[] = ['client_secret_basic', 'client_secret_post']

async function authenticate(
  provider: Provider,
  [id, secret]: readonly unknown[],
): Promise<Client | undefined> {
  if (typeof id !== 'string' || typeof secret !== 'string' || secret === '') return undefined
  const client = await provider.Client.find(id)
  const isOrdinaryClient =
    secretMethods.includes(client?.clientAuthMethod) && !client?.clientSecretExpiresAt
  return isOrdinaryClient && (await client?.compareClientSecret(secret)) ? client : undefined
}
