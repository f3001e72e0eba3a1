import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { createFormParser } from '../http/form.ts'
import { allowFormRedirect } from '../http/security-headers.ts'
import { interactionPath } from '../provider/routes.ts'
import { showConsent, submitConsent } from './consent-page.ts'
import { refuseForeignOrigin } from './csrf.ts'
import {
  alreadyAnswered,
  endUnregistered,
  openInteraction,
  redirect,
  type OpenInteraction,
} from './interaction.ts'
import { showLogin, submitLogin } from './login.ts'
import type { PageParts } from './parts.ts'
import { showAccount, submitAccount } from './select-account.ts'
import { switchAccount } from './sign-in.ts'

type Form = Readonly<Record<string, unknown>>

/** The pages on which a person signs in and decides. */
export function createInteractionRoutes(parts: PageParts): Middleware {
  const { provider } = parts
  const router = new Router({ prefix: interactionPath })

  router.get('/:uid', async (ctx) => {
    const open = await openInteraction(provider, ctx)
    // Answered, but the browser lost the way on: it goes on, nobody is asked again.
    if (open.interaction.result) return redirect(ctx, open.interaction.returnTo)
    if (await endUnregistered(ctx, open)) return
    allowFormRedirect(ctx, open.redirectUri)
    ctx.type = 'html'
    await pageOf(open).show(parts, ctx, open)
  })

  router.post('/:uid', formParser, async (ctx) => {
    const { open, form } = await receiveForm(parts, ctx)
    if (await endUnregistered(ctx, open)) return
    allowFormRedirect(ctx, open.redirectUri)
    ctx.type = 'html'
    await pageOf(open).submit(parts, ctx, open, form)
  })

  router.post('/:uid/switch-account', formParser, async (ctx) => {
    const { open } = await receiveForm(parts, ctx)
    if (await endUnregistered(ctx, open)) return
    await switchAccount(parts, ctx, open.interaction, 'switch_account')
  })

  return router.routes() as Middleware
}

const consentPage = { show: showConsent, submit: submitConsent }

/** The pages of the prompts; every other prompt is a consent. */
const pages: ReadonlyMap<string, typeof consentPage> = new Map([
  ['login', { show: showLogin, submit: submitLogin }],
  ['select_account', { show: showAccount, submit: submitAccount }],
])

const pageOf = ({ interaction }: OpenInteraction): typeof consentPage =>
  pages.get(interaction.prompt.name) ?? consentPage

const formParser = createFormParser()

async function receiveForm(
  { provider, config, formTokens }: PageParts,
  ctx: Context,
): Promise<{ open: OpenInteraction; form: Form }> {
  refuseForeignOrigin(ctx, config.issuer)
  const open = await openInteraction(provider, ctx)
  const form = (ctx.request.body ?? {}) as Form
  formTokens.check(open.formBase, form['csrf'])
  if (open.interaction.result) throw alreadyAnswered(open.interaction)
  return { open, form }
}
