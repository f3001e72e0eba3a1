import type { Context, Middleware } from 'koa'
import compose from 'koa-compose'
import { initialAccessTokenStart } from '../clients/registration-tokens.ts'
import type { SelfRegistration } from '../clients/self-registration.ts'
import type { RegistrationOptions } from '../config/options.ts'
import type { PathMiddleware } from './by-path.ts'
import { createOpenCors } from './cors.ts'
import { createJsonParser } from './json.ts'
import { registrationPath } from '../paths.ts'
import { toRegistrationAnswer } from './registration-answer.ts'
import { bearerTokenOf, createBearerChallenge } from './registration-bearer.ts'

/** What {@link createRegistrationRoutes} takes. */
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
    ...(isOpen ? [createOpenCors('POST')] : []),
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
