import type { Context } from 'koa'
import { toApplication } from '../pages/shown-client.ts'
import { callListeners } from '../grants/events.ts'
import { connectionsPath, interactionPath, isForPrograms, toInteractionUrl } from '../paths.ts'
import type { Views } from '../pages/pages.ts'
import { namedClient, verifiedClient, type RequestOfFramework } from './request-context.ts'
import { requestIdOf } from './request-id.ts'
import { setPageHeaders } from './security-headers.ts'

/** The body of an error. */
export interface ErrorBody {
  readonly error: string
  readonly error_description?: string | undefined
}

/** A request that ended with an error. The framework may not have seen it. */
type FailedContext = Context & { readonly oidc?: FailedRequest }

interface FailedRequest extends RequestOfFramework {
  readonly route: string
  readonly provider: { cookieName(type: string): string }
}

/** Answers with an error: to a person, as the framework asks for it, or to a program. */
export type Renderer = (ctx: FailedContext, out: ErrorBody, error: Error) => void

/** A page that told a person of an error: the event `error_page` of `server.app`. Nothing in it is a secret. */
export interface ErrorPageEvent {
  /** The id on the page and in the header `X-Request-Id`. A proxy, or a stranger, may have chosen it. */
  readonly requestId: string
  /** The HTTP status. */
  readonly status: number
  /** The error code of the protocol. */
  readonly error: string
  /** For developers, in English. It may repeat what a stranger sent. */
  readonly description: string
  /** The client that the request named, if it is registered. It may not be the one that sent the request. */
  readonly clientId: string | null
  /** The error behind it, if there is one: for the log only. */
  readonly cause?: unknown
}

/** The words for an error code, in the catalogues below `error.title` and `error.message`. */
const words: ReadonlyMap<string, string> = new Map([
  ['access_denied', 'denied'],
  ['server_error', 'server'],
  ['temporarily_unavailable', 'unavailable'],
])

const mayWorkLater: ReadonlySet<string> = new Set(['server_error', 'temporarily_unavailable'])

/**
 * Draws the error page. It says what is wrong, and nothing of how this server works inside. The description of the error is for
 * developers: it is at the end of the page, and in English. Programs get no page: the framework asks for one by `Accept` alone.
 */
export function createErrorRenderer(views: Views, issuer: string): Renderer {
  return (ctx, out, error) => {
    if (isForPrograms(ctx.path)) {
      ctx.body = out
      return
    }
    if (isSessionNotFound(error) && ctx.oidc?.route === 'resume') {
      // Only the page of the interaction gets the cookie that knows the browser, and can tell the person more.
      const uid = encodeURIComponent(String(ctx['params'].uid))
      keepSession(ctx, ctx.oidc.provider.cookieName('session'))
      ctx.status = 303
      ctx.redirect(`${toInteractionUrl(issuer, uid)}?ended`)
      return
    }
    // An error after the redirect was made: its URL can have a code in it.
    ctx.remove('Location')
    ctx.type = 'html'
    setPageHeaders(ctx)
    const own = ownWordsOf(error)
    const known = words.get(out.error) ?? 'general'
    const page = views.page(ctx)
    const client = verifiedClient(ctx)
    ctx.body = page.render('error', {
      title: `error.title.${own ?? known}`,
      message: `error.message.${own ?? known}`,
      code: out.error,
      details: (own ?? known) === 'general' ? out.error_description || null : null,
      continueUrl: 'continueUrl' in error ? String(error.continueUrl) : null,
      retryUrl: own === undefined && mayWorkLater.has(out.error) ? toRetryUrl(ctx, issuer) : null,
      application: client ? toApplication(client, page.language) : null,
      // Nobody signs in there without cookies.
      connectionsUrl: own === 'cookies' ? null : issuer + connectionsPath,
      support: toSupport(ctx, out),
    })
    tell(ctx, out, error)
  }
}

/**
 * Leaves the session cookie of the browser alone. To a request that comes at the same time as the one that changes the session id,
 * the framework gives a session without a person, which would sign the person out.
 */
function keepSession(ctx: Context, name: string): void {
  const cookies = [ctx.res.getHeader('Set-Cookie') ?? []].flat().map(String)
  const others = cookies.filter((cookie) => !cookie.startsWith(name))
  ctx.remove('Set-Cookie')
  if (others.length > 0) ctx.set('Set-Cookie', others)
}

/** The words for this error alone, whatever its code is. */
function ownWordsOf(error: Error): string | undefined {
  if ('words' in error) return String(error.words)
  return isSessionNotFound(error) ? 'expired' : undefined
}

/** The form that was posted, or else the page that was asked for. */
function toRetryUrl({ method, path, search }: Context, issuer: string): string | null {
  const isForm = method === 'POST' && path.startsWith(`${interactionPath}/`)
  if (isForm) return issuer + path.replace(/\/switch-account$/, '')
  return method === 'GET' ? issuer + path + search : null
}

/** Whether the framework found no interaction for this browser and this person. */
const isSessionNotFound = ({ name }: Error): boolean => name === 'SessionNotFound'

/** The text that a person copies for support. Each line is one line, whatever a stranger sent. */
function toSupport(ctx: Context, { error, error_description: description }: ErrorBody): string {
  const lines = [
    ['Code', error],
    ['Description', description],
    ['Time', new Date().toISOString()],
    ['Request', requestIdOf(ctx)],
  ]
  return lines
    .filter(([, value]) => value)
    .map(([name, value = '']) => `${name}: ${value.replace(/\s+/g, ' ')}`)
    .join('\n')
}

function tell(
  ctx: FailedContext,
  { error, error_description: description }: ErrorBody,
  thrown: Error,
): void {
  const cause = ctx.status >= 500 ? thrown : thrown.cause
  const event: ErrorPageEvent = {
    requestId: requestIdOf(ctx),
    status: ctx.status,
    error,
    description: description ?? '',
    clientId: namedClient(ctx)?.clientId ?? null,
    ...(cause !== undefined && { cause }),
  }
  callListeners(() => ctx.app.emit('error_page', event, ctx))
}
