import { parseRedisUrl, RedisUrlError, type RedisAddress } from 'pleo-oauth-server/adapters/redis'
import { z } from 'zod'

/** Reads a `REDIS_URL`. */
export const redisUrl: z.ZodType<RedisAddress, string> = z.string().transform((value, context) => {
  try {
    return parseRedisUrl(value)
  } catch (error) {
    if (!(error instanceof RedisUrlError)) throw error
    context.addIssue({ code: 'custom', message: error.message })
    return z.NEVER
  }
})
