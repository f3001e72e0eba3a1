import { ClientMetadataError } from '../../errors.ts'
import { Refusal } from '../terminal/refusal.ts'

const words = { client: 'the client has', secrets: 'the secrets have' } as const

/**
 * Says that something is not what it was when whoever runs the command agreed: they have agreed to that alone.
 *
 * @throws {@link Refusal}, and every other error as it is
 */
export const refuseChanged =
  (what: keyof typeof words) =>
  (error: unknown): never => {
    const codes = error instanceof ClientMetadataError ? error.issues.map(({ code }) => code) : []
    if (!codes.includes(`${what}_changed`)) throw error
    throw new Refusal(`nothing was changed: ${words[what]} changed meanwhile: look again`)
  }
