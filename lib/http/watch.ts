import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'
import { interactionPath, isMetadata, isOwnPath, routes } from '../paths.ts'
import { createAnswerWatch } from './answer-watch.ts'
import { isConsumed } from './body-watch.ts'
import { createMistakeTeller, toShown } from '../validation/mistakes.ts'
import { createOriginWatch } from './origin-watch.ts'

/** Looks at requests for what the host got wrong. It changes nothing, and what it finds becomes a warning. */
export interface Watch {
  /** A request that is not below the issuer's path, by the path it came with. */
  passed(path: string, host: Context): void
  /** A request of ours, before it is answered. */
  asked(own: Context): void
  /** Its answer, before the host has it. */
  answered(own: Context): void
}

/** Requests that one of the authorization servers of this process has taken for its own. */
const taken = new WeakSet<IncomingMessage>()

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
    passed(path, { req, res }) {
      // Afterwards, it may be the host's own.
      if (hasAnswered || !isMisplaced(path, prefix)) return
      res.once('finish', () => {
        if (res.statusCode !== 404 || taken.has(req)) return
        tell(
          'wrong_prefix',
          `a request for ${toShown(path)} is not below the issuer, whose path is ${toShown(prefix || '/')}: ` +
            'mount the application at the root or at that path, and have proxies pass paths unchanged',
        )
      })
    },
    asked(own) {
      taken.add(own.req)
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
      // Metadata may stand outside of the prefix, and says nothing about it.
      if (!isMetadata(own.path)) hasAnswered = true
      if (own.status === 400 && own.path.startsWith(`${interactionPath}/`)) origins.failed(own)
      watchAnswer(own)
    },
  }
}

/** Whether it is a path of ours below another prefix. Metadata at the root is what strangers ask of every host. */
function isMisplaced(path: string, prefix: string): boolean {
  if (prefix !== '' && isMetadata(path)) return false
  return isOwnPath(/\/(oauth|\.well-known)\/.*$/.exec(path)?.[0] ?? path)
}
