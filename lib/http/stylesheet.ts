import type { Middleware } from 'koa'
import type { Views } from '../views.ts'

/** Serves the style sheet. Its URL changes with its content, so browsers may keep it for good. */
export function createStylesheet({ stylesheet }: Views): Middleware {
  return (ctx) => {
    const isCurrent = ctx.query['v'] === stylesheet.version
    ctx.set('Cache-Control', isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache')
    ctx.type = 'css'
    ctx.body = stylesheet.content
  }
}
