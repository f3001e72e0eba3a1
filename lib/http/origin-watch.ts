import type { Context } from 'koa'
import { interactionPath } from '../paths.ts'
import { toShown, type TellMistake } from '../validation/mistakes.ts'

/** Finds out why an interaction has lost its cookie. */
export interface OriginWatch {
  /** A browser begins at the authorization endpoint. */
  began(own: Context): void
  /** A browser came to an interaction that is not its own, as it seems. */
  failed(own: Context): void
}

/**
 * Only hints can be had: whoever makes up headers and cookies can bring about these warnings.
 *
 * @param cookieName - the cookie of an interaction
 */
export function createOriginWatch(
  issuer: string,
  cookieName: string,
  tell: TellMistake,
): OriginWatch {
  const { origin, protocol } = new URL(issuer)
  let foreign: string | undefined
  return {
    began(own) {
      const seen = originOf(own, protocol)
      if (seen !== undefined && seen !== origin) foreign = seen
    },
    failed(own) {
      const cookie = own.cookies.get(cookieName, { signed: false })
      if (cookie === undefined) {
        // Many proxies send their own idea of a host, and nothing is wrong: those send it here, too.
        if (foreign === undefined || originOf(own, protocol) !== origin) return
        tell(
          'other_origin',
          `a browser began at ${toShown(foreign)} and has no cookie at the issuer, ${origin}: ` +
            'the issuer must be the URL that browsers see',
        )
      } else if (isOwnCookie(own, cookie) && !isSigned(own)) {
        tell(
          'unknown_cookie_key',
          'a cookie is signed with a key that is not among cookieKeys: all processes must have the same, and a key ' +
            'that is replaced must stay in the list for a day',
        )
      }
    },
  }

  /** Whether it looks like the cookie that was set for this very page. */
  function isOwnCookie(own: Context, cookie: string): boolean {
    const hasSignature = own.cookies.get(`${cookieName}.sig`, { signed: false }) !== undefined
    return hasSignature && own.path.split('/')[interactionPath.split('/').length] === cookie
  }

  function isSigned(own: Context): boolean {
    return own.cookies.get(cookieName, { signed: true }) !== undefined
  }
}

/** Where a browser sent a request, by what the proxy says; undefined where no browser sends anything like it. */
function originOf({ req }: Context, ownProtocol: string): string | undefined {
  const first = (name: string): string | undefined =>
    String(req.headers[name] ?? '')
      .split(',')[0]
      ?.trim() || undefined
  const protocol = first('x-forwarded-proto') ?? ownProtocol.slice(0, -1)
  const host = first('x-forwarded-host') ?? first('host') ?? ''
  return /^https?$/.test(protocol) ? URL.parse(`${protocol}://${host}`)?.origin : undefined
}
