import assert from 'node:assert/strict'
import type { Define } from './adapter-contract.ts'
import { grantWith, sampleRefresh, sampleToken } from './samples.ts'

/** What is asked of refreshes that are repeated. */
export function repeatContract(define: Define): void {
  define('a repeat keeps the successor and adds its access token', async ({ storage }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const first = sampleRefresh(token, 0)
    const again = { ...first, accessToken: sampleToken(id) }
    assert.equal(await storage.grants.exchange(id, first), 'exchanged')
    assert.equal(await storage.grants.exchange(id, again), 'repeated')
    const loaded = await storage.grants.load(id)
    assert.ok(loaded)
    assert.ok(loaded.find('AccessToken', first.accessToken.id))
    assert.ok(loaded.find('AccessToken', again.accessToken.id))
    assert.equal(loaded.refreshToken?.generation, 1)
  })
  define(
    'no repeat with another successor, after the window, or of an earlier token',
    async ({ storage, pass }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const first = sampleRefresh(token, 0, { retryWindow: 1 })
      await storage.grants.exchange(id, first)
      assert.equal(await storage.grants.exchange(id, sampleRefresh(token, 0)), 'used')
      await pass(1.2)
      assert.equal(await storage.grants.exchange(id, first), 'used')
      const second = sampleRefresh(first.refreshToken, 1)
      assert.equal(await storage.grants.exchange(id, second), 'exchanged')
      assert.equal(await storage.grants.exchange(id, { ...first, retryWindow: 60 }), 'used')
      assert.equal(await storage.grants.exchange(id, second), 'repeated')
    },
  )
  define(
    'no repeat once the successor was seen in use, and that of its generation only',
    async ({ storage, other }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const first = sampleRefresh(token, 0)
      await storage.grants.exchange(id, first)
      await storage.grants.noteUse(id, 0)
      assert.equal(await storage.grants.exchange(id, first), 'repeated')
      await other.grants.noteUse(id, 1)
      assert.equal((await storage.grants.load(id))?.refreshToken?.isUsed, true)
      assert.equal(await storage.grants.exchange(id, first), 'used')
      const second = sampleRefresh(first.refreshToken, 1)
      assert.equal(await storage.grants.exchange(id, second), 'exchanged')
      assert.equal((await storage.grants.load(id))?.refreshToken?.isUsed, false)
    },
  )
}
