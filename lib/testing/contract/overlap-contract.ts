import assert from 'node:assert/strict'
import type { Exchange, ExchangeResult, NewToken, Storage } from '../../storage.ts'
import { fiftyAtOnce, grantWith, sampleRefresh, sampleToken, type Contract } from './harness.ts'

/** A grant, and refreshes of it with an overlap and no retry window. */
async function grantWithOverlap(
  storage: Storage,
  given: Partial<Exchange> = {},
): Promise<{
  readonly id: string
  readonly refreshOf: (used: NewToken, generation: number) => ReturnType<typeof sampleRefresh>
  readonly token: NewToken
  readonly exchange: (refresh: Exchange) => Promise<ExchangeResult>
}> {
  const { id, token } = await grantWith(storage, 'RefreshToken')
  return {
    id,
    token,
    refreshOf: (used, generation) =>
      sampleRefresh(used, generation, { retryWindow: 0, overlap: 2, ...given }),
    exchange: (refresh) => storage.grants.exchange(id, refresh),
  }
}

const revokedOnTheWay =
  (given: Partial<Exchange>): Contract[string] =>
  async ({ storage, other, pass }) => {
    const { id, token, refreshOf, exchange } = await grantWithOverlap(storage, given)
    const refresh = refreshOf(token, 0)
    assert.equal(await exchange(refresh), 'exchanged')
    await other.grants.remove(id, 'AccessToken', refresh.accessToken.id)
    assert.equal(await exchange(refresh), 'used')
    const narrower = { ...refresh, accessToken: sampleToken(id) }
    assert.equal(await exchange(narrower), 'used')
    const loaded = await storage.grants.load(id)
    for (const { accessToken } of [refresh, narrower]) {
      assert.equal(loaded?.find('AccessToken', accessToken.id), undefined)
    }
    await pass(2.2)
    assert.equal(await exchange(refresh), 'replayed')
    const next = refreshOf(refresh.refreshToken, 1)
    assert.equal(await exchange(next), 'exchanged')
    assert.equal(await exchange(next), 'repeated')
  }

/** The contract for refreshes that overlap. */
export const overlapContract: Contract = {
  'the overlap counts from the first use, and no use ends it': async ({ storage, other, pass }) => {
    const { id, token, refreshOf, exchange } = await grantWithOverlap(storage)
    const refresh = refreshOf(token, 0)
    assert.equal(await exchange(refresh), 'exchanged')
    await other.grants.noteUse(id, 1)
    assert.equal(await exchange(refresh), 'repeated')
    await pass(1)
    assert.equal(await other.grants.exchange(id, refresh), 'repeated')
    const loaded = await storage.grants.load(id)
    assert.ok(loaded?.find('AccessToken', refresh.accessToken.id))
    await pass(1.2)
    assert.equal(await exchange(refresh), 'replayed')
    const again = await storage.grants.load(id)
    assert.equal(again?.refreshToken?.is(refresh.refreshToken.id), true)
  },
  'overlap and retry window do not depend on each other': async ({ storage, pass }) => {
    const { id, token, refreshOf, exchange } = await grantWithOverlap(storage, { retryWindow: 60 })
    const refresh = refreshOf(token, 0)
    assert.equal(await exchange(refresh), 'exchanged')
    await pass(2.2)
    assert.equal(await exchange(refresh), 'repeated')
    await storage.grants.noteUse(id, 1)
    assert.equal(await exchange(refresh), 'replayed')
  },
  'a token before the last is a replay after its own overlap': async ({ storage, other, pass }) => {
    const { id, token, refreshOf, exchange } = await grantWithOverlap(storage)
    const first = refreshOf(token, 0)
    const second = refreshOf(first.refreshToken, 1)
    const third = refreshOf(second.refreshToken, 2)
    assert.equal(await exchange(first), 'exchanged')
    assert.equal(await exchange(second), 'exchanged')
    await pass(1)
    assert.equal(await exchange(third), 'exchanged')
    assert.equal(await other.grants.exchange(id, first), 'used')
    assert.equal(await other.grants.exchange(id, second), 'used')
    assert.equal(await other.grants.exchange(id, third), 'repeated')
    await pass(1.2)
    assert.equal(await exchange(first), 'replayed')
    assert.equal(await exchange(second), 'replayed')
    assert.equal(await exchange(third), 'repeated')
    assert.equal((await storage.grants.load(id))?.refreshToken?.generation, 3)
  },
  'the storage knows the first use of a hundred generations': async ({ storage }) => {
    const { token, refreshOf, exchange } = await grantWithOverlap(storage, { overlap: 60 })
    const refreshes = [refreshOf(token, 0)]
    for (let generation = 1; generation <= 100; generation += 1) {
      refreshes.push(refreshOf(refreshes.at(-1)?.refreshToken ?? token, generation))
    }
    for (const refresh of refreshes) assert.equal(await exchange(refresh), 'exchanged')
    const results = await Promise.all(refreshes.map(exchange))
    assert.deepEqual(new Set(results.slice(0, -1)), new Set(['used']))
    assert.equal(results.at(-1), 'repeated')
  },
  'a revoked access token closes the overlap, and a repeat ends nothing': revokedOnTheWay({}),
  'a revoked access token closes the retry window, and a repeat ends nothing': revokedOnTheWay({
    overlap: 0,
    retryWindow: 2,
  }),
  'an access token that is revoked before a refresh closes nothing': async ({ storage }) => {
    const { id, token, refreshOf, exchange } = await grantWithOverlap(storage, { overlap: 60 })
    const earlier = sampleToken(id)
    await storage.grants.add(id, 'AccessToken', earlier)
    await storage.grants.remove(id, 'AccessToken', earlier.id)
    const refresh = refreshOf(token, 0)
    assert.equal(await exchange(refresh), 'exchanged')
    await storage.grants.remove(id, 'AccessToken', earlier.id)
    assert.equal(await exchange(refresh), 'repeated')
  },
  'fifty at once and in use get one refresh token': async ({ storage, other }) => {
    const { id, token, refreshOf } = await grantWithOverlap(storage, { overlap: 60 })
    const refresh = refreshOf(token, 0)
    const results = await fiftyAtOnce([storage, other], async (of) => {
      const result = await of.grants.exchange(id, refresh)
      await of.grants.noteUse(id, 1)
      return result
    })
    assert.equal(results.filter((result) => result === 'exchanged').length, 1)
    assert.equal(results.filter((result) => result === 'repeated').length, 49)
    const loaded = await storage.grants.load(id)
    assert.equal(loaded?.refreshToken?.is(refresh.refreshToken.id), true)
  },
}
