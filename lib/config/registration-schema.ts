import { z } from 'zod'
import { findReservedHostFlaw } from '../clients/hosts.ts'
import { listOfUnique } from './list-schema.ts'
import type { RegistrationOptions } from './options.ts'

const isFilled = (list: readonly unknown[]): boolean => list.length > 0
const nothing = { error: 'must not be empty: leave it out to allow all' }

/** How clients register themselves. */
export const registrationSchema: z.ZodType<RegistrationOptions> = z.strictObject(
  {
    initialAccessToken: z
      .boolean({ error: 'must be true, or false to let everybody register clients' })
      .exactOptional(),
    scopes: listOfUnique(z.string({ error: 'must be a scope' }), { of: 'scopes', most: 1000 })
      .refine(isFilled, nothing)
      .exactOptional(),
    subjectTypes: listOfUnique(
      z.enum(['company', 'organization'], { error: "must be 'company' or 'organization'" }),
      { of: "'company' and 'organization'", most: 2 },
    )
      .refine(isFilled, nothing)
      .exactOptional(),
  },
  { error: 'must be an object: how clients register themselves' },
)

/** Complains if a client that registers itself and names no scope would get none. */
export function checkDefaultScopes(
  defaults: readonly string[] = [],
  allowed: readonly string[] | undefined,
  context: z.core.$RefinementCtx,
): void {
  if (!allowed || defaults.length === 0 || context.issues.length > 0) return
  if (defaults.some((name) => allowed.includes(name))) return
  const message =
    'must have one of resourceServer.defaultScopes: otherwise, every client that registers and names no scope is refused'
  const path = ['registration', 'scopes']
  context.addIssue({ code: 'custom', path, message, params: { code: 'no_default_scope' } })
}

const hostName = z
  .string({ error: 'must be a host name' })
  .regex(/^[a-z\d-]+(\.[a-z\d-]+)*$/i, {
    error:
      'must be a host name, without scheme, port and path. Hosts below it are included: write no * and no dot at either end. Write letters beyond a to z in their xn-- form',
    abort: true,
  })
  .superRefine((host, context) => {
    const message = findReservedHostFlaw(host)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

/** Hosts that partners may not use. */
export const reservedHostsSchema: z.ZodType<readonly string[]> = z.array(hostName, {
  error: 'must be an array of host names',
})

/** Signs that names may have beside the usual ones. */
export const nameSignsSchema: z.ZodType<string> = z
  .string({ error: 'must be a text of signs' })
  .regex(/^[\p{P}\p{S}]*$/u, 'must have nothing but signs, and no spaces')
