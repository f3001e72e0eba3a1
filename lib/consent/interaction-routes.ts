import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { errors } from 'oidc-provider'
import { createFormParser } from '../http/bodies.ts'
import { allowFormRedirect } from '../http/security-headers.ts'
import { interactionPath } from '../paths.ts'
import { showConsent, submitConsent } from './consent-page.ts'
import { refuseForeignOrigin } from './csrf.ts'
import { endUnregistered, openInteraction, redirect, type OpenInteraction } from './interaction.ts'
import { showLogin, submitLogin } from './login.ts'
import { isEnded, isOver, showOver } from './over.ts'
import type { PageParts } from './parts.ts'
import { showAccount, submitAccount } from './select-account.ts'
import { switchAccount } from './sign-in.ts'

type Form = Readonly<Record<string, unknown>>

/** The pages on which a person signs in and decides. */
export function createInteractionRoutes(parts: PageParts): Middleware {
  const router = new Router({ prefix: interactionPath })

  router.get('/:uid', async (ctx) => {
    const open = await openForPerson(parts, ctx)
    if (!open) return
    allowFormRedirect(ctx, open.redirectUri)
    ctx.type = 'html'
    await pageOf(open).show(parts, ctx, open)
  })

  router.post('/:uid', formParser, async (ctx) => {
    const open = await openForForm(parts, ctx)
    if (!open) return
    allowFormRedirect(ctx, open.redirectUri)
    ctx.type = 'html'
    await pageOf(open).submit(parts, ctx, open, formOf(ctx))
  })

  router.post('/:uid/switch-account', formParser, async (ctx) => {
    const open = await openForForm(parts, ctx)
    if (open) await switchAccount(parts, ctx, open.interaction, 'switch_account')
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

const formOf = (ctx: Context): Form => (ctx.request.body ?? {}) as Form

function openForForm(parts: PageParts, ctx: Context): Promise<OpenInteraction | undefined> {
  refuseForeignOrigin(ctx, parts.config.issuer)
  return openForPerson(parts, ctx, ({ formBase }) =>
    parts.formTokens.check(formBase, formOf(ctx)['csrf']),
  )
}

/**
 * The interaction, if the person is still to answer it. Otherwise the request is answered here: the person goes on, or sees
 * what came of it.
 *
 * @param check - throws if the form is not one of ours
 */
async function openForPerson(
  parts: PageParts,
  ctx: Context,
  check: (open: OpenInteraction) => void = () => undefined,
): Promise<OpenInteraction | undefined> {
  let open: OpenInteraction
  try {
    open = await openInteraction(parts.provider, ctx)
  } catch (error) {
    if (!isOver(error)) throw error
    await showOver(parts, ctx, error)
    return undefined
  }
  check(open)
  const { result, returnTo } = open.interaction
  if (!result) return (await endUnregistered(ctx, open)) ? undefined : open
  // Answered, but the browser lost the way on, or the person clicked twice: it goes on, nobody is asked again.
  if (isEnded(ctx)) await showOver(parts, ctx, new errors.SessionNotFound('it was answered'))
  else redirect(ctx, returnTo)
  return undefined
}
