import assert from 'node:assert/strict'
import { credential, fiftyAtOnce, type Contract, type TestHarness } from './harness.ts'
import type { Limiter, LimiterRule, Storage } from '../../storage.ts'

const noLimiter = 'the storage has no limiter'

const rule = { name: 'sign_in_account', count: 10, seconds: 60 }

/** Tests a counter, in two processes. */
const withLimiter =
  (
    test: (one: Limiter, other: Limiter, harness: TestHarness) => Promise<void>,
    given: Partial<LimiterRule> = {},
  ) =>
  async (harness: TestHarness): Promise<void> => {
    const of = (storage: Storage): Limiter | undefined => storage.limiter?.({ ...rule, ...given })
    const one = of(harness.storage)
    // In one process, every call gets the same counter.
    const other = harness.hasOther ? of(harness.other) : one
    if (one && other) await test(one, other, harness)
    else harness.skip(noLimiter)
  }

/** The contract for the optional counter of limits. */
export const limiterContract: Contract = {
  'fifty at once get fifty different counts': withLimiter(async (one, other, harness) => {
    const key = credential()
    const counts = await fiftyAtOnce([harness.storage, harness.other], async (_, index) => {
      const { count } = await (index % 2 ? other : one).count(key)
      return count
    })
    const expected = Array.from({ length: 50 }, (_, index) => index + 1)
    assert.deepEqual(
      counts.toSorted((a, b) => a - b),
      expected,
    )
  }),
  'several are counted in one step': withLimiter(async (one, other) => {
    const key = credential()
    assert.equal((await one.count(key, 3)).count, 3)
    assert.equal((await other.count(key, 2)).count, 5)
    assert.equal((await one.count(key)).count, 6)
  }),
  'a count that is given back is free again': withLimiter(async (one, other) => {
    const key = credential()
    await one.count(key)
    await one.count(key)
    await other.giveBack(key)
    assert.equal((await other.count(key)).count, 2)
  }),
  'keys and names share nothing': withLimiter(async (one, _, { storage }) => {
    const key = credential()
    await one.count(key)
    assert.equal((await one.count(credential())).count, 1)
    const elsewhere = storage.limiter?.({ ...rule, name: 'sign_in_address' })
    assert.equal((await elsewhere?.count(key))?.count, 1)
  }),
  'a period says when it ends, and counts begin anew after it': withLimiter(
    async (one, other, { pass }) => {
      const key = credential()
      const first = await one.count(key)
      assert.ok(first.endsIn > 0 && first.endsIn <= 2000)
      await pass(1)
      const second = await other.count(key)
      assert.equal(second.count, 2)
      assert.ok(second.endsIn < first.endsIn)
      await pass(1.2)
      assert.equal((await one.count(key)).count, 1)
    },
    { seconds: 2 },
  ),
  'every count has an end': withLimiter(async (one, _, { dump, skip }) => {
    if (!dump) return skip('the harness has no dump')
    const before = new Set((await dump()).map(({ key }) => key))
    const key = credential()
    await one.count(key)
    await one.giveBack(credential())
    const added = (await dump()).filter((entry) => !before.has(entry.key))
    assert.ok(added.length > 0)
    for (const { expiresIn = Infinity } of added) assert.ok(expiresIn <= rule.seconds)
  }),
}
