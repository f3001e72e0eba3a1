import type { Middleware } from 'koa'

/** Some middleware, and the path it is for, or how such a path begins. */
export type PathMiddleware = readonly [path: string | { readonly begins: string }, Middleware]

/**
 * Runs each middleware for the requests it is about: most requests are about tokens, and should not
 * pay for pages.
 */
export function createByPath(entries: readonly PathMiddleware[]): Middleware {
  const exact = new Map<string, Middleware>()
  const beginnings: (readonly [string, Middleware])[] = []
  for (const [path, middleware] of entries) {
    if (typeof path === 'string') exact.set(path, middleware)
    else beginnings.push([path.begins, middleware])
  }
  return (ctx, next) => {
    const { path } = ctx
    const middleware =
      exact.get(path) ?? beginnings.find(([beginning]) => path.startsWith(beginning))?.[1]
    return middleware ? middleware(ctx, next) : next()
  }
}
