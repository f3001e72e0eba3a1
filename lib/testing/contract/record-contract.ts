import assert from 'node:assert/strict'
import { credential, fiftyAtOnce, type Contract } from './harness.ts'

const oneConsumes =
  (model: string): Contract[string] =>
  async ({ storage, other }) => {
    const id = credential()
    await storage.records(model).upsert(id, { jti: id, a: 1 }, 60)
    const answers = await fiftyAtOnce([storage, other], (of) => of.records(model).consume(id))
    assert.equal(answers.filter(Boolean).length, 1)
    const { consumed, ...rest } = (await other.records(model).find(id)) ?? {}
    assert.equal(typeof consumed, 'number')
    assert.deepEqual(rest, { jti: id, a: 1 })
  }

/** The contract for records. */
export const recordContract: Contract = {
  'two processes have one storage': async ({ storage, other, hasOther, skip }) => {
    if (!hasOther) return skip('the harness has no other')
    await storage.records('Session').upsert('one', { a: 1 }, 60)
    await other.records('Session').upsert('two', { a: 2 }, 60)
    assert.deepEqual(await other.records('Session').find('one'), { a: 1 })
    assert.deepEqual(await storage.records('Session').find('two'), { a: 2 })
  },
  'a record is found as it was stored, under its model and id only': async ({ storage, other }) => {
    const id = credential()
    const payload = {
      jti: id,
      kind: 'Session',
      list: ['x', { deep: true }],
      text: 'ø "quoted"',
      none: null,
    }
    await storage.records('Session').upsert(id, payload, 60)
    assert.deepEqual(await other.records('Session').find(id), payload)
    assert.equal(await other.records('Interaction').find(id), undefined)
    assert.equal(await other.records('Session').find(credential()), undefined)
  },
  'a change of a payload that was given or found is not stored': async ({ storage }) => {
    const list = ['a']
    await storage.records('Session').upsert('id', { list }, 60)
    list.push('b')
    const found = await storage.records('Session').find('id')
    assert.ok(Array.isArray(found?.['list']))
    found['list'].push('c')
    assert.deepEqual(await storage.records('Session').find('id'), { list: ['a'] })
  },
  'a record is not found when its lifetime is over, by anything': async ({ storage, pass }) => {
    const sessions = storage.records('Session')
    await sessions.upsert('id', { uid: 'u' }, 1)
    assert.deepEqual(await sessions.find('id'), { uid: 'u' })
    await pass(1.1)
    assert.equal(await sessions.find('id'), undefined)
    assert.equal(await sessions.findByUid('u'), undefined)
    assert.equal(await sessions.consume('id'), false)
    assert.equal(await sessions.destroy('id'), false)
  },
  'a record without a lifetime has no end': async ({ storage, pass }) => {
    await storage.records('Client').upsert('id', { client_id: 'id' })
    await pass(1.1)
    assert.deepEqual(await storage.records('Client').find('id'), { client_id: 'id' })
  },
  'stored again, it has the new content and the new lifetime': async ({ storage, pass }) => {
    const sessions = storage.records('Session')
    await sessions.upsert('id', { a: 1 }, 1)
    await sessions.upsert('id', { b: 2 }, 60)
    await pass(1.1)
    assert.deepEqual(await sessions.find('id'), { b: 2 })
  },
  'one of fifty consumes a Interaction, and it says when': oneConsumes('Interaction'),
  'one of fifty consumes a PushedAuthorizationRequest, and it says when': oneConsumes(
    'PushedAuthorizationRequest',
  ),
  'one of fifty consumes a DeviceCode, and it says when': oneConsumes('DeviceCode'),
  'what was consumed stays consumed when it is stored again': async ({ storage }) => {
    const records = storage.records('Interaction')
    await records.upsert('id', { a: 1 }, 60)
    await records.consume('id')
    await records.upsert('id', { a: 2 }, 60)
    assert.equal(await records.consume('id'), false)
    assert.equal((await records.find('id'))?.['a'], 2)
    assert.equal(typeof (await records.find('id'))?.consumed, 'number')
  },
  'an id that is free again starts anew': async ({ storage, pass }) => {
    const records = storage.records('Interaction')
    await records.upsert('id', {}, 1)
    await records.consume('id')
    await pass(1.1)
    await records.upsert('id', {}, 60)
    assert.equal((await records.find('id'))?.consumed, undefined)
    assert.equal(await records.consume('id'), true)
    await records.destroy('id')
    await records.upsert('id', {}, 60)
    assert.equal(await records.consume('id'), true)
  },
  'consuming what is not there leaves nothing behind': async ({ storage }) => {
    const records = storage.records('Interaction')
    assert.equal(await records.consume('id'), false)
    assert.equal(await records.find('id'), undefined)
  },
  'one of fifty inserts': async ({ storage, other }) => {
    const id = credential()
    const answers = await fiftyAtOnce([storage, other], (of, n) =>
      of.records('ReplayDetection').insert(id, { n }, 60),
    )
    assert.equal(answers.filter(Boolean).length, 1)
    assert.deepEqual(await other.records('ReplayDetection').find(id), { n: answers.indexOf(true) })
  },
  'an id can be inserted again when its lifetime is over': async ({ storage, pass }) => {
    await storage.records('Session').upsert('id', {}, 60)
    assert.equal(await storage.records('ReplayDetection').insert('id', {}, 1), true)
    await pass(1.1)
    assert.equal(await storage.records('ReplayDetection').insert('id', {}, 60), true)
  },
  'it is told when a client was stored or removed, and of nothing else': async ({ storage }) => {
    const changed: string[] = []
    storage.onClientChange((id) => changed.push(id))
    await storage.records('Client').upsert('client', { client_id: 'client' })
    await storage.records('Session').upsert('session', {}, 60)
    assert.deepEqual([...new Set(changed)], ['client'])
    changed.length = 0
    await storage.records('Client').destroy('client')
    assert.deepEqual([...new Set(changed)], ['client'])
  },
  'one of fifty destroys, and it is gone': async ({ storage, other }) => {
    const id = credential()
    await storage.records('Interaction').upsert(id, {}, 60)
    const answers = await fiftyAtOnce([storage, other], (of) =>
      of.records('Interaction').destroy(id),
    )
    assert.equal(answers.filter(Boolean).length, 1)
    assert.equal(await other.records('Interaction').find(id), undefined)
    assert.equal(await other.records('Interaction').consume(id), false)
  },
  'names that objects bring along are ids like any other': async ({ storage }) => {
    for (const id of ['__proto__', 'constructor', 'toString']) {
      assert.equal(await storage.records('Session').find(id), undefined)
      assert.equal(await storage.records('Session').findByUid(id), undefined)
      assert.equal(await storage.records('Session').destroy(id), false)
    }
  },
}

