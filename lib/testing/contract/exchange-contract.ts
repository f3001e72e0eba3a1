import assert from 'node:assert/strict'
import type { ExchangeResult, NewToken, Storage } from '../../storage.ts'
import {
  fiftyAtOnce,
  grantWith,
  sampleGrant,
  sampleRefresh,
  sampleRefreshToken,
  sampleToken,
  type Contract,
} from './harness.ts'

/** The contract for the redemption of codes. */
export const redemptionContract: Contract = {
  'one of fifty redeems a code, and its tokens are the ones there': async ({ storage, other }) => {
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
  'a code says when it was first used, also after later uses': async ({ storage, other, pass }) => {
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
  'a code that expired, is unknown or of another grant is gone': async ({ storage, pass }) => {
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
}

/** The contract for refreshes, as exchanges of refresh tokens. */
export const exchangeContract: Contract = {
  'a refresh leaves its own tokens and no earlier ones': async ({ storage, other }) => {
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
  },
  'one of fifty refreshes if repeats are not allowed': async ({ storage, other }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const results = await fiftyAtOnce([storage, other], (of) =>
      of.grants.exchange(id, sampleRefresh(token, 0, { retryWindow: 0 })),
    )
    assert.equal(results.filter((result) => result === 'exchanged').length, 1)
    assert.equal(results.filter((result) => result === 'replayed').length, 49)
  },
  'fifty who make the same successor get that one': async ({ storage, other }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const shared = sampleRefresh(token, 0)
    const results = await fiftyAtOnce([storage, other], (of) => of.grants.exchange(id, shared))
    assert.equal(results.filter((result) => result === 'exchanged').length, 1)
    assert.equal(results.filter((result) => result === 'repeated').length, 49)
    const loaded = await other.grants.load(id)
    assert.equal(loaded?.refreshToken?.is(shared.refreshToken.id), true)
    assert.equal(loaded.refreshToken.generation, 1)
    assert.ok(loaded.find('AccessToken', shared.accessToken.id))
  },
  'a refresh token that the grant never had is used up already': async ({ storage }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const foreign = sampleRefresh(sampleToken(id), 0)
    assert.equal(await storage.grants.exchange(id, foreign), 'used')
    const far = sampleRefresh(sampleToken(id), 7)
    assert.equal(await storage.grants.exchange(id, far), 'used')
    assert.equal((await storage.grants.load(id))?.refreshToken?.is(token.id), true)
  },
  'a refresh that the storage forgot is made up for, by its very token': async ({ storage }) => {
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
  'a grant that ended meanwhile exchanges nothing, and stays ended': async ({ storage, other }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    await other.grants.end(id)
    assert.equal(await storage.grants.exchange(id, sampleRefresh(token, 0)), 'gone')
    assert.equal(await storage.grants.load(id), undefined)
  },
  'of a refresh and an end at the same time, the end wins': async ({ storage, other }) => {
    for (let round = 0; round < 20; round += 1) {
      const { id, token } = await grantWith(storage, 'RefreshToken')
      await Promise.all([
        storage.grants.exchange(id, sampleRefresh(token, 0)),
        other.grants.end(id),
        storage.grants.add(id, 'AccessToken', sampleToken(id)),
      ])
      assert.equal(await storage.grants.load(id), undefined)
    }
  },
}
