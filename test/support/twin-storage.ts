import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { Storage } from '../../lib/index.ts'

/** Makes two storages that are equal, and one that does everything in both. */
export function createTwinStorages(): {
  readonly first: Storage
  readonly second: Storage
  readonly both: Storage
} {
  const first = createMemoryAdapter()
  const deriveKeys = (purpose: string): readonly Uint8Array[] => first.deriveKeys(purpose)
  const second = { ...createMemoryAdapter(), deriveKeys }
  const both: Storage = {
    deriveKeys,
    grants: inBoth(first.grants, second.grants),
    records: (model) => inBoth(first.records(model), second.records(model)),
    onClientChange: (listener) => first.onClientChange(listener),
  }
  return { first, second, both }
}

type Method = (...args: readonly unknown[]) => Promise<unknown>

/** Calls each method of both. The answer is that of the first. */
const inBoth = <T extends object>(first: T, second: T): T =>
  Object.fromEntries(
    Object.keys(first).map((name) => {
      const [one, other] = [first, second].map((target) => target[name as keyof T] as Method)
      const call: Method = async (...args) =>
        (await Promise.all([one?.(...args), other?.(...args)]))[0]
      return [name, call]
    }),
  ) as T
