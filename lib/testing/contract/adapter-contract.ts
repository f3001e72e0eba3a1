import { condensedListContract } from './condensed-list-contract.ts'
import { dumpContract } from './dump-contract.ts'
import { exchangeContract, redemptionContract } from './exchange-contract.ts'
import { grantChangeContract, listContract } from './grant-change-contract.ts'
import { grantContract } from './grant-contract.ts'
import type { Contract, MakeAdapter, TestRunner } from './harness.ts'
import { limiterContract } from './limiter-contract.ts'
import { overlapContract } from './overlap-contract.ts'
import { recordContract, secondIdContract } from './record-contract.ts'
import { repeatContract } from './repeat-contract.ts'
import { clientContract, destroyContract, swapContract } from './versioned-contract.ts'

/**
 * Holds a storage adapter to all that `lib/storage.ts` asks of it.
 *
 * @example
 * ```ts
 * import { describe, it } from 'node:test'
 * import { adapterContract } from 'pleo-oauth-server/testing'
 *
 * adapterContract({ describe, it }, () => ({ storage: createMyAdapter(), pass: wait }))
 * ```
 */
export function adapterContract({ describe, it }: TestRunner, makeAdapter: MakeAdapter): void {
  const define = <Given>(contract: Contract<Given>, given: Given): void => {
    for (const [name, test] of Object.entries(contract)) {
      // Without named parameters: to Jest and Mocha one would be a callback.
      it(name, async function run(this: unknown, ...[context]: readonly unknown[]) {
        const harness = await makeAdapter()
        try {
          await test({
            ...harness,
            ...given,
            other: harness.other ?? harness.storage,
            hasOther: harness.other !== undefined,
            skip: (reason) => skip([context, this], name, reason),
          })
        } finally {
          await harness.close?.()
        }
      })
    }
  }
  const group = (name: string, ...contracts: readonly Contract[]): void =>
    void describe(name, () => {
      for (const contract of contracts) define(contract, {})
    })
  group('records', recordContract)
  describe('clients', () => {
    define({ ...swapContract, ...destroyContract }, { model: 'Client' })
    define(clientContract, {})
  })
  describe('names of clients', () =>
    define({ ...swapContract, ...destroyContract }, { model: 'ClientName' }))
  describe('signing keys', () => define(swapContract, { model: 'SigningKeys' }))
  describe('the configuration', () => define(swapContract, { model: 'Configuration' }))
  group('second ids', secondIdContract)
  group('grants', grantContract, grantChangeContract)
  group('lists of grants', listContract, condensedListContract)
  group('exchanges', redemptionContract, exchangeContract)
  group('repeats', repeatContract, overlapContract)
  group('limits', limiterContract)
  group('what is kept', dumpContract)
}

/** Skips a test as vitest and node:test (a context), or Mocha (`this`) do. */
function skip(contexts: readonly unknown[], name: string, reason: string): void {
  for (const context of contexts) {
    const { skip: skipTest } = Object(context) as { skip?: unknown }
    if (typeof skipTest === 'function') return void skipTest.call(context, reason)
  }
  process.emitWarning(`skipped: ${name}: ${reason}`)
}
