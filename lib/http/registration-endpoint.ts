import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import type { RegisteredClient } from '../clients/registered-client.ts'
import { initialAccessTokenStart } from '../clients/registration-tokens.ts'
import { defaultGrantTypes } from '../clients/members.ts'
import type { SelfRegistration } from '../clients/self-registration.ts'
import type { RegistrationOptions } from '../config/options.ts'
import { ProtocolError } from '../errors.ts'
import type { PathMiddleware } from './app.ts'
import { createJsonParser } from './bodies.ts'
import { registrationPath, toRegistrationUrl } from '../paths.ts'

/** The options of {@link createRegistrationRoutes}. */
export interface RegistrationParts {
  readonly issuer: string
  readonly selfRegistration: SelfRegistration
  /** Undefined: off. */
  readonly options: RegistrationOptions | undefined
}

/** How long what a client registers is at most, in bytes; all URIs at their longest do not fit, which no client needs. */
const limit = 56 * 1024

/**
 * Where clients register themselves (RFC 7591), and manage what they registered (RFC 7592). The endpoints of the framework
 * are not in use: they keep secrets as they are, and compare with those.
 */
export function createRegistrationRoutes(parts: RegistrationParts): readonly PathMiddleware[] {
  if (!parts.options) return []
  const isOpen = parts.options.initialAccessToken === false
  const around = [keepNothing, createBearerChallenge(parts.issuer)]
  const readBody = createJsonParser(limit)
  const register = compose([
    ...(isOpen ? [allowEveryOrigin] : []),
    ...around,
    ...(isOpen ? [] : [requireToken]),
    readBody,
    createRegister(parts, isOpen),
  ])
  const manage = compose([...around, requireToken, createManagement(parts, readBody)])
  return [
    [registrationPath, register as Middleware],
    [{ begins: `${registrationPath}/` }, manage as Middleware],
  ]
}

/** Before anything is read. */
const requireToken: Middleware = (ctx, next) => {
  bearerTokenOf(ctx)
  return next()
}

const keepNothing: Middleware = (ctx, next) => {
  ctx.set('Cache-Control', 'no-store')
  return next()
}

/** How long a browser keeps the answer to a preflight request, in seconds. */
const preflightAge = '3600'

/**
 * Lets web pages on every site read the answers of open registration. No cookie counts there, so a page gets
 * nothing that any other program would not get.
 *
 * @see {@link https://fetch.spec.whatwg.org/#http-cors-protocol Fetch, CORS protocol}
 */
const allowEveryOrigin: Middleware = (ctx, next) => {
  ctx.set('Access-Control-Allow-Origin', '*')
  if (ctx.method !== 'OPTIONS') return next()
  ctx.set('Access-Control-Allow-Methods', 'POST')
  ctx.set('Access-Control-Allow-Headers', ctx.get('Access-Control-Request-Headers'))
  ctx.vary('Access-Control-Request-Headers')
  ctx.set('Access-Control-Max-Age', preflightAge)
  ctx.status = 204
  return undefined
}

function createRegister(
  { issuer, selfRegistration }: RegistrationParts,
  isOpen: boolean,
): Middleware {
  return async (ctx) => {
    const initialAccessToken = isOpen && !isInvited(ctx) ? undefined : bearerTokenOf(ctx)
    const registered = await selfRegistration.register(bodyOf(ctx), initialAccessToken)
    ctx.status = 201
    ctx.body = toRegistrationAnswer({ issuer, ...registered })
  }
}

function createManagement(
  { issuer, selfRegistration }: RegistrationParts,
  readBody: Middleware,
): Middleware {
  const replace: Middleware = async (ctx) => {
    const accessToken = bearerTokenOf(ctx)
    const client = await selfRegistration.replace(clientIdOf(ctx), accessToken, bodyOf(ctx))
    ctx.body = toRegistrationAnswer({ issuer, client, accessToken })
  }
  const replaceWithBody = compose([readBody, replace]) as Middleware
  return async (ctx, next) => {
    if (ctx.method === 'PUT') return replaceWithBody(ctx, next)
    const accessToken = bearerTokenOf(ctx)
    if (ctx.method === 'DELETE') {
      await selfRegistration.remove(clientIdOf(ctx), accessToken)
      ctx.status = 204
      return undefined
    }
    const client = await selfRegistration.read(clientIdOf(ctx), accessToken)
    ctx.body = toRegistrationAnswer({ issuer, client, accessToken })
    return undefined
  }
}

/** Whether a token for registration came with it, good or not. Any other `Authorization` means nothing while everybody registers. */
const isInvited = (ctx: Context): boolean => invitation.test(ctx.get('Authorization'))
const invitation = new RegExp(`^Bearer +${initialAccessTokenStart}`, 'i')

const bodyOf = (ctx: Context): object => ctx.request.body as object

const clientIdOf = ({ path }: Context): string => path.slice(registrationPath.length + 1)

interface AnswerParts {
  readonly issuer: string
  readonly client: RegisteredClient
  readonly accessToken: string
  /** Only if it was made just now: no other is known here. */
  readonly secret?: string | undefined
}

/**
 * Returns a client for its partner, with the defaults that count.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7592.html#section-3 RFC 7592, Section 3}
 */
const toRegistrationAnswer = ({
  issuer,
  client,
  accessToken,
  secret,
}: AnswerParts): Readonly<Record<string, unknown>> => ({
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: defaultGrantTypes,
  response_types: ['code'],
  ...client.metadata,
  client_id_issued_at: Math.floor(client.createdAt / 1000),
  ...(secret !== undefined && { client_secret: secret, client_secret_expires_at: 0 }),
  registration_client_uri: toRegistrationUrl(issuer, client.clientId),
  registration_access_token: accessToken,
})

/**
 * Returns the token in the header of a request.
 *
 * @throws {@link ProtocolError} `invalid_token` if the header has no token
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-2.1 RFC 6750, Section 2.1}
 */
function bearerTokenOf(ctx: Pick<Context, 'get'>): string {
  const [, token] = /^Bearer +([\w.~+/-]+=*)$/i.exec(ctx.get('Authorization')) ?? []
  if (token === undefined) throw new ProtocolError('invalid_token', 'invalid token provided', 401)
  return token
}

/**
 * Challenges a request without a good token. Only a request that sent a token gets the error as well.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 */
function createBearerChallenge(issuer: string): Middleware {
  return async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      if (error instanceof ProtocolError && error.error === 'invalid_token') {
        const reason = ctx.get('Authorization') === '' ? '' : `, error="${error.error}"`
        ctx.set('WWW-Authenticate', `Bearer realm="${issuer}"${reason}`)
      }
      throw error
    }
  }
}
