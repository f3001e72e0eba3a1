import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { allowFormRedirect } from '../http/security-headers.ts'
import { findRefusal } from '../oidc/authorization-parameters.ts'
import { isNotOpen, notOpen } from '../oidc/interaction-outcomes.ts'
import { interactionPath, toInteractionUrl } from '../paths.ts'
import { isEnded, showAnswered } from './answered.ts'
import { decide, submitConsent } from './consent-decision.ts'
import { showConsent } from './consent-page.ts'
import { checkedForm, formParser, refuseForeignOrigin, type PostedForm } from './form-tokens.ts'
import {
  finishInteraction,
  openInteraction,
  redirect,
  toFrame,
  toOpenInteraction,
  type OpenInteraction,
  type PageParts,
} from './interaction.ts'
import { showLogin, submitLogin } from './sign-in-pages.ts'
import { accountOf, switchAccount, toShownAccount } from './signed-in.ts'

/** Creates the pages on which a person signs in and decides. */
export function createInteractionRoutes(parts: PageParts): Middleware {
  const router = new Router({ prefix: interactionPath })
  const ifOpen = (next: Next) => (ctx: Context) => answerIfOpen(parts, ctx, next)
  router.get(
    '/:uid',
    ifOpen((open) => startPage(open).show(open)),
  )
  router.post(
    '/:uid',
    formParser,
    ifOpen((open, form) => startPage(open).submit(open, form)),
  )
  router.post(
    '/:uid/switch-account',
    formParser,
    ifOpen((open) => switchAccount(open, 'switch_account')),
  )
  return router.routes() as Middleware
}

type Next = (open: OpenInteraction, form: PostedForm) => Promise<void>

const consentPage = { show: showConsent, submit: submitConsent }

/** The pages of the framework's prompts. Every other prompt is a consent. */
const pages: ReadonlyMap<string, typeof consentPage> = new Map([
  ['login', { show: showLogin, submit: submitLogin }],
  ['select_account', { show: showAccount, submit: submitAccount }],
])

function startPage({ ctx, interaction, redirectUri }: OpenInteraction): typeof consentPage {
  allowFormRedirect(ctx, redirectUri)
  ctx.type = 'html'
  return pages.get(interaction.prompt.name) ?? consentPage
}

/**
 * Answers with the page of an interaction if the framework would send the browser to it. A browser that comes back to the URL of
 * the answer is sent to where the person is.
 */
export function createNextPage(parts: PageParts): Middleware {
  return async (ctx, next) => {
    await next()
    const { route, entities = {} } = (ctx as { oidc?: Partial<FrameworkRequest> }).oidc ?? {}
    const { Interaction: interaction, Client: client } = entities
    // A browser that comes back to the answer of a form would ask to send the form again.
    if (!interaction || ctx.method !== 'GET') return
    const url = toInteractionUrl(parts.config.issuer, interaction.uid)
    if (ctx.status !== 303 || ctx.response.get('Location') !== url) return
    // A new request leads to a new question. At the URL of the question, a person who comes back sees the decision.
    if (route === 'authorization' && !pages.has(interaction.prompt.name)) return
    try {
      const open = toOpenInteraction(parts, ctx, interaction, client)
      ctx.status = 200
      ctx.remove('Location')
      if (!(await isShownInTime(open))) redirect(ctx, url)
    } catch {
      // The page has its own URL, where this is tried again and the error is told.
      redirect(ctx, url)
    }
  }
}

/**
 * How long a consent page may take here, in milliseconds. Its answer brings the cookie of the sign-in. A person who clicks again
 * before it comes would have to sign in once more.
 */
const patience = 250

/** Shows the page of an interaction. Resolves to false if a consent page takes too long: it has its own URL. */
async function isShownInTime(open: OpenInteraction): Promise<boolean> {
  const shown = startPage(open)
    .show(open)
    .then(() => true)
  // The other pages change the interaction, and lead elsewhere.
  if (pages.has(open.interaction.prompt.name)) return shown
  // Ended as soon as the page is there, because a timer keeps all of its request in memory.
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, patience, false).unref()
  })
  return Promise.race([shown, late]).finally(() => clearTimeout(timer))
}

/** The parts of the framework's request that name the page. */
type FrameworkRequest = Pick<KoaContextWithOIDC['oidc'], 'route' | 'entities'>

/**
 * Goes on if the person has yet to answer the interaction. Otherwise, the person is sent on or sees the outcome. A post must have a
 * form of a page of this server.
 */
async function answerIfOpen(parts: PageParts, ctx: Context, next: Next): Promise<void> {
  const isPost = ctx.method === 'POST'
  if (isPost) refuseForeignOrigin(ctx, parts.config.issuer)
  let open: OpenInteraction
  try {
    open = await openInteraction(parts, ctx)
  } catch (error) {
    if (!isNotOpen(error)) throw error
    return showAnswered(parts, ctx, error)
  }
  const form = isPost ? checkedForm(parts, ctx, open.formBase) : {}
  if (open.interaction.result) {
    // The person has answered. The browser lost the redirect, or the person clicked twice.
    if (!isEnded(ctx)) return redirect(ctx, open.interaction.returnTo)
    return showAnswered(parts, ctx, notOpen('it was answered'))
  }
  // The client may no longer be registered for its request. If its redirect URI is not, this throws: nobody may be sent there.
  const refusal = findRefusal(open.client, open.interaction.params)
  if (refusal) return finishInteraction(open, refusal)
  await next(open, form)
}

/** Asks whether to continue as the person who is signed in. Before the answer, nobody is signed out. */
async function showAccount(open: OpenInteraction): Promise<void> {
  const account = await accountOf(open)
  if (!account) return switchAccount(open, 'account_changed')
  const page = open.views.page(open.ctx)
  open.ctx.body = page.render('select-account', {
    ...toFrame(open, page),
    account: toShownAccount(account),
  })
}

/** Takes the answer. The person does not type the password again. */
async function submitAccount(open: OpenInteraction, form: PostedForm): Promise<void> {
  if (form['decision'] === 'decline') return decide(open)
  if (form['decision'] === 'continue') {
    const result = { ...open.interaction.lastSubmission, select_account: {} }
    return finishInteraction(open, result)
  }
  open.ctx.status = 422
  await showAccount(open)
}
