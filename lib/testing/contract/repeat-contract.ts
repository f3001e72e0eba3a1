import assert from 'node:assert/strict'
import type { Define } from './harness.ts'
import { grantWith, sampleRefresh, sampleRefreshToken, sampleToken } from './harness.ts'

/** The contract for refreshes that are repeated. */
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
      const other = sampleRefresh(token, 0, { refreshToken: sampleRefreshToken(id) })
      assert.equal(await storage.grants.exchange(id, other), 'used')
      await pass(1.2)
      assert.equal(await storage.grants.exchange(id, first), 'replayed')
      const second = sampleRefresh(first.refreshToken, 1)
      assert.equal(await storage.grants.exchange(id, second), 'exchanged')
      assert.equal(await storage.grants.exchange(id, { ...first, retryWindow: 60 }), 'replayed')
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
      assert.equal(await storage.grants.exchange(id, first), 'replayed')
      const second = sampleRefresh(first.refreshToken, 1)
      assert.equal(await storage.grants.exchange(id, second), 'exchanged')
      assert.equal((await storage.grants.load(id))?.refreshToken?.isUsed, false)
    },
  )
}

/** The contract for the limits of repeats. */
export function repeatLimitContract(define: Define): void {
  define(
    'the window counts from the first time, however often it is repeated',
    async ({ storage, pass }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const refresh = sampleRefresh(token, 0, { retryWindow: 2 })
      assert.equal(await storage.grants.exchange(id, refresh), 'exchanged')
      await pass(1)
      assert.equal(await storage.grants.exchange(id, refresh), 'repeated')
      await pass(1.2)
      assert.equal(await storage.grants.exchange(id, refresh), 'replayed')
    },
  )
  define('an access token that was removed does not come back by a repeat', async ({ storage }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const refresh = sampleRefresh(token, 0)
    await storage.grants.exchange(id, refresh)
    await storage.grants.remove(id, 'AccessToken', refresh.accessToken.id)
    assert.equal(await storage.grants.exchange(id, refresh), 'used')
    const loaded = await storage.grants.load(id)
    assert.equal(loaded?.find('AccessToken', refresh.accessToken.id), undefined)
  })
}

/** The contract for the number of access tokens that repeats leave. */
export function accessTokenLimitContract(define: Define): void {
  define(
    'repeats with other access tokens leave sixty-four at least, the last among them, and the grant',
    async ({ storage }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const first = sampleRefresh(token, 0)
      await storage.grants.exchange(id, first)
      const repeats = Array.from({ length: 100 }, () => ({
        ...first,
        accessToken: sampleToken(id),
      }))
      for (const repeat of repeats) {
        assert.equal(await storage.grants.exchange(id, repeat), 'repeated')
      }
      const loaded = await storage.grants.load(id)
      const living = repeats.filter(({ accessToken }) =>
        loaded?.find('AccessToken', accessToken.id),
      )
      assert.ok(living.length >= 64)
      assert.ok(living.length < 100)
      assert.equal(living.at(-1), repeats.at(-1))
    },
  )
  define(
    'of many access tokens, the one of the latest repeat stays, also if it was the first',
    async ({ storage, pass }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const first = sampleRefresh(token, 0)
      await storage.grants.exchange(id, first)
      const repeatWithOthers = async (count: number): Promise<void> => {
        for (let done = 0; done < count; done += 1) {
          await storage.grants.exchange(id, { ...first, accessToken: sampleToken(id) })
        }
      }
      await repeatWithOthers(63)
      await pass(0.1)
      assert.equal(await storage.grants.exchange(id, first), 'repeated')
      await pass(0.1)
      await repeatWithOthers(1)
      assert.ok((await storage.grants.load(id))?.find('AccessToken', first.accessToken.id))
    },
  )
}
