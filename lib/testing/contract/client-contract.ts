import assert from 'node:assert/strict'
import type { Define } from './harness.ts'
import { swapContract, versioned, versionedDestroyContract } from './swap-contract.ts'
import { credential } from './harness.ts'

/** The contract for clients, beside that for all records: they have no end, several processes change them, and they are listed. */
export function clientContract(define: Define): void {
  swapContract(define, 'Client')
  versionedDestroyContract(define, 'Client')
  listing(define)
}

/** The contract for names of clients: each has one client, also if several come at once. */
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

/** The contract for records that are found by a second id. */
export function secondIdContract(define: Define): void {
  define('a session is found by its second id while it is there', async ({ storage, other }) => {
    const [id, uid] = [credential(), credential()]
    const payload = { jti: id, uid, accountId: 'a' }
    await storage.records('Session').upsert(id, payload, 60)
    // With its own id: it may be stored again.
    assert.deepEqual(await other.records('Session').findByUid(uid), payload)
    assert.equal(await other.records('Session').findByUid(id), undefined)
    await storage.records('Session').destroy(id)
    assert.equal(await other.records('Session').findByUid(uid), undefined)
  })
  define('a device code is found by what a person types', async ({ storage }) => {
    const id = credential()
    const payload = { jti: id, userCode: 'BCDFGHJK', clientId: 'c' }
    await storage.records('DeviceCode').upsert(id, payload, 60)
    assert.deepEqual(await storage.records('DeviceCode').findByUserCode('BCDFGHJK'), payload)
  })
  define(
    'of two sessions with one second id, the later one is found, also when the earlier one goes',
    async ({ storage }) => {
      const sessions = storage.records('Session')
      await sessions.upsert('old', { uid: 'u', n: 1 }, 60)
      await sessions.upsert('new', { uid: 'u', n: 2 }, 60)
      await sessions.destroy('old')
      assert.deepEqual(await sessions.findByUid('u'), { uid: 'u', n: 2 })
    },
  )
  define('a second id that a session has no more leads nowhere', async ({ storage }) => {
    const sessions = storage.records('Session')
    await sessions.upsert('id', { uid: 'old' }, 60)
    await sessions.upsert('id', { uid: 'new' }, 60)
    assert.equal(await sessions.findByUid('old'), undefined)
    assert.deepEqual(await sessions.findByUid('new'), { uid: 'new' })
  })
}
