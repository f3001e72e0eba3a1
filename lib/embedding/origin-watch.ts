import type { Context } from 'koa'
import type { TellMistake } from './mistakes.ts'

/** Finds out why an interaction has lost its cookie. */
export interface OriginWatch {
  /** A browser begins at the authorization endpoint. */
  began(own: Context): void
  /** A browser came to an interaction that is not its own, as it seems. */
  failed(own: Context): void
}

export function createOriginWatch(
  issuer: string,
  cookieName: string,
  tell: TellMistake,
): OriginWatch {
  const { origin, protocol } = new URL(issuer)
  let foreign: string | undefined
  return {
    began(own) {
      // Many proxies send their own idea of a host, and nothing is wrong: it is remembered until something is.
      const seen = originOf(own, protocol)
      if (seen !== origin) foreign = seen
    },
    failed(own) {
      if (own.cookies.get(cookieName, { signed: false }) === undefined) {
        if (foreign === undefined) return
        tell(
          'other_origin',
          `a browser began at ${JSON.stringify(foreign.slice(0, 100))} and has no cookie at the issuer, ${origin}: ` +
            'the issuer must be the URL that browsers see',
        )
      } else if (own.cookies.get(cookieName, { signed: true }) === undefined) {
        tell(
          'unknown_cookie_key',
          'a cookie is signed with a key that is not among cookieKeys: all processes must have the same, and a key ' +
            'that is replaced must stay in the list for a day',
        )
      }
    },
  }
}

function originOf({ req }: Context, ownProtocol: string): string {
  const first = (name: string): string | undefined =>
    String(req.headers[name] ?? '')
      .split(',')[0]
      ?.trim() || undefined
  const forwarded = first('x-forwarded-proto')
  const protocol = forwarded === undefined ? ownProtocol : `${forwarded}:`
  return `${protocol}//${first('x-forwarded-host') ?? first('host') ?? ''}`
}
