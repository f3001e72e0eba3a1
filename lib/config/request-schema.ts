import { z } from 'zod'
import { findProxyFlaw } from '../http/address.ts'

const atLeast = (least: number): z.ZodOptional<z.ZodInt> =>
  z.int({ error: 'must be a whole number' }).min(least, `must be ${least} or more`).optional()

/** {@link AuthorizationServerOptions.anonymousRequests} */
export const anonymousRequestsSchema: z.ZodType = z.strictObject(
  {
    count: atLeast(8),
    bytes: atLeast(131_072),
  },
  { error: 'must be an object with count and bytes, or one of them' },
)

const proxy = z.string({ error: 'must be a text' }).superRefine((value, context) => {
  const message = findProxyFlaw(value)
  if (message !== undefined) context.addIssue({ code: 'custom', message })
})

/** {@link AuthorizationServerOptions.trustedProxies} */
export const trustedProxiesSchema: z.ZodType = z.array(proxy, {
  error: 'must be an array of proxies',
})
