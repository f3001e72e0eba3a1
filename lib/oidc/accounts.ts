import type { Account as ProviderAccount, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Accounts } from '../pleo/accounts.ts'
import { hostContext } from '../http/request-context.ts'
import { setRevocationReason } from './grant-request.ts'
import type { Grant } from './internals.ts'

/**
 * Finds the account behind a session, or behind a token.
 *
 * A person who left keeps nobody from refreshing: the connection belongs to the company. So for a
 * token the host is only asked whether the grant goes on, and a no ends it.
 */
export function toFindAccount(accounts: Accounts): NonNullable<Configuration['findAccount']> {
  return async (ctx, accountId, token) => {
    if (!token) return (await accounts.find(accountId)) ? toProviderAccount(accountId) : undefined
    if (token.kind !== 'RefreshToken' || (await mayContinue(ctx, accounts))) {
      return toProviderAccount(accountId)
    }
    setRevocationReason(ctx, 'administrator')
    await ctx.oidc.entities.Grant?.destroy()
    return undefined
  }
}

// No claims: this server signs nobody in at a client, so it tells clients nothing about people.
const toProviderAccount = (accountId: string): ProviderAccount => ({
  accountId,
  claims: () => ({ sub: accountId }),
})

async function mayContinue(ctx: KoaContextWithOIDC, accounts: Accounts): Promise<boolean> {
  const grant: Grant | undefined = ctx.oidc.entities.Grant
  if (!accounts.mayContinue || !grant) return true
  const answer: unknown = await accounts.mayContinue({
    grantId: grant.jti,
    clientId: grant.clientId ?? '',
    subject: grant.subject ?? '',
    accountId: grant.accountId ?? '',
    scopes: grant.getOIDCScope().split(' '),
  })
  // Only a plain no ends what a customer granted.
  return answer !== false
}

/** A person who is signed in at the host. */
export interface PersonAtHost {
  readonly accountId: string
  /** Milliseconds since the epoch; absent if the host does not say it. */
  readonly authenticatedAt?: number
}

/** Times before this one, in 1973, are seconds since the epoch. */
const earliest = 100_000_000_000

/** How far the clock of another machine of the host may be ahead, in milliseconds. */
const clockTolerance = 60_000

/**
 * The person signed in at the host; undefined if nobody is.
 *
 * @throws TypeError if the host says something else
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
