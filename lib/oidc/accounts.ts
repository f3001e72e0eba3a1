import type { Configuration } from 'oidc-provider'
import type { Accounts } from '../pleo/accounts.ts'
import { hostContext } from '../http/request-context.ts'

/**
 * Finds the account of a session. Tokens do not depend on it, because a connection belongs to the company. It has no claims,
 * because this server tells clients nothing about people.
 */
export const toFindAccount =
  (accounts: Accounts): NonNullable<Configuration['findAccount']> =>
  async (_ctx, accountId) =>
    (await accounts.find(accountId)) ? { accountId, claims: () => ({ sub: accountId }) } : undefined

/** A person who is signed in at the host. */
export interface PersonAtHost {
  readonly accountId: string
  /** Milliseconds since the epoch; absent if the host does not say it. */
  readonly authenticatedAt?: number
}

/** Times before this one, in 1973, are seconds since the epoch. */
const earliest = 100_000_000_000

/** The clocks of the host's machines may be ahead by this much, in milliseconds. */
const clockTolerance = 60_000

/**
 * The person signed in at the host; undefined if nobody is.
 *
 * @throws TypeError if the host returns anything else
 */
export async function personAtHost(
  accounts: Accounts,
  ctx: object,
): Promise<PersonAtHost | undefined> {
  const answer: unknown = await accounts.signedIn?.(hostContext(ctx))
  if (!answer) return undefined
  if (typeof answer !== 'object') {
    warnOfUnknownTime(accounts)
    return { accountId: answer as string }
  }
  const { accountId, authenticatedAt } = answer as Partial<PersonAtHost>
  if (typeof accountId !== 'string' || accountId === '') {
    throw new TypeError('accounts.signedIn: accountId must be a text, not empty')
  }
  if (!Number.isFinite(authenticatedAt) || Number(authenticatedAt) < earliest) {
    throw new TypeError('accounts.signedIn: authenticatedAt must be milliseconds since the epoch')
  }
  if (Number(authenticatedAt) > Date.now() + clockTolerance) {
    throw new TypeError('accounts.signedIn: authenticatedAt is in the future')
  }
  return { accountId, authenticatedAt: Number(authenticatedAt) }
}

const warned = new WeakSet<Accounts>()

function warnOfUnknownTime(accounts: Accounts): void {
  if (warned.has(accounts)) return
  warned.add(accounts)
  process.emitWarning(
    'accounts.signedIn does not say when the person signed in, so prompt=login and max_age of clients are not enforced: answer { accountId, authenticatedAt }',
    { type: 'AccountsWarning', code: 'sign_in_time_unknown' },
  )
}
