import assert from 'node:assert/strict'
import type { Define } from './harness.ts'
import { grantWith, sampleGrant, sampleRefresh, sampleToken } from './harness.ts'

/** The contract for lists of grants, and the times of their use. */
export function listContract(define: Define): void {
  listing(define)
  lastUse(define)
}

function listing(define: Define): void {
  define(
    'the grants for a subject are listed, of one client or of all',
    async ({ storage, other }) => {
      const grants = [
        sampleGrant({ clientId: 'one', subject: 'first' }),
        sampleGrant({ clientId: 'two', subject: 'first' }),
        sampleGrant({ clientId: 'one', subject: 'second' }),
      ]
      for (const { id, payload } of grants) {
        await storage.grants.save(id, payload, 60)
        await storage.grants.add(id, 'RefreshToken', sampleToken(id, 30))
      }
      const listed = await other.grants.list({ subject: 'first' })
      assert.deepEqual(
        new Map(listed.map(({ grantId, payload }) => [grantId, payload])),
        new Map(grants.slice(0, 2).map(({ id, payload }) => [id, payload])),
      )
      const [only, ...more] = await other.grants.list({ subject: 'first', clientId: 'two' })
      assert.deepEqual([only?.grantId, more], [grants[1]?.id, []])
      const now = (await storage.grants.load(grants[0]?.id ?? ''))?.now ?? 0
      assert.ok(Math.abs((only?.endsAt ?? 0) - now - 30_000) < 5000)
      assert.deepEqual(await other.grants.list({ subject: 'unknown' }), [])
    },
  )
  define('what was never redeemed, or is over, is not listed', async ({ storage, pass }) => {
    const [waiting, over, ended] = [sampleGrant(), sampleGrant(), sampleGrant()]
    for (const { id, payload } of [waiting, over, ended]) await storage.grants.save(id, payload, 60)
    await storage.grants.add(waiting.id, 'AuthorizationCode', sampleToken(waiting.id))
    await storage.grants.add(over.id, 'RefreshToken', sampleToken(over.id, 1))
    await storage.grants.add(ended.id, 'RefreshToken', sampleToken(ended.id))
    await storage.grants.end(ended.id)
    await pass(1.1)
    assert.deepEqual(await storage.grants.list({ subject: 's' }), [])
  })
}

function lastUse(define: Define): void {
  define(
    'when a grant was last used is known: noted, or by a refresh',
    async ({ storage, other }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const lastUsedAt = async (): Promise<number | undefined> => {
        const loaded = (await other.grants.load(id))?.lastUsedAt
        const [listed] = await other.grants.list({ subject: 's' })
        assert.equal(listed?.lastUsedAt, loaded)
        return loaded
      }
      assert.equal(await lastUsedAt(), undefined)
      await storage.grants.noteUse(id, 0)
      const first = (await lastUsedAt()) ?? 0
      assert.ok(first > 0)
      await storage.grants.exchange(id, sampleRefresh(token, 0))
      assert.ok(((await lastUsedAt()) ?? 0) >= first)
    },
  )
  define(
    'what is noted of a grant that is not there leaves nothing behind',
    async ({ storage }) => {
      const { id } = sampleGrant()
      await storage.grants.noteUse(id, 0)
      assert.equal(await storage.grants.load(id), undefined)
      assert.equal(await storage.grants.end(id), undefined)
    },
  )
}
