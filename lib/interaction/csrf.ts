import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'

/** Makes and checks the tokens that tie a form to the interaction and the person it was shown for. */
export interface FormTokens {
  create(interaction: TokenBase): string
  /** @throws InvalidRequest with status 403 */
  check(interaction: TokenBase, token: unknown): void
}

interface TokenBase {
  readonly uid: string
  readonly prompt: { readonly name: string }
  readonly session?: { readonly uid: string } | undefined
}

/** Tokens made of the interaction itself, so that there is nothing to store. */
export function createFormTokens(keys: readonly string[]): FormTokens {
  const sign = (key: string, { uid, prompt, session }: TokenBase): string =>
    createHmac('sha256', key)
      .update(JSON.stringify(['form', uid, prompt.name, session?.uid ?? '']))
      .digest('base64url')
  return {
    create: (interaction) => sign(keys[0] ?? '', interaction),
    check(interaction, token) {
      const given = Buffer.from(typeof token === 'string' ? token : '')
      const matches = keys.some((key) => {
        const expected = Buffer.from(sign(key, interaction))
        return expected.length === given.length && timingSafeEqual(expected, given)
      })
      if (!matches) throw new errors.InvalidRequest('the form token is missing or wrong', 403)
    },
  }
}

/**
 * Refuses a form that a page of another origin sent. Browsers say so in two headers; whoever sends
 * neither is no browser, and has no person's cookies.
 */
export function refuseForeignOrigin(ctx: Context, issuer: string): void {
  const origin = ctx.get('Origin')
  const site = ctx.get('Sec-Fetch-Site')
  const isForeign = origin !== '' && origin !== new URL(issuer).origin
  if (isForeign || (site !== '' && site !== 'same-origin')) {
    throw new errors.InvalidRequest('the form was sent from another origin', 403)
  }
}
