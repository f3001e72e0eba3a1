import {
  errors,
  interactionPolicy,
  type Configuration,
  type KoaContextWithOIDC,
} from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { defaultLanguage } from '../pages/texts/catalogues.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import { personAtHost } from './accounts.ts'
import { checkRegistration, requestedSubject, subjectTypeOf } from './authorization-parameters.ts'
import { maxAgeParameter } from './read-parameters.ts'

const { Check, Prompt, base } = interactionPolicy

type Policy = NonNullable<NonNullable<Configuration['interactions']>['policy']>

/** Asks the person to sign in if necessary, and then always for consent. */
export function toPolicy({ accounts, lifetimes }: Config): Policy {
  const policy = base()
  const login = policy.get('login')
  const consent = policy.get('consent')
  if (!login || !consent) throw new Error('oidc-provider has no login and consent prompt any more')

  // Nobody is asked for a request that the client may no longer make.
  policy.add(new Prompt({ name: 'registration' }, stillRegistered), 0)

  // After the sign-in: before it, there is no account to keep.
  const selectAccount = new Prompt({ name: 'select_account', requestable: true })
  selectAccount.checks.clear()
  if (!accounts.signedIn) selectAccount.checks.add(accountSelection)
  policy.add(selectAccount, policy.indexOf(login) + 1)

  for (const check of toLoginChecks(accounts, lifetimes)) login.checks.add(check)

  // The framework's own checks look for an earlier grant that covers the request. Here each authorization is a consent with its own
  // grant, so there is only one question.
  consent.checks.clear()
  consent.checks.add(
    new Check('consent_required', 'consent is required', 'consent_required', async ({ oidc }) => {
      const { session, client, params } = oidc
      const subject = requestedSubject(params ?? {})
      // With prompt=none, the answer would silently tell the client for whom the person acts.
      if (subject && session?.accountId && client && !oidc.prompts.has('none')) {
        const type = subjectTypeOf(client)
        const { accountId } = session
        const choices = await loadSubjectChoices(accounts, accountId, type, defaultLanguage)
        const mayConnect = choices.some((choice) => choice.urn === subject.urn && choice.mayConnect)
        if (!mayConnect) throw new errors.AccessDenied('the request was denied')
      }
      return oidc.entities.Grant?.jti === undefined
    }),
  )
  return policy
}

/** Checks that ask for a sign-in although somebody is signed in. */
const toLoginChecks = (
  accounts: Config['accounts'],
  lifetimes: Config['lifetimes'],
): readonly InstanceType<typeof Check>[] => [
  // The framework checks max_age only with OpenID Connect.
  new Check('max_age_passed', 'the person signed in too long ago', 'login_required', (ctx) =>
    mustSignInAnew(ctx, accounts),
  ),
  new Check(
    'account_gone',
    'the account that was signed in is gone',
    'login_required',
    ({ oidc }) => Boolean(oidc.session?.accountId && !oidc.entities.Account),
  ),
  new Check(
    'session_old',
    'the person signed in too long ago',
    'login_required',
    ({ oidc: { session } }) =>
      !accounts.signedIn && Boolean(session?.accountId && session.past(lifetimes.session)),
  ),
  new Check(
    'host_account',
    'the account signed in at the host is another',
    'login_required',
    async (ctx) => {
      if (!accounts.signedIn || !ctx.oidc.session?.accountId) return false
      return (await personAtHost(accounts, ctx))?.accountId !== ctx.oidc.session.accountId
    },
  ),
  // The host has its own page for the choice.
  ...(accounts.signedIn ? [accountSelection] : []),
]

/** Whether the client wants the person to choose an account, and the person has not yet chosen or signed in. */
const mustChoose = ({ prompts, result }: KoaContextWithOIDC['oidc']): boolean =>
  prompts.has('select_account') && !result?.login && !result?.['select_account']

const accountSelection = new Check(
  'account_selection',
  'the person has to choose an account',
  'account_selection_required',
  ({ oidc }) => mustChoose(oidc),
)

/** Whether `max_age` asks for a new sign-in. If the host does not say when the person signed in, it always does. */
async function mustSignInAnew(
  ctx: KoaContextWithOIDC,
  accounts: Config['accounts'],
): Promise<boolean> {
  const { params, session, result } = ctx.oidc
  const maxAge = params?.[maxAgeParameter]
  if (maxAge === undefined || result?.login) return false
  if (Number(maxAge) === 0) return true
  if (!accounts.signedIn) return Boolean(session?.accountId && session.past(Number(maxAge)))
  const { authenticatedAt = -Infinity } = (await personAtHost(accounts, ctx)) ?? {}
  return Date.now() - authenticatedAt > Number(maxAge) * 1000
}

const stillRegistered = new Check(
  'registration_changed',
  'the client is not registered for the request any more',
  ({ oidc: { client, params } }) => {
    if (client) checkRegistration(client, params ?? {})
    return false
  },
)
