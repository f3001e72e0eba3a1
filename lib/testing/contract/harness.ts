import { randomBytes } from 'node:crypto'
import type { Exchange, NewToken, Storage, StoredPayload } from '../../storage.ts'

/**
 * The two functions of a test runner that the contract is written with: of vitest, node:test, Jest, Mocha. If a harness cannot
 * do what a test needs, the test is skipped. Jest cannot skip a test that runs, so there the process emits a warning.
 */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>) => unknown
}

/** A storage to be held to the contract, empty at first. */
export interface AdapterHarness {
  readonly storage: Storage
  /**
   * The same storage as another process sees it. If it is left out, the contract tests one process only.
   */
  readonly other?: Storage
  /** Lets time pass for the storage: a clock of its own is set, or waited for. Asked for at most three seconds a test. */
  readonly pass: (seconds: number) => Promise<void> | void
  /**
   * The whole content, for the tests that it is useless to a reader and that nothing stays for ever. Left out if the
   * adapter keeps nothing that outlives the process.
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
  /** Seconds to its end; `undefined` if it has no end. */
  readonly expiresIn: number | undefined
}

/** Makes a harness for one test. */
export type MakeAdapter = () => Promise<AdapterHarness> | AdapterHarness

/** The harness as a test gets it. */
export interface TestHarness extends AdapterHarness {
  /** The storage itself if the harness has no other. */
  readonly other: Storage
  readonly hasOther: boolean
  /** Says that the harness cannot do what the test needs. */
  readonly skip: (reason: string) => void
}

/** Tests by their names. */
export type Contract<Given = unknown> = Readonly<
  Record<string, (harness: TestHarness & Given) => Promise<void>>
>

// Ids as this server makes them, so that a dump can be searched for them.

/** An id that is a credential. */
export const credential = (): string => randomBytes(32).toString('base64url')

/** A grant id and its payload. */
export function sampleGrant(of: StoredPayload = {}): {
  readonly id: string
  readonly payload: StoredPayload
} {
  const id = randomBytes(16).toString('base64url')
  const payload = { jti: id, kind: 'Grant', accountId: 'a', clientId: 'c', subject: 's', ...of }
  return { id, payload }
}

/** A code or token of a grant. */
export const sampleToken = (
  grantId: string,
  lifetime = 60,
  id: string = grantId + credential(),
): NewToken => ({ id, payload: { jti: id, grantId, accountId: 'a', scope: 'x y' }, lifetime })

/** A refresh token of a grant, with its successor. */
export const sampleRefreshToken = (
  grantId: string,
  id: string = grantId + credential(),
): Required<NewToken> => ({ ...sampleToken(grantId, 60, id), successor: grantId + credential() })

/** A refresh, as the server asks for it. */
export function sampleRefresh(
  used: NewToken,
  generation: number,
  given: Partial<Exchange> = {},
): Exchange & { readonly refreshToken: NewToken; readonly accessToken: NewToken } {
  const grantId = String(used.payload['grantId'])
  return {
    used: { kind: 'RefreshToken', id: used.id, generation },
    retryWindow: 60,
    ...given,
    refreshToken: given.refreshToken ?? sampleRefreshToken(grantId, used.successor),
    accessToken: given.accessToken ?? sampleToken(grantId),
  }
}

/** Runs something fifty times at once, by turns in one process and in another. */
export const fiftyAtOnce = <T>(
  [one, other]: readonly [Storage, Storage],
  action: (storage: Storage, index: number) => Promise<T>,
): Promise<T[]> =>
  Promise.all(Array.from({ length: 50 }, (_, index) => action(index % 2 ? other : one, index)))

/** A grant that has a code or a refresh token. */
export async function grantWith(
  storage: Storage,
  kind: 'AuthorizationCode' | 'RefreshToken',
): Promise<{ id: string; token: Required<NewToken> }> {
  const { id, payload } = sampleGrant()
  const token = sampleRefreshToken(id)
  await storage.grants.save(id, payload, 600)
  await storage.grants.add(id, kind, token)
  return { id, token }
}
