import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { hostContext } from '../http/request-context.ts'
import { createFormParser } from '../http/bodies.ts'
import { isJustSet, lostCookie, sendsNoCookie } from '../http/lost-cookie.ts'
import { refuseForeignOrigin } from './csrf.ts'
import { redirect } from './interaction.ts'
import type { PageParts } from './parts.ts'
import { endSession, startSession } from './session.ts'
import { connectionsPath, signInPath, signOutPath } from '../paths.ts'
import { signedInPerson } from './person.ts'

/** The pages on which a person signs in and out without a request of a client, where the host has none. */
export function createSignInRoutes(parts: PageParts): Middleware {
  const router = new Router()
  if (!parts.config.accounts.authenticate) return router.routes() as Middleware
  const form = createFormParser()
  router.get(signInPath, async (ctx) => {
    if (await signedInPerson(parts, ctx)) {
      redirect(ctx, parts.config.issuer + connectionsPath)
      return
    }
    // Without the cookie, everybody who signs in would be asked to sign in again, without an end.
    const isLost = isJustSet(Number(ctx.query['signed_in'])) && sendsNoCookie(parts.provider, ctx)
    if (isLost) throw lostCookie()
    renderSignIn(parts, ctx, null)
  })
  router.post(signInPath, form, (ctx) => submitSignIn(parts, ctx))
  router.get(signOutPath, async (ctx) =>
    renderSignOut(parts, ctx, !(await signedInPerson(parts, ctx))),
  )
  router.post(signOutPath, form, (ctx) => submitSignOut(parts, ctx))
  return router.routes() as Middleware
}

function renderSignIn(
  { config, views, formTokens }: PageParts,
  ctx: Context,
  error: string | null,
  username = '',
): void {
  ctx.type = 'html'
  ctx.body = views.page(ctx).render('login', {
    client: null,
    action: config.issuer + signInPath,
    csrf: formTokens.create(signInForm),
    username,
    error,
  })
}

/**
 * Nobody is signed in yet whom a form could be tied to: that it comes from a page of ours is known by the
 * browser's word for it.
 */
const signInForm = { uid: 'sign-in', prompt: { name: 'login' } }

async function submitSignIn(parts: PageParts, ctx: Context): Promise<void> {
  const { provider, config, formTokens } = parts
  refuseForeignOrigin(ctx, config.issuer)
  const form = (ctx.request.body ?? {}) as Readonly<Record<string, unknown>>
  formTokens.check(signInForm, form['csrf'])
  const username = typeof form['username'] === 'string' ? form['username'].trim() : ''
  const password = typeof form['password'] === 'string' ? form['password'] : ''
  const accountId = await config.accounts.authenticate?.({ username, password }, hostContext(ctx))
  if (!accountId || !(await config.accounts.find(accountId))) {
    ctx.status = 422
    return renderSignIn(parts, ctx, 'login.problem.mismatch', username)
  }
  await startSession(provider, ctx, { accountId, lifetime: config.lifetimes.session })
  // Back to where it shows whether the browser keeps the cookie.
  const signedIn = String(Math.floor(Date.now() / 1000))
  redirect(ctx, `${config.issuer}${signInPath}?signed_in=${signedIn}`)
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

const signOutForm = { uid: 'sign-out', prompt: { name: 'sign-out' } }

async function submitSignOut(parts: PageParts, ctx: Context): Promise<void> {
  const { provider, config, formTokens } = parts
  refuseForeignOrigin(ctx, config.issuer)
  const form = (ctx.request.body ?? {}) as Readonly<Record<string, unknown>>
  formTokens.check(signOutForm, form['csrf'])
  await endSession(provider, ctx)
  renderSignOut(parts, ctx, true)
}
