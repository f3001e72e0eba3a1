import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { allowFormRedirect } from '../http/security-headers.ts'
import { isNotOpen, notOpen } from '../oidc/interaction-outcomes.ts'
import { interactionPath } from '../paths.ts'
import { isEnded, showAnswered } from './answered.ts'
import { decide, submitConsent } from './consent-decision.ts'
import { showConsent } from './consent-page.ts'
import { formOf, formParser, refuseForeignOrigin, type PostedForm } from './form-tokens.ts'
import {
  endUnregistered,
  finishInteraction,
  openInteraction,
  redirect,
  type OpenInteraction,
  type PageParts,
} from './interaction.ts'
import { toFrame, toShownAccount } from './shown-client.ts'
import { showLogin, submitLogin } from './sign-in-pages.ts'
import { accountOf, switchAccount } from './signed-in.ts'

/** Creates the pages on which a person signs in and decides. */
export function createInteractionRoutes(parts: PageParts): Middleware {
  const router = new Router({ prefix: interactionPath })

  router.get('/:uid', async (ctx) => {
    const open = await openForPerson(parts, ctx)
    if (!open) return
    allowFormRedirect(ctx, open.redirectUri)
    ctx.type = 'html'
    await pageOf(open).show(open)
  })

  router.post('/:uid', formParser, async (ctx) => {
    const open = await openForForm(parts, ctx)
    if (!open) return
    allowFormRedirect(ctx, open.redirectUri)
    ctx.type = 'html'
    await pageOf(open).submit(open, formOf(ctx))
  })

  router.post('/:uid/switch-account', formParser, async (ctx) => {
    const open = await openForForm(parts, ctx)
    if (open) await switchAccount(open, 'switch_account')
  })

  return router.routes() as Middleware
}

const consentPage = { show: showConsent, submit: submitConsent }

/** The pages of the framework's prompts. Every other prompt is a consent. */
const pages: ReadonlyMap<string, typeof consentPage> = new Map([
  ['login', { show: showLogin, submit: submitLogin }],
  ['select_account', { show: showAccount, submit: submitAccount }],
])

const pageOf = ({ interaction }: OpenInteraction): typeof consentPage =>
  pages.get(interaction.prompt.name) ?? consentPage

function openForForm(parts: PageParts, ctx: Context): Promise<OpenInteraction | undefined> {
  refuseForeignOrigin(ctx, parts.config.issuer)
  return openForPerson(parts, ctx, ({ formBase }) =>
    parts.formTokens.check(formBase, formOf(ctx)['csrf']),
  )
}

/**
 * Returns the interaction if the person has yet to answer it. Otherwise answers the request: the person goes on, or sees the
 * outcome.
 *
 * @param check - throws if the form does not come from a page of this server
 */
async function openForPerson(
  parts: PageParts,
  ctx: Context,
  check: (open: OpenInteraction) => void = () => undefined,
): Promise<OpenInteraction | undefined> {
  let open: OpenInteraction
  try {
    open = await openInteraction(parts, ctx)
  } catch (error) {
    if (!isNotOpen(error)) throw error
    await showAnswered(parts, ctx, error)
    return undefined
  }
  check(open)
  const { result, returnTo } = open.interaction
  if (!result) return (await endUnregistered(open)) ? undefined : open
  // The person has answered. The browser lost the redirect, or the person clicked twice.
  if (isEnded(ctx)) await showAnswered(parts, ctx, notOpen('it was answered'))
  else redirect(ctx, returnTo)
  return undefined
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
