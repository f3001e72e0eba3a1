import { createDefine, type MakeAdapter, type TestRunner } from './harness.ts'
import { dumpContract } from './dump-contract.ts'
import { exchangeContract } from './exchange-contract.ts'
import { grantChangeContract } from './grant-change-contract.ts'
import { grantContract } from './grant-contract.ts'
import { listContract } from './list-contract.ts'
import { overlapContract } from './overlap-contract.ts'
import { recordContract } from './record-contract.ts'
import { accessTokenLimitContract, repeatContract, repeatLimitContract } from './repeat-contract.ts'
import { clientContract, clientNameContract, secondIdContract } from './client-contract.ts'
import { swapContract } from './swap-contract.ts'

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
export function adapterContract(runner: TestRunner, makeAdapter: MakeAdapter): void {
  const { describe } = runner
  const define = createDefine(runner, makeAdapter)
  describe('records', () => recordContract(define))
  describe('clients', () => clientContract(define))
  describe('names of clients', () => clientNameContract(define))
  describe('signing keys', () => swapContract(define, 'SigningKeys'))
  describe('second ids', () => secondIdContract(define))
  describe('grants', () => {
    grantContract(define)
    grantChangeContract(define)
  })
  describe('lists of grants', () => listContract(define))
  describe('exchanges', () => exchangeContract(define))
  describe('repeats', () => {
    repeatContract(define)
    repeatLimitContract(define)
    accessTokenLimitContract(define)
    overlapContract(define)
  })
  describe('what is kept', () => dumpContract(define))
}
