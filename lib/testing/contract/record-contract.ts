import assert from 'node:assert/strict'
import type { Storage } from '../../storage.ts'
import type { Define } from './harness.ts'
import { atOnce, credential } from './harness.ts'

/** The contract for records. */
export function recordContract(define: Define): void {
  keeping(define)
  expiring(define)
  consuming(define)
  inserting(define)
  destroying(define)
  telling(define)
}

const consumable = ['Interaction', 'PushedAuthorizationRequest', 'DeviceCode'] as const

function keeping(define: Define): void {
  define(
    'a record is found as it was stored, under its model and id only',
    async ({ storage, other }) => {
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
  )
  define(
    'what was handed in or out and changed then is not changed in the storage',
    async ({ storage }) => {
      const list = ['a']
      await storage.records('Session').upsert('id', { list }, 60)
      list.push('b')
      const found = await storage.records('Session').find('id')
      assert.ok(Array.isArray(found?.['list']))
      found['list'].push('c')
      assert.deepEqual(await storage.records('Session').find('id'), { list: ['a'] })
    },
  )
}

function expiring(define: Define): void {
  define(
    'a record is not found when its lifetime is over, by anything',
    async ({ storage, pass }) => {
      const sessions = storage.records('Session')
      await sessions.upsert('id', { uid: 'u' }, 1)
      assert.deepEqual(await sessions.find('id'), { uid: 'u' })
      await pass(1.1)
      assert.equal(await sessions.find('id'), undefined)
      assert.equal(await sessions.findByUid('u'), undefined)
      assert.equal(await sessions.consume('id'), false)
      assert.equal(await sessions.destroy('id'), false)
    },
  )
  define('a record without a lifetime has no end', async ({ storage, pass }) => {
    await storage.records('Client').upsert('id', { client_id: 'id' })
    await pass(1.1)
    assert.deepEqual(await storage.records('Client').find('id'), { client_id: 'id' })
  })
  define('stored again, it has the new content and the new lifetime', async ({ storage, pass }) => {
    const sessions = storage.records('Session')
    await sessions.upsert('id', { a: 1 }, 1)
    await sessions.upsert('id', { b: 2 }, 60)
    await pass(1.1)
    assert.deepEqual(await sessions.find('id'), { b: 2 })
  })
}

function consuming(define: Define): void {
  for (const model of consumable) {
    define(`one of fifty consumes a ${model}, and it says when`, async ({ storage, other }) => {
      const id = credential()
      await storage.records(model).upsert(id, { jti: id, a: 1 }, 60)
      const answers = await atOnce(50, (n) => pick(storage, other, n).records(model).consume(id))
      assert.equal(answers.filter(Boolean).length, 1)
      const { consumed, ...rest } = (await other.records(model).find(id)) ?? {}
      assert.equal(typeof consumed, 'number')
      assert.deepEqual(rest, { jti: id, a: 1 })
    })
  }
  define('what was consumed stays consumed when it is stored again', async ({ storage }) => {
    const records = storage.records('Interaction')
    await records.upsert('id', { a: 1 }, 60)
    await records.consume('id')
    await records.upsert('id', { a: 2 }, 60)
    assert.equal(await records.consume('id'), false)
    assert.equal((await records.find('id'))?.['a'], 2)
    assert.equal(typeof (await records.find('id'))?.consumed, 'number')
  })
  define('an id that is free again starts anew', async ({ storage, pass }) => {
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
  })
  define('consuming what is not there leaves nothing behind', async ({ storage }) => {
    const records = storage.records('Interaction')
    assert.equal(await records.consume('id'), false)
    assert.equal(await records.find('id'), undefined)
  })
}

function inserting(define: Define): void {
  define('one of fifty inserts', async ({ storage, other }) => {
    const id = credential()
    const answers = await atOnce(50, (n) =>
      pick(storage, other, n).records('ReplayDetection').insert(id, { n }, 60),
    )
    assert.equal(answers.filter(Boolean).length, 1)
    assert.deepEqual(await other.records('ReplayDetection').find(id), { n: answers.indexOf(true) })
  })
  define('an id can be inserted again when its lifetime is over', async ({ storage, pass }) => {
    await storage.records('Session').upsert('id', {}, 60)
    assert.equal(await storage.records('ReplayDetection').insert('id', {}, 1), true)
    await pass(1.1)
    assert.equal(await storage.records('ReplayDetection').insert('id', {}, 60), true)
  })
}

function telling(define: Define): void {
  define(
    'it is told when a client was stored or removed, and of nothing else',
    async ({ storage }) => {
      const changed: string[] = []
      storage.onClientChange((id) => changed.push(id))
      await storage.records('Client').upsert('client', { client_id: 'client' })
      await storage.records('Session').upsert('session', {}, 60)
      assert.deepEqual([...new Set(changed)], ['client'])
      changed.length = 0
      await storage.records('Client').destroy('client')
      assert.deepEqual([...new Set(changed)], ['client'])
    },
  )
}

function destroying(define: Define): void {
  define('one of fifty destroys, and it is gone', async ({ storage, other }) => {
    const id = credential()
    await storage.records('Interaction').upsert(id, {}, 60)
    const answers = await atOnce(50, (n) =>
      pick(storage, other, n).records('Interaction').destroy(id),
    )
    assert.equal(answers.filter(Boolean).length, 1)
    assert.equal(await other.records('Interaction').find(id), undefined)
    assert.equal(await other.records('Interaction').consume(id), false)
  })
  define('names that objects bring along are ids like any other', async ({ storage }) => {
    for (const id of ['__proto__', 'constructor', 'toString']) {
      assert.equal(await storage.records('Session').find(id), undefined)
      assert.equal(await storage.records('Session').findByUid(id), undefined)
      assert.equal(await storage.records('Session').destroy(id), false)
    }
  })
}

const pick = (one: Storage, other: Storage, index: number): Storage => (index % 2 ? other : one)
