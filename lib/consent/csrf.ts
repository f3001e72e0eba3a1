import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { Context } from 'koa'
import { errors } from 'oidc-provider'

/** Makes and checks the tokens that tie a form to the interaction and the person it was shown for. */
export interface FormTokens {
  /** @param shown - what the form shows that the person agrees to */
  create(interaction: TokenBase, shown?: readonly unknown[]): string
  /** Whether the token was made for that. */
  isGood(interaction: TokenBase, token: unknown): boolean
  /** @throws InvalidRequest with status 403 */
  check(interaction: TokenBase, token: unknown): void
  /** Whether a form with that token, which was checked, showed that. */
  hasShown(token: unknown, shown: readonly unknown[]): boolean
}

/** What a form is tied to. */
export interface TokenBase {
  readonly uid: string
  readonly prompt: { readonly name: string }
  readonly session?: { readonly uid: string } | undefined
  /** The cookie of the interaction, which only the browser has that it was started in. */
  readonly cookie?: string | undefined
  /** The path that the form is for. */
  readonly path?: string | undefined
}

/** Tokens made of the interaction itself, so that there is nothing to store. */
export function createFormTokens(keys: readonly string[]): FormTokens {
  const sign = (key: string, base: TokenBase, shown: string): string =>
    createHmac('sha256', key)
      .update(JSON.stringify(['form', ...toParts(base), shown]))
      .digest('base64url')
  const isGood: FormTokens['isGood'] = (interaction, token) => {
    const given = Buffer.from(typeof token === 'string' ? token : '')
    const digest = digestOf(token)
    return keys.some((key) => {
      const expected = Buffer.from(`${digest}.${sign(key, interaction, digest)}`)
      return expected.length === given.length && timingSafeEqual(expected, given)
    })
  }
  return {
    isGood,
    create(interaction, shown = []) {
      const digest = toDigest(shown)
      return `${digest}.${sign(keys[0] ?? '', interaction, digest)}`
    },
    check(interaction, token) {
      if (isGood(interaction, token)) return
      throw new errors.InvalidRequest('the form token is missing or wrong', 403)
    },
    hasShown: (token, shown) => digestOf(token) === toDigest(shown),
  }
}

const toParts = ({ uid, prompt, session, cookie, path }: TokenBase): readonly string[] => [
  uid,
  prompt.name,
  session?.uid ?? '',
  ...(path === undefined ? [] : [cookie ?? '', path]),
]

const digestOf = (token: unknown): string =>
  typeof token === 'string' ? (token.split('.')[0] ?? '') : ''

const toDigest = (shown: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(shown)).digest('base64url')

/**
 * Refuses a form that a page of another origin sent. Browsers say so in two headers. A program that sends neither has no
 * person's cookies. Under `Referrer-Policy: no-referrer`, which a gateway may set, browsers hide the origin: they send `null`. Then
 * `Sec-Fetch-Site` must be `same-origin`. For a page whose origin is really opaque, as in a sandboxed frame, browsers send another value.
 *
 * @see {@link https://fetch.spec.whatwg.org/#append-a-request-origin-header Fetch, Section 3.2}
 */
export function refuseForeignOrigin(ctx: Context, issuer: string): void {
  const origin = ctx.get('Origin')
  const site = ctx.get('Sec-Fetch-Site')
  const isHidden = origin === 'null' && site === 'same-origin'
  const isForeign = origin !== '' && origin !== new URL(issuer).origin && !isHidden
  if (isForeign || (site !== '' && site !== 'same-origin')) {
    throw new errors.InvalidRequest('the form was sent from another origin', 403)
  }
}
