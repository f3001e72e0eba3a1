import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { StoredPayload } from '../../storage.ts'
import { fiftyAtOnce, type Contract } from './harness.ts'

interface OfModel {
  readonly model: 'Client' | 'ClientName' | 'Configuration' | 'SigningKeys'
}

/** A record in that version, or in none. */
const versioned = (version: string | undefined, n = 0): StoredPayload => ({
  client_id: 'client',
  n,
  ...(version !== undefined && { version }),
})

/** The contract for records that several processes change, each from the version that it read. */
export const swapContract: Contract<OfModel> = {
  'of fifty swaps from one version one is done': async ({ storage, other, model }) => {
    const id = randomUUID()
    await storage.records(model).insert(id, versioned('first'))
    const answers = await fiftyAtOnce([storage, other], (of, n) =>
      of.records(model).swap(id, versioned(randomUUID(), n), 'first'),
    )
    assert.equal(answers.filter(Boolean).length, 1)
    assert.equal((await other.records(model).find(id))?.['n'], answers.indexOf(true))
  },
  'fifty who swap until they did lose nothing': async ({ storage, other, model }) => {
    const id = randomUUID()
    await storage.records(model).insert(id, versioned('first'))
    await fiftyAtOnce([storage, other], async (of) => {
      const records = of.records(model)
      for (let isDone = false; !isDone;) {
        const { n, version } = (await records.find(id)) ?? {}
        isDone = await records.swap(id, versioned(randomUUID(), Number(n) + 1), version)
      }
    })
    assert.equal((await storage.records(model).find(id))?.['n'], 50)
  },
  'a swap from another version, or of nothing, does nothing': async ({ storage, model }) => {
    const id = randomUUID()
    const records = storage.records(model)
    assert.equal(await records.swap(id, versioned('second'), 'first'), false)
    assert.equal(await records.swap(id, versioned('second'), undefined), false)
    assert.equal(await records.find(id), undefined)
    await records.insert(id, versioned('first'))
    assert.equal(await records.swap(id, versioned('second'), 'other'), false)
    assert.equal(await records.swap(id, versioned('second'), undefined), false)
    assert.deepEqual(await records.find(id), versioned('first'))
  },
  'a swap that is done again says that it was done': async ({ storage, model }) => {
    const id = randomUUID()
    const records = storage.records(model)
    await records.insert(id, versioned('first'))
    assert.equal(await records.swap(id, versioned('second', 2), 'first'), true)
    assert.equal(await records.swap(id, versioned('second', 2), 'first'), true)
    assert.deepEqual(await records.find(id), versioned('second', 2))
  },
  'what was stored without a version is swapped from none': async ({ storage, model }) => {
    const id = randomUUID()
    const records = storage.records(model)
    await records.insert(id, versioned('first'))
    await records.upsert(id, versioned(undefined))
    assert.equal(await records.swap(id, versioned('second'), 'first'), false)
    assert.equal(await records.swap(id, versioned('second'), undefined), true)
    await records.upsert(id, versioned('third'))
    assert.equal(await records.swap(id, versioned('fourth'), 'third'), true)
  },
  'a record with an end has no end after a swap': async ({ storage, pass, model }) => {
    const id = randomUUID()
    const records = storage.records(model)
    await records.insert(id, versioned('first'), 1)
    assert.equal(await records.swap(id, versioned('second'), 'first'), true)
    await pass(1.1)
    assert.deepEqual(await records.find(id), versioned('second'))
  },
}

/** The contract for removing a record only in the version that was read. */
export const destroyContract: Contract<OfModel> = {
  'a record is destroyed in the version that was read, in no other': async ({ storage, model }) => {
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
  },
  'of fifty who swap or destroy one version one does': async ({ storage, other, model }) => {
    const id = randomUUID()
    await storage.records(model).insert(id, versioned('first'))
    const answers = await fiftyAtOnce([storage, other], (of, index) => {
      const records = of.records(model)
      return index % 3 === 0
        ? records.destroy(id, 'first')
        : records.swap(id, versioned(randomUUID(), index), 'first')
    })
    assert.equal(answers.filter(Boolean).length, 1)
    const winner = answers.indexOf(true)
    const left = await other.records(model).find(id)
    assert.equal(left?.['n'], winner % 3 === 0 ? undefined : winner)
  },
}

/** The contract for clients, beside that for all records: they have no end, and they are listed. */
export const clientContract: Contract = {
  'clients that are there are listed, and no others': async ({ storage, other }) => {
    const [records, seen] = [storage.records('Client'), other.records('Client')]
    assert.deepEqual(await seen.ids(), [])
    await records.upsert('one', { client_id: 'one' })
    assert.equal(await records.insert('two', versioned('first')), true)
    await records.insert('three', versioned('first'))
    await records.swap('three', versioned('second'), 'first')
    await storage.records('ClientName').insert('four', {})
    assert.equal(await seen.destroy('three', 'first'), false)
    await seen.destroy('one')
    assert.deepEqual(new Set(await seen.ids()), new Set(['two', 'three']))
  },
  'inserted without a lifetime, it has no end': async ({ storage, pass }) => {
    assert.equal(await storage.records('Client').insert('client', versioned('first')), true)
    await pass(1.1)
    assert.equal(await storage.records('Client').insert('client', versioned('second')), false)
    assert.deepEqual(await storage.records('Client').find('client'), versioned('first'))
  },
  'a client that has an end is swapped with it, and listed until then': async (harness) => {
    const [records, seen] = [harness.storage.records('Client'), harness.storage.records('Client')]
    await records.insert('ended', versioned('first'), 1)
    await records.insert('changed', versioned('first'), 600)
    await records.insert('kept', versioned('first'), 1)
    assert.equal(await records.swap('changed', versioned('second'), 'first', 1), true)
    assert.equal(await records.swap('kept', versioned('second'), 'first'), true)
    assert.deepEqual(await seen.find('changed'), versioned('second'))
    await harness.pass(1.1)
    for (const id of ['ended', 'changed']) assert.equal(await seen.find(id), undefined)
    assert.equal(await records.swap('ended', versioned('second'), 'first'), false)
    assert.deepEqual(await seen.find('kept'), versioned('second'))
    assert.ok((await seen.ids()).includes('kept'))
  },
  'it is told of each change of a client': async ({ storage }) => {
    const changed: string[] = []
    storage.onClientChange((id) => changed.push(id))
    await storage.records('Client').insert('client', versioned('first'))
    assert.deepEqual([...new Set(changed)], ['client'])
    changed.length = 0
    await storage.records('Client').swap('client', versioned('second'), 'first')
    assert.deepEqual([...new Set(changed)], ['client'])
  },
}
