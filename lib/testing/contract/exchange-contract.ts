import assert from 'node:assert/strict'
import type { Define } from './harness.ts'
import { redemptionContract } from './redemption-contract.ts'
import { atOnce, grantWith, sampleRefresh, sampleRefreshToken, sampleToken } from './harness.ts'

/** The contract for exchanges. */
export function exchangeContract(define: Define): void {
  redemptionContract(define)
  refreshing(define)
  unknownTokens(define)
  interrupting(define)
}

function refreshing(define: Define): void {
  define('a refresh leaves its own tokens and no earlier ones', async ({ storage, other }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const earlier = sampleToken(id)
    await storage.grants.add(id, 'AccessToken', earlier)
    const refresh = sampleRefresh(token, 0)
    assert.equal(await storage.grants.exchange(id, refresh), 'exchanged')
    const loaded = await other.grants.load(id)
    assert.equal(loaded?.find('AccessToken', earlier.id), undefined)
    assert.deepEqual(
      loaded?.find('AccessToken', refresh.accessToken.id),
      refresh.accessToken.payload,
    )
    assert.equal(loaded?.refreshToken?.is(refresh.refreshToken.id), true)
    assert.equal(loaded.refreshToken.is(token.id), false)
    assert.equal(loaded.refreshToken.generation, 1)
    assert.equal(typeof loaded.refreshToken.rotatedAt, 'number')
  })
  define('one of fifty refreshes where repeats are not allowed', async ({ storage, other }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const results = await atOnce(50, (n) =>
      (n % 2 ? other : storage).grants.exchange(id, sampleRefresh(token, 0, { retryWindow: 0 })),
    )
    assert.equal(results.filter((result) => result === 'exchanged').length, 1)
    assert.equal(results.filter((result) => result === 'replayed').length, 49)
  })
  define(
    'fifty who make the same successor get one, no matter who was first',
    async ({ storage, other }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const shared = sampleRefresh(token, 0)
      const results = await atOnce(50, (n) => (n % 2 ? other : storage).grants.exchange(id, shared))
      assert.equal(results.filter((result) => result === 'exchanged').length, 1)
      assert.equal(results.filter((result) => result === 'repeated').length, 49)
      const loaded = await other.grants.load(id)
      assert.equal(loaded?.refreshToken?.is(shared.refreshToken.id), true)
      assert.equal(loaded.refreshToken.generation, 1)
      assert.ok(loaded.find('AccessToken', shared.accessToken.id))
    },
  )
}

function unknownTokens(define: Define): void {
  define('a refresh token that the grant never had is used up already', async ({ storage }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const foreign = sampleRefresh(sampleToken(id), 0)
    assert.equal(await storage.grants.exchange(id, foreign), 'used')
    const far = sampleRefresh(sampleToken(id), 7)
    assert.equal(await storage.grants.exchange(id, far), 'used')
    assert.equal((await storage.grants.load(id))?.refreshToken?.is(token.id), true)
  })
  define(
    'a refresh that the storage forgot is made up for, by its very token',
    async ({ storage }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      const earlier = sampleToken(id)
      await storage.grants.add(id, 'AccessToken', earlier)
      const other = sampleRefresh(sampleRefreshToken(id), 1)
      assert.equal(await storage.grants.exchange(id, other), 'used')
      const before = await storage.grants.load(id)
      assert.deepEqual(
        [token.id, token.successor, other.used.id].map((one) => [
          before?.refreshToken?.is(one),
          before?.refreshToken?.isSuccessor(one),
        ]),
        [
          [true, false],
          [false, true],
          [false, false],
        ],
      )
      const next = sampleRefresh(sampleRefreshToken(id, token.successor), 1)
      assert.equal(await storage.grants.exchange(id, next), 'exchanged')
      const loaded = await storage.grants.load(id)
      assert.equal(loaded?.refreshToken?.is(next.refreshToken.id), true)
      assert.equal(loaded.refreshToken.generation, 2)
      assert.equal(loaded.find('AccessToken', earlier.id), undefined)
      assert.ok(loaded.find('AccessToken', next.accessToken.id))
      assert.equal(await storage.grants.exchange(id, sampleRefresh(token, 0)), 'replayed')
      // When it was first used is forgotten as well, so its overlap begins now.
      const early = sampleRefresh(token, 0, { overlap: 60 })
      assert.equal(await storage.grants.exchange(id, early), 'used')
    },
  )
}

function interrupting(define: Define): void {
  define(
    'a grant that ended meanwhile exchanges nothing, and stays ended',
    async ({ storage, other }) => {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      await other.grants.end(id)
      assert.equal(await storage.grants.exchange(id, sampleRefresh(token, 0)), 'gone')
      assert.equal(await storage.grants.load(id), undefined)
    },
  )
  define('of a refresh and an end at the same time, the end wins', async ({ storage, other }) => {
    for (let round = 0; round < 20; round += 1) {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      await Promise.all([
        storage.grants.exchange(id, sampleRefresh(token, 0)),
        other.grants.end(id),
        storage.grants.add(id, 'AccessToken', sampleToken(id)),
      ])
      assert.equal(await storage.grants.load(id), undefined)
    }
  })
}
