import assert from 'node:assert/strict'
import type { Define } from './adapter-contract.ts'
import { credential } from './samples.ts'

/** What is asked of records that are found by a second id. */
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
