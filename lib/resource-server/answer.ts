import { isDeepStrictEqual } from 'node:util'
import { parseSubject, type Subject } from '../pleo/subject.ts'
import { VerificationUnavailableError, type VerifiedToken } from './access-token.ts'

type Checks = { readonly [Member in keyof VerifiedToken]: (value: unknown) => boolean }

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

const checks: Checks = {
  // A text would be searched for ours as a part of it.
  audience: (value) => Array.isArray(value) && value.every(isText),
  // What is no number is never over.
  expiresAt: Number.isFinite,
  scope: (value) => value instanceof Set && [...value].every(isText),
  clientId: isText,
  keyThumbprint: (value) => value === undefined || isText(value),
  subject: (value) => {
    const { urn, type, id } = Object(value) as Partial<Subject>
    const subject = typeof urn === 'string' ? parseSubject(urn) : undefined
    return subject !== undefined && isDeepStrictEqual(subject, { urn, type, id })
  },
}

/**
 * Refuses what is no token: a verifier of one's own may answer what came as JSON, of which the compiler knows nothing.
 *
 * @throws {@link VerificationUnavailableError} with the name of the member, and no value
 */
export function checkAnswer(found: VerifiedToken): void {
  const members = Object.keys(checks) as (keyof VerifiedToken)[]
  const wrong = members.find((member) => !checks[member](found[member]))
  if (wrong === undefined) return
  throw new VerificationUnavailableError(`what verify answered makes no sense: ${wrong}`)
}
