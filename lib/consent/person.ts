import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import type { Account } from '../pleo/accounts.ts'
import { rememberTimeZone } from '../pages/page-time-zone.ts'
import { personAtHost } from '../oidc/accounts.ts'

/** The person whose browser this is, and what a form is tied to. */
export interface SignedInPerson {
  readonly account: Account
  /** The session of the host's person is the host's own: there, the account stands for it. */
  readonly session: { readonly uid: string }
}

/** The person signed in here or at the host; undefined where nobody is. */
export async function signedInPerson(
  {
    provider,
    config: { accounts, lifetimes },
  }: { readonly provider: Provider; readonly config: Config },
  ctx: Context,
): Promise<SignedInPerson | undefined> {
  const session = accounts.signedIn ? undefined : await provider.Session.get(ctx)
  const isRecent = session?.past(lifetimes.session) === false
  const accountId = accounts.signedIn
    ? (await personAtHost(accounts, ctx))?.accountId
    : isRecent && session.accountId
  const account = accountId ? await accounts.find(accountId) : undefined
  if (!account || !accountId) return undefined
  rememberTimeZone(ctx, account.timeZone)
  // The id that the person signed in with counts, whatever else the host calls the same person.
  return { account: { ...account, accountId }, session: { uid: session?.uid ?? accountId } }
}
