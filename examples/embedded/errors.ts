import { HttpError } from 'koa'
import type { Context, Middleware } from 'koa'
import type { Logger } from './logger.ts'

/** The backend's own answers to errors. They are for what is thrown: an answer that is there is left alone. */
export const createErrorHandling =
  (logger: Logger): Middleware =>
  async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      const isExposed = error instanceof HttpError && error.expose
      if (!isExposed) logger.error('failed', error)
      ctx.status = isExposed ? error.status : 500
      ctx.body = { error: isExposed ? error.message : 'something went wrong' }
    }
  }

/** A line for every request: without its query, which may hold a code. */
export const createRequestLog =
  (logger: Logger): Middleware =>
  async (ctx: Context, next) => {
    const started = performance.now()
    await next()
    const milliseconds = Math.round(performance.now() - started)
    logger.info('request', { method: ctx.method, path: ctx.path, status: ctx.status, milliseconds })
  }
