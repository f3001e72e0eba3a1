import type { IncomingMessage } from 'node:http'
import type { Context } from 'koa'

const contexts = new WeakMap<IncomingMessage, Context>()

/** Remembers in which context of the host's application a request came in. */
export function rememberHostContext(ctx: Context): void {
  contexts.set(ctx.req, ctx)
}

/** The context of the host's application: the one that has the host's session. */
export function hostContext(ctx: Pick<Context, 'req'>): Context {
  const context = contexts.get(ctx.req)
  if (!context) throw new Error('the request did not come in through the authorization server')
  return context
}
