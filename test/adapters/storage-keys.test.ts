import { expect, test } from 'vitest'
import { createStorageKeys } from '../../adapters/redis/storage-keys.ts'
import { storageKeys } from '../support/redis-harness.ts'

test('no two seals have the same nonce, also of different storages', () => {
  const storages = [createStorageKeys(storageKeys), createStorageKeys(storageKeys)]
  // More than are drawn at once.
  const seals = Array.from({ length: 1000 }, () =>
    storages.map((keys) => keys.seal('place', 'content')),
  ).flat()
  // Behind the id of the key.
  const nonces = seals.map((sealed) => sealed.subarray(4, 16).toString('hex'))
  expect(new Set(nonces).size).toBe(2000)
  for (const sealed of seals) expect(storages[0]?.open('place', sealed)).toBe('content')
})
