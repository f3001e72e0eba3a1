import assert from 'node:assert/strict'
import {
  grantWith,
  sampleGrant,
  sampleRefresh,
  sampleRefreshToken,
  sampleToken,
  type Contract,
} from './harness.ts'

/** The contract for grants that change or end. */
export const grantChangeContract: Contract = {
  'a grant that is saved again keeps its tokens': async ({ storage }) => {
    const { id, payload } = sampleGrant()
    const token = sampleToken(id)
    await storage.grants.save(id, payload, 60)
    await storage.grants.add(id, 'AccessToken', token)
    await storage.grants.save(id, { ...payload, more: 1 }, 60)
    const loaded = await storage.grants.load(id)
    assert.equal(loaded?.payload['more'], 1)
    assert.deepEqual(loaded.find('AccessToken', token.id), token.payload)
  },
  'a grant that is saved again has the new end and its tokens': async ({ storage, pass }) => {
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
  'another code or refresh token takes the place of the earlier one': async ({ storage }) => {
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
  'what was loaded is as it was at that moment': async ({ storage }) => {
    const { id, token } = await grantWith(storage, 'RefreshToken')
    const loaded = await storage.grants.load(id)
    await storage.grants.exchange(id, sampleRefresh(token, 0))
    await storage.grants.end(id)
    assert.equal(loaded?.refreshToken?.is(token.id), true)
    assert.equal(loaded.refreshToken.generation, 0)
    assert.equal(loaded.payload['accountId'], 'a')
  },
  'a code or access token is found until its lifetime is over': async ({ storage, pass }) => {
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
  'a grant has an end, and everything of it': async ({ storage, pass }) => {
    const { id, payload } = sampleGrant()
    await storage.grants.save(id, payload, 1)
    await storage.grants.add(id, 'RefreshToken', sampleToken(id, 60))
    await pass(1.1)
    assert.equal(await storage.grants.load(id), undefined)
    assert.equal(await storage.grants.add(id, 'AccessToken', sampleToken(id)), false)
    assert.equal(await storage.grants.end(id), undefined)
  },
}

/** The contract for lists of grants, and the times of their use. */
export const listContract: Contract = {
  'the grants for a subject are listed, of one client or of all': async ({ storage, other }) => {
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
  'what was never redeemed, or is over, is not listed': async ({ storage, pass }) => {
    const [waiting, over, ended] = [sampleGrant(), sampleGrant(), sampleGrant()]
    for (const { id, payload } of [waiting, over, ended]) await storage.grants.save(id, payload, 60)
    await storage.grants.add(waiting.id, 'AuthorizationCode', sampleToken(waiting.id))
    await storage.grants.add(over.id, 'RefreshToken', sampleToken(over.id, 1))
    await storage.grants.add(ended.id, 'RefreshToken', sampleToken(ended.id))
    await storage.grants.end(ended.id)
    await pass(1.1)
    assert.deepEqual(await storage.grants.list({ subject: 's' }), [])
  },
  'when a grant was last used is known: noted, or by a refresh': async ({ storage, other }) => {
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
  'what is noted of a grant that is not there leaves nothing behind': async ({ storage }) => {
    const { id } = sampleGrant()
    await storage.grants.noteUse(id, 0)
    assert.equal(await storage.grants.load(id), undefined)
    assert.equal(await storage.grants.end(id), undefined)
  },
}
