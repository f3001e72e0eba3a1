import type { Middleware } from 'koa'

/** Runs a middleware for the requests it is about only: most requests are about tokens. */
export function atPath(
  path: string | ((path: string) => boolean),
  middleware: Middleware,
): Middleware {
  const isMeant = typeof path === 'string' ? (other: string) => other === path : path
  return (ctx, next) => (isMeant(ctx.path) ? middleware(ctx, next) : next())
}
