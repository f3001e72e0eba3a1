import assert from 'node:assert/strict'
import type { Define } from './harness.ts'
import {
  grantWith,
  sampleGrant,
  sampleRefresh,
  sampleRefreshToken,
  sampleToken,
} from './harness.ts'

/** The contract for grants that change or end. */
export function grantChangeContract(define: Define): void {
  saving(define)
  replacing(define)
  lifetimes(define)
}

function saving(define: Define): void {
  define('a grant that is saved again keeps its tokens', async ({ storage }) => {
    const { id, payload } = sampleGrant()
    const token = sampleToken(id)
    await storage.grants.save(id, payload, 60)
    await storage.grants.add(id, 'AccessToken', token)
    await storage.grants.save(id, { ...payload, more: 1 }, 60)
    const loaded = await storage.grants.load(id)
    assert.equal(loaded?.payload['more'], 1)
    assert.deepEqual(loaded.find('AccessToken', token.id), token.payload)
  })
  define(
    'saved again, it has the new end, and keeps code and refresh token',
    async ({ storage, pass }) => {
      const { id, payload } = sampleGrant()
      const [code, refresh] = [sampleToken(id), sampleToken(id)]
      await storage.grants.save(id, payload, 1)
      await storage.grants.add(id, 'AuthorizationCode', code)
      await storage.grants.add(id, 'RefreshToken', refresh)
      await storage.grants.save(id, payload, 60)
      await pass(1.1)
      const loaded = await storage.grants.load(id)
      assert.ok(loaded)
      assert.ok(loaded.find('AuthorizationCode', code.id))
      assert.equal(loaded.refreshToken?.is(refresh.id), true)
    },
  )
}

function replacing(define: Define): void {
  define(
    'another code or refresh token takes the place of the earlier one',
    async ({ storage }) => {
      const { id, payload } = sampleGrant()
      await storage.grants.save(id, payload, 60)
      const first = sampleRefreshToken(id)
      const [code, later] = [sampleToken(id), sampleToken(id)]
      await storage.grants.add(id, 'AuthorizationCode', sampleToken(id))
      await storage.grants.add(id, 'AuthorizationCode', code)
      await storage.grants.add(id, 'RefreshToken', first)
      await storage.grants.exchange(id, sampleRefresh(first, 0))
      await storage.grants.add(id, 'RefreshToken', later)
      const loaded = await storage.grants.load(id)
      assert.ok(loaded)
      assert.ok(loaded.find('AuthorizationCode', code.id))
      const { generation, rotatedAt, isUsed } = loaded.refreshToken ?? {}
      assert.deepEqual([generation, rotatedAt, isUsed], [0, undefined, false])
    },
  )
  define('what was loaded is as it was at that moment', async ({ storage }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const loaded = await storage.grants.load(id)
    await storage.grants.exchange(id, sampleRefresh(token, 0))
    await storage.grants.end(id)
    assert.equal(loaded?.refreshToken?.is(token.id), true)
    assert.equal(loaded.refreshToken.generation, 0)
    assert.equal(loaded.payload['accountId'], 'a')
  })
}

function lifetimes(define: Define): void {
  define(
    'a code or access token is found until its lifetime is over',
    async ({ storage, pass }) => {
      const { id, payload } = sampleGrant()
      const [code, access, later] = [sampleToken(id, 1), sampleToken(id, 1), sampleToken(id, 60)]
      await storage.grants.save(id, payload, 60)
      await storage.grants.add(id, 'AuthorizationCode', code)
      await storage.grants.add(id, 'AccessToken', access)
      await storage.grants.add(id, 'AccessToken', later)
      await pass(1.1)
      const loaded = await storage.grants.load(id)
      assert.equal(loaded?.find('AuthorizationCode', code.id), undefined)
      assert.equal(loaded?.find('AccessToken', access.id), undefined)
      assert.deepEqual(loaded?.find('AccessToken', later.id), later.payload)
    },
  )
  define('a grant has an end, and everything of it', async ({ storage, pass }) => {
    const { id, payload } = sampleGrant()
    await storage.grants.save(id, payload, 1)
    await storage.grants.add(id, 'RefreshToken', sampleToken(id, 60))
    await pass(1.1)
    assert.equal(await storage.grants.load(id), undefined)
    assert.equal(await storage.grants.add(id, 'AccessToken', sampleToken(id)), false)
    assert.equal(await storage.grants.end(id), undefined)
  })
}
