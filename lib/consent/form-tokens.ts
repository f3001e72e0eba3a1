import { hash, timingSafeEqual } from 'node:crypto'
import type { Context, Middleware } from 'koa'
import { ProtocolError } from '../errors.ts'
import { createFormParser } from '../http/bodies.ts'
import { createKeyedHash, type KeyedHash } from '../keys/keyed-hash.ts'

/** Makes and checks the tokens that tie a form to an interaction and to a person. */
export interface FormTokens {
  /** @param shown - the terms on the page of the form, to which the person agrees */
  create(base: TokenBase, shown?: readonly unknown[]): string
  /** Whether the token was made for that. */
  isGood(base: TokenBase, token: unknown): boolean
  /** @throws ProtocolError with status 403 */
  check(base: TokenBase, token: unknown): void
  /** Whether the page of a form showed these terms. The token must have been checked before. */
  hasShown(token: unknown, shown: readonly unknown[]): boolean
}

/** A form is tied to all of this. */
export interface TokenBase {
  readonly uid: string
  readonly prompt: { readonly name: string }
  readonly session?: { readonly uid: string } | undefined
  /** The cookie of the interaction, which only the browser has that it was started in. */
  readonly cookie?: string | undefined
  /** The path that the form is for. */
  readonly path?: string | undefined
}

/** A form as it was posted: a stranger can send anything. */
export type PostedForm = Readonly<Record<string, unknown>>

/** Reads a form, for {@link checkedForm}. */
export const formParser: Middleware = createFormParser()

/**
 * Returns the form, if it comes from a page that this server made for that.
 *
 * @throws ProtocolError with status 403
 */
export function checkedForm(
  { config, formTokens }: FormParts,
  ctx: Context,
  base: TokenBase,
): PostedForm {
  refuseForeignOrigin(ctx, config.issuer)
  const form = (ctx.request.body ?? {}) as PostedForm
  formTokens.check(base, form['csrf'])
  return form
}

interface FormParts {
  readonly config: { readonly issuer: string }
  readonly formTokens: FormTokens
}

/** The tokens are signed and need no storage. */
export function createFormTokens(secrets: readonly string[]): FormTokens {
  const keys = secrets.map((secret) => createKeyedHash(secret))
  const sign = (key: KeyedHash, base: TokenBase, shown: string): string =>
    key(JSON.stringify(['form', ...toParts(base), shown])).toString('base64url')
  const isGood: FormTokens['isGood'] = (base, token) => {
    const given = Buffer.from(typeof token === 'string' ? token : '')
    const digest = digestOf(token)
    return keys.some((key) => {
      const expected = Buffer.from(`${digest}.${sign(key, base, digest)}`)
      return expected.length === given.length && timingSafeEqual(expected, given)
    })
  }
  return {
    isGood,
    create(base, shown = []) {
      const digest = toDigest(shown)
      return `${digest}.${sign(keys[0] as KeyedHash, base, digest)}`
    },
    check(base, token) {
      if (!isGood(base, token)) throw forbidden('the form token is missing or wrong')
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
  hash('sha256', JSON.stringify(shown), 'base64url')

/**
 * Refuses a form that a page of another origin sent. Browsers say so in two headers. A program that sends neither has no
 * person's cookies. Under `Referrer-Policy: no-referrer`, which a gateway may set, browsers hide the origin: they send `null`. Then
 * `Sec-Fetch-Site` must be `same-origin`. For a page whose origin is really opaque, as in a sandboxed frame, browsers send another value.
 *
 * @throws ProtocolError with status 403
 * @see {@link https://fetch.spec.whatwg.org/#append-a-request-origin-header Fetch, Section 3.2}
 */
export function refuseForeignOrigin(ctx: Context, issuer: string): void {
  const origin = ctx.get('Origin')
  const site = ctx.get('Sec-Fetch-Site')
  const isHidden = origin === 'null' && site === 'same-origin'
  const isForeign = origin !== '' && origin !== new URL(issuer).origin && !isHidden
  if (isForeign || (site !== '' && site !== 'same-origin')) {
    throw forbidden('the form was sent from another origin')
  }
}

const forbidden = (description: string): Error =>
  new ProtocolError('invalid_request', description, 403)
