import type { SigningKeyInfo } from '../../keys/signing-keys.ts'
import { toTable } from '../terminal/table.ts'
import { toIso, toJson, toTime } from '../terminal/text.ts'

/** Signing keys, as a table for people. */
export function toKeyTable(keys: readonly SigningKeyInfo[]): string {
  if (keys.length === 0) return 'There are no signing keys in the storage.'
  const rows = keys.map(({ kid, algorithm, state, announcedAt, usedFrom, retiredAt }) => [
    kid,
    algorithm,
    state,
    toTime(announcedAt),
    toTime(usedFrom),
    toTime(retiredAt),
  ])
  return toTable([['KID', 'ALGORITHM', 'STATE', 'ANNOUNCED', 'USED FROM', 'RETIRED'], ...rows])
}

/** Signing keys for scripts: times in ISO 8601, `null` for what is not there. */
export const toKeyJson = (keys: readonly SigningKeyInfo[]): string =>
  toJson(
    keys.map(({ announcedAt, usedFrom, retiredAt, ...key }) => ({
      ...key,
      announcedAt: toIso(announcedAt),
      usedFrom: toIso(usedFrom),
      retiredAt: toIso(retiredAt),
    })),
  )
