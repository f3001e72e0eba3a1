import { refuseUnknown } from '../config/did-you-mean.ts'
import type { RotationOptions } from './clients.ts'
import { isLive, type StoredSecret } from './secrets.ts'

/** How long a secret goes on working after the next one was made, in seconds. */
const defaultEndsIn = 7 * 86_400

/** The longest life of what is given away for a while, in seconds. */
export const longestLifetime: number = 365 * 86_400

/**
 * The secret that goes on if there are two: the one that was used last. If no use was noted, it is the older one, as the newer
 * one may never have arrived.
 *
 * @param secrets - those that live, newest first
 */
export const findInUse = <T extends { readonly lastUsedAt?: number | undefined }>(
  secrets: readonly T[],
): T | undefined =>
  secrets.toReversed().toSorted((one, other) => (other.lastUsedAt ?? 0) - (one.lastUsedAt ?? 0))[0]

/**
 * The secrets of a client with a new one: that one, and the one in use before it, which has an end.
 *
 * @param secrets - newest first
 */
export function withNewSecret(
  secrets: readonly StoredSecret[],
  added: StoredSecret,
  { now: isNow = false, oldEndsIn = defaultEndsIn }: RotationOptions,
): readonly StoredSecret[] {
  if (secrets.some(({ id }) => id === added.id)) return secrets
  const now = added.createdAt
  const inUse = findInUse(secrets.filter((secret) => isLive(secret, now)))
  const expiresAt = Math.min(inUse?.expiresAt ?? Infinity, now + oldEndsIn * 1000)
  return inUse && !isNow && oldEndsIn > 0 ? [added, { ...inUse, expiresAt }] : [added]
}

/** @throws RangeError, TypeError */
export function checkRotation(options: RotationOptions): void {
  refuseUnknown(options, ['now', 'oldEndsIn'])
  const { oldEndsIn = defaultEndsIn } = options
  if (Number.isSafeInteger(oldEndsIn) && oldEndsIn >= 0 && oldEndsIn <= longestLifetime) return
  throw new RangeError(
    `oldEndsIn must be a whole number of seconds from 0 to ${longestLifetime} (365 days)`,
  )
}
