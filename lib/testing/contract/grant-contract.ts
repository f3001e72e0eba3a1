import assert from 'node:assert/strict'
import {
  sampleGrant,
  sampleRefresh,
  sampleRefreshToken,
  sampleToken,
  type Contract,
} from './harness.ts'

/** The contract for grants, without exchanges. */
export const grantContract: Contract = {
  'a grant is loaded as it was saved': async ({ storage, other }) => {
    const { id, payload } = sampleGrant({ resources: { 'https://api.test': 'x y' } })
    await storage.grants.save(id, payload, 60)
    const loaded = await other.grants.load(id)
    assert.deepEqual(loaded?.payload, payload)
    assert.equal(loaded.refreshToken, undefined)
    assert.ok(Math.abs(loaded.now - Date.now()) < 5 * 365 * 86_400_000)
    assert.equal(await other.grants.load(sampleGrant().id), undefined)
  },
  'codes and tokens are found by their values, as their kind only': async ({ storage, other }) => {
    const { id, payload } = sampleGrant()
    const [code, access, refresh] = [sampleToken(id), sampleToken(id), sampleToken(id)]
    await storage.grants.save(id, payload, 60)
    assert.equal(await storage.grants.add(id, 'AuthorizationCode', code), true)
    assert.equal(await storage.grants.add(id, 'AccessToken', access), true)
    assert.equal(await storage.grants.add(id, 'RefreshToken', refresh), true)
    const loaded = await other.grants.load(id)
    assert.deepEqual(loaded?.find('AuthorizationCode', code.id), code.payload)
    assert.deepEqual(loaded.find('AccessToken', access.id), access.payload)
    assert.equal(loaded.find('AccessToken', code.id), undefined)
    assert.equal(loaded.find('AuthorizationCode', access.id), undefined)
    assert.equal(loaded.find('AccessToken', refresh.id), undefined)
    const { jti, ...withoutValue } = refresh.payload
    assert.equal(jti, refresh.id)
    assert.deepEqual(loaded.refreshToken?.payload, withoutValue)
    assert.equal(loaded.refreshToken.is(refresh.id), true)
    assert.equal(loaded.refreshToken.is(access.id), false)
    assert.deepEqual(
      [loaded.refreshToken.generation, loaded.refreshToken.rotatedAt, loaded.refreshToken.isUsed],
      [0, undefined, false],
    )
  },
  'a grant that is loaded for one access token has all that belongs to that': async (harness) => {
    const { storage, other } = harness
    const { id, payload } = sampleGrant()
    const [first, second, refresh] = [sampleToken(id), sampleToken(id), sampleToken(id)]
    await storage.grants.save(id, payload, 60)
    assert.equal((await other.grants.load(id, first.id))?.refreshToken, undefined)
    await storage.grants.add(id, 'RefreshToken', refresh)
    for (const token of [first, second]) await storage.grants.add(id, 'AccessToken', token)
    await storage.grants.noteUse(id, 0)
    const [whole, loaded] = [await other.grants.load(id), await other.grants.load(id, first.id)]
    assert.deepEqual(loaded?.payload, payload)
    assert.deepEqual(loaded.find('AccessToken', first.id), first.payload)
    assert.deepEqual([loaded.lastUsedAt, loaded.refreshToken?.isUsed], [whole?.lastUsedAt, true])
    assert.equal(loaded.refreshToken?.generation, 0)
    const unknown = sampleToken(id).id
    assert.equal((await other.grants.load(id, unknown))?.find('AccessToken', unknown), undefined)
    const { accessToken, ...exchange } = sampleRefresh(refresh, 0)
    await storage.grants.exchange(id, { ...exchange, accessToken })
    assert.equal((await other.grants.load(id, first.id))?.find('AccessToken', first.id), undefined)
    const later = await other.grants.load(id, accessToken.id)
    assert.deepEqual(later?.find('AccessToken', accessToken.id), accessToken.payload)
    const { rotatedAt } = (await other.grants.load(id))?.refreshToken ?? {}
    assert.deepEqual(
      [later.refreshToken?.generation, later.refreshToken?.rotatedAt],
      [1, rotatedAt],
    )
    await storage.grants.end(id)
    assert.equal(await other.grants.load(id, accessToken.id), undefined)
  },
  'a grant that is loaded for its refresh token alone has all that belongs to that': async (
    harness,
  ) => {
    const { storage, other } = harness
    const { id, payload } = sampleGrant()
    assert.equal(await other.grants.load(id, null), undefined)
    await storage.grants.save(id, payload, 60)
    assert.equal((await other.grants.load(id, null))?.refreshToken, undefined)
    const [first, access] = [sampleRefreshToken(id), sampleToken(id)]
    await storage.grants.add(id, 'RefreshToken', first)
    await storage.grants.add(id, 'AccessToken', access)
    const next = sampleRefresh(first, 0)
    await storage.grants.exchange(id, next)
    await storage.grants.noteUse(id, 1)
    const [whole, loaded] = [await other.grants.load(id), await other.grants.load(id, null)]
    assert.deepEqual(loaded?.payload, payload)
    assert.equal(loaded.lastUsedAt, whole?.lastUsedAt)
    for (const grant of [whole, loaded]) {
      const { payload: stored, generation, rotatedAt, isUsed } = grant?.refreshToken ?? {}
      assert.deepEqual({ ...stored, jti: next.refreshToken.id }, next.refreshToken.payload)
      assert.deepEqual([generation, isUsed], [1, true])
      assert.equal(rotatedAt, whole?.refreshToken?.rotatedAt)
      assert.equal(grant?.refreshToken?.is(next.refreshToken.id), true)
      assert.equal(grant.refreshToken.isSuccessor(String(next.refreshToken.successor)), true)
      assert.equal(grant.refreshToken.is(first.id), false)
      assert.ok(grant.refreshToken.key === 0 && grant.refreshToken.predecessorKey === 0)
    }
    await storage.grants.end(id)
    assert.equal(await other.grants.load(id, null), undefined)
  },
  'nothing is added to a grant that is not there': async ({ storage }) => {
    const { id } = sampleGrant()
    for (const kind of ['AuthorizationCode', 'AccessToken', 'RefreshToken'] as const) {
      assert.equal(await storage.grants.add(id, kind, sampleToken(id)), false)
    }
    assert.equal(await storage.grants.load(id), undefined)
  },
  'a grant ends at once for everybody, and does not come back': async ({ storage, other }) => {
    const { id, payload } = sampleGrant()
    await storage.grants.save(id, payload, 60)
    await storage.grants.add(id, 'RefreshToken', sampleToken(id))
    const answers = await Promise.all(Array.from({ length: 10 }, () => storage.grants.end(id)))
    assert.deepEqual(answers.filter(Boolean), [{ grantId: id, payload }])
    assert.equal(await other.grants.load(id), undefined)
    assert.equal(await other.grants.add(id, 'AccessToken', sampleToken(id)), false)
  },
  'all grants of a client end, or those for one subject only': async ({ storage, other }) => {
    const grants = [
      sampleGrant({ clientId: 'one', subject: 'first' }),
      sampleGrant({ clientId: 'one', subject: 'first' }),
      sampleGrant({ clientId: 'one', subject: 'second' }),
      sampleGrant({ clientId: 'two', subject: 'first' }),
    ]
    for (const { id, payload } of grants) await storage.grants.save(id, payload, 60)
    const alive = async (): Promise<readonly boolean[]> =>
      (await Promise.all(grants.map(({ id }) => other.grants.load(id)))).map(Boolean)
    const ended = await storage.grants.endAll({ clientId: 'one', subject: 'first' })
    assert.deepEqual(
      new Set(ended.map(({ grantId }) => grantId)),
      new Set(grants.slice(0, 2).map(({ id }) => id)),
    )
    assert.deepEqual(await alive(), [false, false, true, true])
    assert.deepEqual(await storage.grants.endAll({ clientId: 'one', subject: 'first' }), [])
    assert.deepEqual(await storage.grants.endAll({ clientId: 'unknown' }), [])
    assert.equal((await storage.grants.endAll({ clientId: 'one' })).length, 1)
    assert.deepEqual(await alive(), [false, false, false, true])
  },
  'all of a thousand grants end, also if some end at the same time': async ({ storage, other }) => {
    const grants = Array.from({ length: 1200 }, () => sampleGrant({ clientId: 'many' }))
    await Promise.all(grants.map(({ id, payload }) => storage.grants.save(id, payload, 60)))
    const of = { clientId: 'many' }
    const [one, two, ...single] = await Promise.all([
      storage.grants.endAll(of),
      other.grants.endAll(of),
      ...grants.slice(0, 200).map(({ id }) => other.grants.end(id)),
    ])
    const ended = [one, two, single].flat().flatMap((grant) => grant?.grantId ?? [])
    assert.equal(ended.length, 1200)
    assert.equal(new Set(ended).size, 1200)
    const left = await Promise.all(grants.map(({ id }) => storage.grants.load(id)))
    assert.deepEqual(left.filter(Boolean), [])
  },
  'one token is removed, or all of a kind, and no others': async ({ storage, other }) => {
    const { id, payload } = sampleGrant()
    const [code, refresh] = [sampleToken(id), sampleToken(id)]
    const [first, second, third] = [sampleToken(id), sampleToken(id), sampleToken(id)]
    await storage.grants.save(id, payload, 60)
    await storage.grants.add(id, 'AuthorizationCode', code)
    await storage.grants.add(id, 'RefreshToken', refresh)
    for (const token of [first, second, third]) await storage.grants.add(id, 'AccessToken', token)
    const left = async (): Promise<readonly boolean[]> => {
      const loaded = await other.grants.load(id)
      return [
        loaded?.find('AuthorizationCode', code.id),
        loaded?.refreshToken,
        ...[first, second, third].map((token) => loaded?.find('AccessToken', token.id)),
      ].map(Boolean)
    }
    await storage.grants.remove(id, 'AccessToken', first.id)
    assert.deepEqual(await left(), [true, true, false, true, true])
    await storage.grants.remove(id, 'AccessToken')
    assert.deepEqual(await left(), [true, true, false, false, false])
    await storage.grants.remove(id, 'AuthorizationCode', refresh.id)
    await storage.grants.remove(id, 'RefreshToken', code.id)
    assert.deepEqual(await left(), [true, true, false, false, false])
    await storage.grants.remove(id, 'AuthorizationCode', code.id)
    await storage.grants.remove(id, 'RefreshToken')
    assert.deepEqual(await left(), [false, false, false, false, false])
    assert.deepEqual((await other.grants.load(id))?.payload, payload)
  },
}
