import type { Storage } from '../../storage.ts'
import { dumpContract } from './dump-contract.ts'
import { exchangeContract } from './exchange-contract.ts'
import { grantChangeContract } from './grant-change-contract.ts'
import { grantContract } from './grant-contract.ts'
import { listContract } from './list-contract.ts'
import { overlapContract } from './overlap-contract.ts'
import { recordContract } from './record-contract.ts'
import { accessTokenLimitContract, repeatContract, repeatLimitContract } from './repeat-contract.ts'
import { clientContract, clientNameContract } from './client-contract.ts'
import { secondIdContract } from './second-id-contract.ts'
import { swapContract } from './swap-contract.ts'

/** The two functions of a test runner that the contract is written with: of vitest, node:test, Jest, Mocha. */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>) => unknown
}

/** A storage to be held to the contract, empty at first. */
export interface AdapterHarness {
  readonly storage: Storage
  /**
   * The same storage as another process sees it. Left out, the contract does without: what it asks of
   * several processes is asked of one.
   */
  readonly other?: Storage
  /** Lets time pass for the storage: a clock of its own is set, or waited for. Asked for at most three seconds a test. */
  readonly pass: (seconds: number) => Promise<void> | void
  /**
   * Everything that is kept, for the tests that nothing of it is of use, and that nothing stays for ever.
   * Left out where the adapter keeps nothing that outlives the process.
   */
  readonly dump?: () => Promise<readonly StoredEntry[]>
  /** Called when a test is over. */
  readonly close?: () => Promise<void> | void
}

/** One thing that is kept. */
export interface StoredEntry {
  readonly key: string
  /** The value, whatever its form, as bytes in `latin1`. */
  readonly value: string
  /** Seconds to its end; `undefined` where it has none. */
  readonly expiresIn: number | undefined
}

/** Makes a harness for one test. */
export type MakeAdapter = () => Promise<AdapterHarness> | AdapterHarness

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

/** Defines one test, with a harness of its own. */
export type Define = (
  name: string,
  test: (harness: AdapterHarness & { readonly other: Storage }) => Promise<void>,
) => void

function createDefine({ it }: TestRunner, makeAdapter: MakeAdapter): Define {
  return (name, test) => {
    it(name, async () => {
      const harness = await makeAdapter()
      try {
        await test({ ...harness, other: harness.other ?? harness.storage })
      } finally {
        await harness.close?.()
      }
    })
  }
}
