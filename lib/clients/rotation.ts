import type { RotationOptions } from './clients.ts'
import { isLive, type StoredSecret } from './secrets.ts'

/** How long a secret goes on working after the next one was made, in seconds. */
const defaultEndsIn = 7 * 86_400

/**
 * The secrets of a client with a new one: that one, and one before it that has an end. Of two before it, the one that was
 * used last goes on; where no use was noted, the older one, as the newer one may never have arrived.
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
  const [inUse] = secrets
    .filter((secret) => isLive(secret, now))
    .toReversed()
    .toSorted((one, other) => (other.lastUsedAt ?? 0) - (one.lastUsedAt ?? 0))
  const expiresAt = Math.min(inUse?.expiresAt ?? Infinity, now + oldEndsIn * 1000)
  return inUse && !isNow && oldEndsIn > 0 ? [added, { ...inUse, expiresAt }] : [added]
}

/** @throws RangeError */
export function checkRotation({ oldEndsIn = defaultEndsIn }: RotationOptions): void {
  if (Number.isSafeInteger(oldEndsIn) && oldEndsIn >= 0) return
  throw new RangeError('oldEndsIn must be a whole number of seconds, 0 or more')
}
