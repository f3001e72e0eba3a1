import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Storage, StoredPayload } from '../../storage.ts'
import type { Define } from './harness.ts'
import { atOnce } from './harness.ts'

type SwappedModel = 'Client' | 'ClientName' | 'SigningKeys'

/** The contract for records that several processes change, each from the version that it read. */
export function swapContract(define: Define, model: SwappedModel): void {
  swapping(define, model)
  swappingNothing(define, model)
}

/** A record in that version, or in none. */
export const versioned = (version: string | undefined, n = 0): StoredPayload => ({
  client_id: 'client',
  n,
  ...(version !== undefined && { version }),
})

function swapping(define: Define, model: SwappedModel): void {
  define('of fifty swaps from one version one is done', async ({ storage, other }) => {
    const id = randomUUID()
    await storage.records(model).insert(id, versioned('first'))
    const answers = await atOnce(50, (n) =>
      pick(storage, other, n).records(model).swap(id, versioned(randomUUID(), n), 'first'),
    )
    assert.equal(answers.filter(Boolean).length, 1)
    assert.equal((await other.records(model).find(id))?.['n'], answers.indexOf(true))
  })
  define('fifty who swap until they did lose nothing', async ({ storage, other }) => {
    const id = randomUUID()
    await storage.records(model).insert(id, versioned('first'))
    await atOnce(50, async (index) => {
      const records = pick(storage, other, index).records(model)
      for (let isDone = false; !isDone;) {
        const { n, version } = (await records.find(id)) ?? {}
        isDone = await records.swap(id, versioned(randomUUID(), Number(n) + 1), version)
      }
    })
    assert.equal((await storage.records(model).find(id))?.['n'], 50)
  })
}

function swappingNothing(define: Define, model: SwappedModel): void {
  define('a swap from another version, or of nothing, does nothing', async ({ storage }) => {
    const id = randomUUID()
    const records = storage.records(model)
    assert.equal(await records.swap(id, versioned('second'), 'first'), false)
    assert.equal(await records.swap(id, versioned('second'), undefined), false)
    assert.equal(await records.find(id), undefined)
    await records.insert(id, versioned('first'))
    assert.equal(await records.swap(id, versioned('second'), 'other'), false)
    assert.equal(await records.swap(id, versioned('second'), undefined), false)
    assert.deepEqual(await records.find(id), versioned('first'))
  })
  define('a swap that is done again says that it was done', async ({ storage }) => {
    const id = randomUUID()
    const records = storage.records(model)
    await records.insert(id, versioned('first'))
    assert.equal(await records.swap(id, versioned('second', 2), 'first'), true)
    assert.equal(await records.swap(id, versioned('second', 2), 'first'), true)
    assert.deepEqual(await records.find(id), versioned('second', 2))
  })
  define('what was stored without a version is swapped from none', async ({ storage }) => {
    const id = randomUUID()
    const records = storage.records(model)
    await records.insert(id, versioned('first'))
    await records.upsert(id, versioned(undefined))
    assert.equal(await records.swap(id, versioned('second'), 'first'), false)
    assert.equal(await records.swap(id, versioned('second'), undefined), true)
    await records.upsert(id, versioned('third'))
    assert.equal(await records.swap(id, versioned('fourth'), 'third'), true)
  })
  define('a record with an end has no end after a swap', async ({ storage, pass }) => {
    const id = randomUUID()
    const records = storage.records(model)
    await records.insert(id, versioned('first'), 1)
    assert.equal(await records.swap(id, versioned('second'), 'first'), true)
    await pass(1.1)
    assert.deepEqual(await records.find(id), versioned('second'))
  })
}

/** The contract for removing a record only in the version that was read. */
export function versionedDestroyContract(define: Define, model: SwappedModel): void {
  define('a record is destroyed in the version that was read, in no other', async ({ storage }) => {
    const id = randomUUID()
    const records = storage.records(model)
    assert.equal(await records.destroy(id, 'first'), false)
    await records.insert(id, versioned('first'))
    await records.swap(id, versioned('second'), 'first')
    assert.equal(await records.destroy(id, 'first'), false)
    assert.deepEqual(await records.find(id), versioned('second'))
    assert.equal(await records.destroy(id, 'second'), true)
    assert.equal(await records.find(id), undefined)
    await records.upsert(id, versioned(undefined))
    assert.equal(await records.destroy(id, 'second'), false)
    assert.deepEqual(await records.find(id), versioned(undefined))
  })
  define('of fifty who swap or destroy one version one does', async ({ storage, other }) => {
    const id = randomUUID()
    await storage.records(model).insert(id, versioned('first'))
    const answers = await atOnce(50, (index) => {
      const records = pick(storage, other, index).records(model)
      return index % 3 === 0
        ? records.destroy(id, 'first')
        : records.swap(id, versioned(randomUUID(), index), 'first')
    })
    assert.equal(answers.filter(Boolean).length, 1)
    const winner = answers.indexOf(true)
    const left = await other.records(model).find(id)
    assert.equal(left?.['n'], winner % 3 === 0 ? undefined : winner)
  })
}

const pick = (one: Storage, other: Storage, index: number): Storage => (index % 2 ? other : one)
