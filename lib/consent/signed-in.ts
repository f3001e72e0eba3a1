import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Account, Accounts } from '../pleo/accounts.ts'
import { rememberTimeZone } from '../pages/reader.ts'
import type { ShownAccount } from '../pages/shown-data.ts'
import { personAtHost } from '../oidc/accounts.ts'
import { toInteractionUrl } from '../paths.ts'
import { finishInteraction, redirect, type OpenInteraction, type PageParts } from './interaction.ts'

type Session = Awaited<ReturnType<Provider['Session']['get']>>

/** The person whose browser this is. */
export interface SignedInPerson {
  readonly account: Account
  /** Forms are tied to it. If the person signs in at the host, the session is the host's: its id is that of the account. */
  readonly session: { readonly uid: string }
}

/** The session of this server; undefined if people sign in at the host. */
export async function ownSession(
  { provider, config }: PageParts,
  ctx: Context,
): Promise<Session | undefined> {
  return config.accounts.signedIn ? undefined : sessionOf(provider, ctx)
}

/** The session of a browser. If the framework has answered the request, it may have given the session another id than the cookie has. */
const sessionOf = async (provider: Provider, ctx: Context): Promise<Session> =>
  (ctx['oidc']?.session as Session | undefined) ?? provider.Session.get(ctx)

/** The person who is signed in, here or at the host; undefined if nobody is. */
export async function signedInPerson(
  parts: PageParts,
  ctx: Context,
  known?: Session,
): Promise<SignedInPerson | undefined> {
  const { accounts, lifetimes } = parts.config
  const session = known ?? (await ownSession(parts, ctx))
  const isRecent = session?.past(lifetimes.session) === false
  const accountId = accounts.signedIn
    ? (await personAtHost(accounts, ctx))?.accountId
    : isRecent && session.accountId
  const account = await findAccount(accounts, ctx, accountId)
  return account && { account, session: { uid: session?.uid ?? account.accountId } }
}

/** The person that the interaction is with; undefined if somebody else is signed in at the host now, or nobody. */
export async function accountOf(open: OpenInteraction): Promise<Account | undefined> {
  const { ctx, interaction } = open
  const { accounts } = open.config
  const accountId = interaction.session?.accountId
  const isSame = !accounts.signedIn || (await personAtHost(accounts, ctx))?.accountId === accountId
  return findAccount(accounts, ctx, isSame && accountId)
}

async function findAccount(
  accounts: Accounts,
  ctx: Context,
  accountId: string | false | undefined,
): Promise<Account | undefined> {
  const account = accountId ? await accounts.find(accountId) : undefined
  if (!account || !accountId) return undefined
  rememberTimeZone(ctx, account.timeZone)
  // The host may return another id of the same person. The id of the sign-in counts.
  return { ...account, accountId }
}

/** The person, as pages show one. */
export const toShownAccount = ({ name, email }: Account): ShownAccount => ({
  name,
  email: email ?? null,
})

/** Continues an interaction as the person who has just signed in. */
export async function signIn(open: OpenInteraction, accountId: string): Promise<void> {
  const { provider, config, ctx, interaction } = open
  if (!(await config.accounts.find(accountId))) {
    // The framework would ask for the sign-in again, without an end.
    throw new TypeError('accounts.find does not know the person who just signed in')
  }
  const session = await sessionOf(provider, ctx)
  // The framework would sign the other person out by itself, but it would end grants with the session.
  if (session.accountId !== undefined && session.accountId !== accountId) {
    await endSession(open, ctx)
    delete interaction.session
  }
  // The earlier answers are left out: another person may have given them.
  await finishInteraction(open, { login: { accountId, remember: true } })
  const { clientId } = open.client
  open.people.signedIn({ accountId, clientId, at: config.accounts.signedIn ? 'host' : 'page' })
}

/** Starts an interaction again with the sign-in, if the person is another one, or wants to be. */
export async function switchAccount(
  open: OpenInteraction,
  reason: 'switch_account' | 'account_changed',
): Promise<void> {
  const { config, ctx, interaction } = open
  delete interaction.session
  delete interaction.lastSubmission
  interaction.prompt = { name: 'login', reasons: [reason], details: {} }
  // Without its session, the interaction would no longer be open.
  await interaction.persist()
  await endSession(open, ctx)
  redirect(ctx, toInteractionUrl(config.issuer, interaction.uid))
}

const attributes = { path: '/', httpOnly: true, sameSite: 'lax', overwrite: true } as const

/** Signs a person in on this browser, without an interaction. */
export async function startSession(
  { provider, config, people }: PageParts,
  ctx: Context,
  accountId: string,
): Promise<void> {
  const lifetime = config.lifetimes.session
  const session = await provider.Session.get(ctx)
  // The new session has another id, so that nobody can know it from before.
  if (session.accountId !== undefined) await session.destroy()
  const own = session.accountId === undefined ? session : new provider.Session()
  own.loginAccount({ accountId })
  own.resetIdentifier()
  await own.save(lifetime)
  const expires = new Date(Date.now() + lifetime * 1000)
  ctx.cookies.set(provider.cookieName('session'), own.jti, { ...attributes, signed: true, expires })
  people.signedIn({ accountId, at: 'page' })
}

/** Signs the person out on this browser. Grants stay. */
export async function endSession({ provider }: PageParts, ctx: Context): Promise<void> {
  const session = await sessionOf(provider, ctx)
  await session.destroy()
  ctx.cookies.set(provider.cookieName('session'), null, attributes)
}
