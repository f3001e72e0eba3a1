import { createHmac, randomUUID } from 'node:crypto'
import type { AuthorizationServerOptions } from '../config/options.ts'
import type { Storage } from '../storage.ts'
import type { AuditRecorder } from './audit.ts'

/**
 * Records which options differ from those of the start before. Does nothing if nobody listens.
 *
 * @throws the error of the storage
 */
export async function auditConfiguration(
  given: AuthorizationServerOptions,
  storage: Storage,
  audit: AuditRecorder,
): Promise<void> {
  if (!audit.isHeard()) return
  const options = await findChanged(given, storage)
  if (options.length === 0) return
  await audit.during(() => audit.record('configuration.changed', { options }, { kind: 'system' }))
}

/**
 * Compares the options with those of the start before, which the storage has as keyed hashes, and remembers them. Returns the names
 * of those that differ. If several processes start at once, one of them gets the names. The first start of all gets none.
 *
 * A function counts as the same as every other, and so does the storage. The contents of files are not compared.
 */
async function findChanged(
  options: AuthorizationServerOptions,
  storage: Storage,
): Promise<readonly string[]> {
  const records = storage.records('Configuration')
  const byKey = storage.deriveKeys('configuration').map((key) => toHashes(options, key))
  const found = await records.find(id)
  const payload = { options: byKey[0] ?? {}, version: randomUUID() }
  if (!found) {
    await records.insert(id, payload)
    return []
  }
  const before = found['options'] as Hashes
  if (findChanges(before, payload.options).length === 0) return []
  // An older storage key may have made the hashes. With any other key, all options seem to differ.
  const [changed = []] = byKey
    .map((hashes) => findChanges(before, hashes))
    .toSorted((one, other) => one.length - other.length)
  return (await records.swap(id, payload, found.version)) ? changed : []
}

const id = 'options'

type Hashes = Readonly<Record<string, string>>

const findChanges = (before: Hashes, now: Hashes): readonly string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(now)])]
    .filter((name) => before[name] !== now[name])
    .toSorted()

/** A hash for each option, and for each member of one that is an object: `lifetimes.grant`. */
function toHashes(options: object, key: Uint8Array): Hashes {
  const flat = Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
    isPlain(value)
      ? Object.entries(value).map(([member, one]) => [`${name}.${member}`, one] as const)
      : [[name, value] as const],
  )
  const given = flat.filter(([name, value]) => value !== undefined && !/^storage\b/.test(name))
  return Object.fromEntries(
    given.map(([name, value]) => {
      const text = JSON.stringify([name, toComparable(value)])
      return [name, createHmac('sha256', key).update(text).digest('base64url')]
    }),
  )
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && Object.getPrototypeOf(value ?? []) === Object.prototype

/** A value without functions and without objects of the host, whose members have one order. */
function toComparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toComparable)
  if (isPlain(value)) {
    const names = Object.keys(value).toSorted()
    return names.map((name) => [name, toComparable(value[name])])
  }
  return Object(value) === value ? typeof value : value
}
