import { z } from 'zod'
import { isProxy } from '../validation/address.ts'

const atLeast = (least: number): z.ZodOptional<z.ZodInt> =>
  z.int({ error: 'must be a whole number' }).min(least, `must be ${least} or more`).optional()

/** {@link AuthorizationServerOptions.anonymousRequests} */
export const anonymousRequestsSchema: z.ZodType = z.strictObject({
  count: atLeast(8),
  bytes: atLeast(131_072),
})

const proxy = z.string({ error: 'must be a text' }).refine(isProxy, {
  error: 'must be an address, a range such as 10.0.0.0/8, or loopback, linklocal or uniquelocal',
})

/** {@link AuthorizationServerOptions.trustedProxies} */
export const trustedProxiesSchema: z.ZodType = z.array(proxy, {
  error: 'must be an array of proxies',
})
