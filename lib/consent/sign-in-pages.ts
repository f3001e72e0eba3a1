import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import type { LoginData } from '../pages/page-data.ts'
import type { PathMiddleware } from '../http/app.ts'
import { connectionsPath, signInPath, signOutPath } from '../paths.ts'
import { lostCookie, refusedCookies } from './answered.ts'
import { decide } from './consent-decision.ts'
import { checkedForm, formParser, type PostedForm } from './form-tokens.ts'
import { redirect, toFrame, type OpenInteraction, type PageParts } from './interaction.ts'
import { signInAtHost } from './sign-in-at-host.ts'
import { endSession, signedInPerson, signIn, startSession } from './signed-in.ts'

/** Signs the person in for an interaction: at the host, or on the page with the password. */
export async function showLogin(open: OpenInteraction): Promise<void> {
  if (open.config.accounts.signedIn) return signInAtHost(open)
  const { username, isAgain } = await findWhoIsAsked(open)
  renderLogin(open, open.ctx, toFrame(open, open.views.page(open.ctx)), { username, isAgain })
}

/** The person who is asked to sign in, if the client or this browser knows. Nobody learns who was signed in before the session ended. */
async function findWhoIsAsked(
  open: OpenInteraction,
): Promise<Required<Pick<Typed, 'username' | 'isAgain'>>> {
  const { login_hint: hint } = open.interaction.params
  const known = open.interaction.session?.accountId && (await signedInPerson(open, open.ctx))
  const email = known ? known.account.email : undefined
  return { username: hint ?? email, isAgain: Boolean(known) && (!hint || hint === email) }
}

/** Takes the name and the password for an interaction. */
export async function submitLogin(open: OpenInteraction, form: PostedForm): Promise<void> {
  if (form['decision'] === 'decline') return decide(open)
  const accountId = await authenticate(open, open.ctx, form)
  if (accountId) return signIn(open, accountId)
  const { isAgain } = await findWhoIsAsked(open)
  const frame = toFrame(open, open.views.page(open.ctx))
  renderLogin(open, open.ctx, frame, { ...toMismatch(form), isAgain })
}

/** Creates the pages on which a person signs in and out without an interaction, if the host has no such pages. */
export function createSignInRoutes(parts: PageParts): readonly PathMiddleware[] {
  if (!parts.config.accounts.authenticate) return []
  const router = new Router()
  router.get(signInPath, (ctx) => showSignIn(parts, ctx))
  router.post(signInPath, formParser, (ctx) => submitSignIn(parts, ctx))
  router.get(signOutPath, async (ctx) =>
    renderSignOut(parts, ctx, !(await signedInPerson(parts, ctx))),
  )
  router.post(signOutPath, formParser, (ctx) => submitSignOut(parts, ctx))
  const routes = router.routes() as Middleware
  return [signInPath, signOutPath].map((path) => [path, routes])
}

async function showSignIn(parts: PageParts, ctx: Context): Promise<void> {
  const { issuer } = parts.config
  if (await signedInPerson(parts, ctx)) return redirect(ctx, issuer + connectionsPath)
  // Otherwise a browser that refuses the cookie would ask for the sign-in again, without an end.
  const since = async () => Number(ctx.query['signed_in'])
  if (await refusedCookies(parts, ctx, since)) throw lostCookie()
  renderSignIn(parts, ctx)
}

/** Nobody is signed in yet to whom the form could be tied. The headers of the browser protect it. */
const signInForm = { uid: 'sign-in', prompt: { name: 'login' } }

async function submitSignIn(parts: PageParts, ctx: Context): Promise<void> {
  const { issuer, accounts } = parts.config
  const form = checkedForm(parts, ctx, signInForm)
  const accountId = await authenticate(parts, ctx, form)
  if (!accountId || !(await accounts.find(accountId))) {
    return renderSignIn(parts, ctx, toMismatch(form))
  }
  await startSession(parts, ctx, accountId)
  // That page sees whether the browser kept the cookie.
  const signedIn = String(Math.floor(Date.now() / 1000))
  redirect(ctx, `${issuer}${signInPath}?signed_in=${signedIn}`)
}

function renderSignIn(parts: PageParts, ctx: Context, typed: Typed = {}): void {
  const action = parts.config.issuer + signInPath
  const frame = { client: null, action, csrf: parts.formTokens.create(signInForm) }
  renderLogin(parts, ctx, frame, typed)
}

/** Asks the host for the person with this name and password. */
async function authenticate(
  { people, client, ...parts }: PageParts & Partial<Pick<OpenInteraction, 'client'>>,
  ctx: Context,
  { username, password }: PostedForm,
): Promise<string | undefined> {
  if (typeof username !== 'string' || typeof password !== 'string') return undefined
  const typed = username.trim()
  const accountId = await parts.authenticate({ username: typed, password }, ctx)
  if (!accountId) people.signInRefused(typed, client ? { clientId: client.clientId } : {})
  return accountId
}

interface Typed {
  readonly username?: unknown
  readonly isMismatch?: boolean
  readonly isAgain?: boolean
}

const toMismatch = ({ username }: PostedForm): Typed => ({ username, isMismatch: true })

function renderLogin(
  { config, views }: PageParts,
  ctx: Context,
  { client, action, csrf }: Pick<LoginData, 'client' | 'action' | 'csrf'>,
  { username, isMismatch = false, isAgain = false }: Typed,
): void {
  const { links = {} } = config.accounts
  const toLink = (link: string | undefined) =>
    link === undefined ? null : new URL(link, config.issuer).href
  if (isMismatch) ctx.status = 422
  ctx.type = 'html'
  ctx.body = views.page(ctx).render('login', {
    client,
    action,
    csrf,
    isAgain,
    links: { forgottenPassword: toLink(links.forgottenPassword), help: toLink(links.help) },
    username: typeof username === 'string' ? username : '',
    error: isMismatch ? 'login.problem.mismatch' : null,
  })
}

const signOutForm = { uid: 'sign-out', prompt: { name: 'sign-out' } }

async function submitSignOut(parts: PageParts, ctx: Context): Promise<void> {
  checkedForm(parts, ctx, signOutForm)
  await endSession(parts, ctx)
  renderSignOut(parts, ctx, true)
}

function renderSignOut(
  { config, views, formTokens }: PageParts,
  ctx: Context,
  isDone: boolean,
): void {
  ctx.type = 'html'
  ctx.body = views.page(ctx).render('sign-out', {
    isDone,
    action: config.issuer + signOutPath,
    connectionsUrl: config.issuer + connectionsPath,
    csrf: formTokens.create(signOutForm),
  })
}
