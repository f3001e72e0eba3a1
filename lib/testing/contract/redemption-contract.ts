import assert from 'node:assert/strict'
import type { ExchangeResult, NewToken, Storage } from '../../storage.ts'
import type { Define } from './harness.ts'
import { grantWith, sampleGrant, sampleToken } from './harness.ts'

/** The contract for the redemption of codes. */
export function redemptionContract(define: Define): void {
  redeeming(define)
  redeemingAgain(define)
  redeemingInVain(define)
}

function redeeming(define: Define): void {
  define(
    'one of fifty redeems a code, and its tokens are the ones there',
    async ({ storage, other }) => {
      const { id, token: code } = await grantWith(storage, 'AuthorizationCode')
      const exchanges = Array.from({ length: 50 }, () => ({
        used: { kind: 'AuthorizationCode', id: code.id } as const,
        accessToken: sampleToken(id),
        refreshToken: sampleToken(id),
        retryWindow: 0,
      }))
      const results = await Promise.all(
        exchanges.map((exchange, n) => (n % 2 ? other : storage).grants.exchange(id, exchange)),
      )
      assert.equal(results.filter((result) => result === 'exchanged').length, 1)
      assert.equal(results.filter((result) => result === 'used').length, 49)
      const loaded = await other.grants.load(id)
      const living = exchanges.map(({ accessToken, refreshToken }) =>
        [loaded?.find('AccessToken', accessToken.id), loaded?.refreshToken?.is(refreshToken.id)]
          .map(Boolean)
          .join(),
      )
      const winner = results.indexOf('exchanged')
      assert.deepEqual(
        living,
        results.map((_, n) => (n === winner ? 'true,true' : 'false,false')),
      )
      assert.equal(loaded?.refreshToken?.generation, 0)
      assert.equal(typeof loaded.find('AuthorizationCode', code.id)?.consumed, 'number')
    },
  )
}

function redeemingAgain(define: Define): void {
  define(
    'a code says when it was first used, by the clock of the storage, and no later use changes that',
    async ({ storage, other, pass }) => {
      const { id, token: code } = await grantWith(storage, 'AuthorizationCode')
      const redeem = (of: Storage): Promise<ExchangeResult> =>
        of.grants.exchange(id, {
          used: { kind: 'AuthorizationCode', id: code.id },
          refreshToken: sampleToken(id),
          retryWindow: 0,
        })
      const load = async (of: Storage): Promise<{ now: number; consumed: number }> => {
        const loaded = await of.grants.load(id)
        const { consumed } = loaded?.find('AuthorizationCode', code.id) ?? {}
        return { now: Number(loaded?.now), consumed: Number(consumed) }
      }
      const { now: before } = await load(other)
      assert.equal(await redeem(storage), 'exchanged')
      const { now: after, consumed } = await load(other)
      assert.ok(before <= consumed && consumed <= after)
      await pass(1.2)
      for (const one of [storage, other]) assert.equal(await redeem(one), 'used')
      const later = await load(other)
      assert.equal(later.consumed, consumed)
      assert.ok(later.now - consumed > 1000)
    },
  )
}

function redeemingInVain(define: Define): void {
  define(
    'a code that is over, unknown, or of another grant redeems nothing',
    async ({ storage, pass }) => {
      const { id, payload } = sampleGrant()
      await storage.grants.save(id, payload, 600)
      await storage.grants.add(id, 'RefreshToken', sampleToken(id))
      const code = sampleToken(id, 1)
      await storage.grants.add(id, 'AuthorizationCode', code)
      const redeem = (of: NewToken): Promise<string> =>
        storage.grants.exchange(id, {
          used: { kind: 'AuthorizationCode', id: of.id },
          accessToken: sampleToken(id),
          retryWindow: 0,
        })
      const { token: foreign } = await grantWith(storage, 'AuthorizationCode')
      assert.equal(await redeem(foreign), 'gone')
      assert.equal(await redeem(sampleToken(id)), 'gone')
      await pass(1.1)
      assert.equal(await redeem(code), 'gone')
    },
  )
}
