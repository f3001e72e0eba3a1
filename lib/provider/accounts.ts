import type { Account as ProviderAccount, Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Accounts } from '../config/options.ts'
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