/** The contract for records that are found by a second id. */
export const secondIdContract: Contract = {
  'a session is found by its second id while it is there': async ({ storage, other }) => {
    const [id, uid] = [credential(), credential()]
    const payload = { jti: id, uid, accountId: 'a' }
    await storage.records('Session').upsert(id, payload, 60)
    // With its own id: it may be stored again.
    assert.deepEqual(await other.records('Session').findByUid(uid), payload)
    assert.equal(await other.records('Session').findByUid(id), undefined)
    await storage.records('Session').destroy(id)
    assert.equal(await other.records('Session').findByUid(uid), undefined)
  },
  'a device code is found by what a person types': async ({ storage }) => {
    const id = credential()
    const payload = { jti: id, userCode: 'BCDFGHJK', clientId: 'c' }
    await storage.records('DeviceCode').upsert(id, payload, 60)
    assert.deepEqual(await storage.records('DeviceCode').findByUserCode('BCDFGHJK'), payload)
  },
  'of two sessions with one second id, the later one is found': async ({ storage }) => {
    const sessions = storage.records('Session')
    await sessions.upsert('old', { uid: 'u', n: 1 }, 60)
    await sessions.upsert('new', { uid: 'u', n: 2 }, 60)
    await sessions.destroy('old')
    assert.deepEqual(await sessions.findByUid('u'), { uid: 'u', n: 2 })
  },
  'a second id that a session has no more leads nowhere': async ({ storage }) => {
    const sessions = storage.records('Session')
    await sessions.upsert('id', { uid: 'old' }, 60)
    await sessions.upsert('id', { uid: 'new' }, 60)
    assert.equal(await sessions.findByUid('old'), undefined)
    assert.deepEqual(await sessions.findByUid('new'), { uid: 'new' })
  },
}
