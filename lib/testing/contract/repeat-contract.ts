import assert from 'node:assert/strict'
import {
  grantWith,
  sampleRefresh,
  sampleRefreshToken,
  sampleToken,
  type Contract,
} from './harness.ts'

/** The contract for refreshes that are repeated. */
export const repeatContract: Contract = {
  'a repeat keeps the successor and adds its access token': async ({ storage }) => {
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
  },
  'no repeat with another successor, too late, or of an old token': async ({ storage, pass }) => {
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
  'no repeat once the successor of that generation was used': async ({ storage, other }) => {
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
  'the window counts from the first time, also after a repeat': async ({ storage, pass }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const refresh = sampleRefresh(token, 0, { retryWindow: 2 })
    assert.equal(await storage.grants.exchange(id, refresh), 'exchanged')
    await pass(1)
    assert.equal(await storage.grants.exchange(id, refresh), 'repeated')
    await pass(1.2)
    assert.equal(await storage.grants.exchange(id, refresh), 'replayed')
  },
  'an access token that was removed does not come back by a repeat': async ({ storage }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const refresh = sampleRefresh(token, 0)
    await storage.grants.exchange(id, refresh)
    await storage.grants.remove(id, 'AccessToken', refresh.accessToken.id)
    assert.equal(await storage.grants.exchange(id, refresh), 'used')
    const loaded = await storage.grants.load(id)
    assert.equal(loaded?.find('AccessToken', refresh.accessToken.id), undefined)
  },
  'repeats leave at least sixty-four access tokens, and the last one': async ({ storage }) => {
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
    const living = repeats.filter(({ accessToken }) => loaded?.find('AccessToken', accessToken.id))
    assert.ok(living.length >= 64)
    assert.ok(living.length < 100)
    assert.equal(living.at(-1), repeats.at(-1))
  },
  'of many access tokens, that of the latest repeat stays': async ({ storage, pass }) => {
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
}
