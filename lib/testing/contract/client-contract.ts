import assert from 'node:assert/strict'
import type { Define } from './adapter-contract.ts'
import { swapContract, versioned, versionedDestroyContract } from './swap-contract.ts'

/** What is asked of clients beside what is asked of all records: they have no end, are changed by several, and listed. */
export function clientContract(define: Define): void {
  swapContract(define, 'Client')
  versionedDestroyContract(define, 'Client')
  listing(define)
}

/** What is asked of the names of clients: each has one client, whoever comes at once. */
export function clientNameContract(define: Define): void {
  swapContract(define, 'ClientName')
  versionedDestroyContract(define, 'ClientName')
}

function listing(define: Define): void {
  define('clients that are there are listed, and no others', async ({ storage, other }) => {
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
  })
  define('inserted without a lifetime, it has no end', async ({ storage, pass }) => {
    assert.equal(await storage.records('Client').insert('client', versioned('first')), true)
    await pass(1.1)
    assert.equal(await storage.records('Client').insert('client', versioned('second')), false)
    assert.deepEqual(await storage.records('Client').find('client'), versioned('first'))
  })
  define('a client that has an end is swapped with it, and listed until then', async (harness) => {
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
  })
  define('it is told of each change of a client', async ({ storage }) => {
    const changed: string[] = []
    storage.onClientChange((id) => changed.push(id))
    await storage.records('Client').insert('client', versioned('first'))
    assert.deepEqual([...new Set(changed)], ['client'])
    changed.length = 0
    await storage.records('Client').swap('client', versioned('second'), 'first')
    assert.deepEqual([...new Set(changed)], ['client'])
  })
}
