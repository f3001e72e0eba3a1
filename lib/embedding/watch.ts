import type { Context } from 'koa'
import { interactionPath, isOwnPath, routes } from '../provider/routes.ts'
import { createAnswerWatch } from './answer-watch.ts'
import { createMistakeTeller } from './mistakes.ts'
import { createOriginWatch } from './origin-watch.ts'

/** Looks at requests for what the host got wrong. It changes nothing, and what it finds becomes a warning. */
export interface Watch {
  /** A request that is not below the issuer's path, by the path it came with. */
  passed(path: string): void
  /** A request of ours, before it is answered. */
  asked(own: Context): void
  /** Its answer, before the host has it. */
  answered(own: Context): void
}

/**
 * @param prefix - the path of the issuer, without a slash at its end
 * @param cookieName - the cookie of an interaction
 */
export function createWatch(issuer: string, prefix: string, cookieName: string): Watch {
  const tell = createMistakeTeller()
  const origins = createOriginWatch(issuer, cookieName, tell)
  const watchAnswer = createAnswerWatch(tell)
  let hasAnswered = false
  return {
    passed(path) {
      // Afterwards, it may be the host's own.
      if (hasAnswered || !isOwnPath(withoutPrefix(path))) return
      tell(
        'wrong_prefix',
        `a request for ${toShown(path)} is not below the issuer, whose path is ${toShown(prefix || '/')}: ` +
          'mount the application at the root or at that path, and have proxies pass paths unchanged',
      )
    },
    asked(own) {
      if (own.method === 'POST' && isConsumed(own)) {
        tell(
          'body_consumed',
          'something before the authorization server read the body of a request and left nothing of it in ' +
            'ctx.request.body: put it behind the authorization server, or leave forms to it',
        )
      }
      if (own.path === routes.authorization) origins.began(own)
    },
    answered(own) {
      hasAnswered = true
      if (own.status === 400 && own.path.startsWith(`${interactionPath}/`)) origins.failed(own)
      watchAnswer(own)
    },
  }
}

/** What follows the prefix of somebody else, from the first part of ours on. */
const withoutPrefix = (path: string): string =>
  /\/(oauth|\.well-known)\/.*$/.exec(path)?.[0] ?? path

/** What strangers sent, short and harmless in a log. */
const toShown = (text: string): string => JSON.stringify(text.slice(0, 100))

function isConsumed({ req, request }: Context): boolean {
  const hasBody = Number(req.headers['content-length'] ?? 0) > 0
  const isRead = !req.readable && request.body === undefined && !('body' in req)
  return hasBody && (isRead || req.readableEncoding !== null)
}
