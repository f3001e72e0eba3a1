import { hkdfSync } from 'node:crypto'

/**
 * Makes keys for one purpose out of the storage keys, in their order: who has one for another purpose
 * has none of these.
 */
export function deriveKeys(storageKeys: readonly string[], purpose: string): readonly Buffer[] {
  return storageKeys.map((key) =>
    Buffer.from(hkdfSync('sha256', key, 'pleo-oauth-server example', purpose, 32)),
  )
}
