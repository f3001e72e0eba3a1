import type { Context, Middleware } from 'koa'
import type { ProofAlgorithm } from '../validation/dpop-proof.ts'
import { originalUrlOf } from '../validation/url.ts'
import {
  checkIssuer,
  checkMembers,
  checkSwitch,
  checkText,
  checkTexts,
  toProofAlgorithms,
  toUrl,
} from './checked-options.ts'

/** The options of {@link protectedResource}. */
export interface ProtectedResourceOptions {
  /** The base URL of this API: the `aud` of its tokens, and the `resource` that clients name. */
  readonly audience: string
  /**
   * Where clients reach this API.
   *
   * @defaultValue the audience, which it must be for a client to believe what is said here
   */
  readonly baseUrl?: string
  /** Issuers whose tokens are taken. */
  readonly authorizationServers: readonly string[]
  /**
   * The scopes that there are here.
   *
   * @defaultValue not said
   */
  readonly scopes?: readonly string[]
  /**
   * Whether tokens that are bound to a key are taken, as `bearer()` has it.
   *
   * @defaultValue true
   */
  readonly dpop?: boolean
  /**
   * Signature algorithms that proofs may have: the same list as for `bearer()`.
   *
   * @defaultValue `['ES256', 'Ed25519', 'EdDSA']`
   */
  readonly dpopSigningAlgorithms?: readonly ProofAlgorithm[]
}

const members = [
  'audience',
  'baseUrl',
  'authorizationServers',
  'scopes',
  'dpop',
  'dpopSigningAlgorithms',
]

const wellKnown = '/.well-known/oauth-protected-resource'

/** The URL of the metadata of an API: the well-known path comes before its own (RFC 9728, Section 3.1). */
export const toMetadataUrl = (baseUrl: URL): URL =>
  new URL(wellKnown + (baseUrl.pathname === '/' ? '' : baseUrl.pathname), baseUrl.origin)

/**
 * Tells clients which authorization servers this API takes tokens of, to anybody who asks.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728.html#section-3 RFC 9728, Section 3}
 * @throws TypeError if an option is wrong
 */
export function protectedResource(options: ProtectedResourceOptions): Middleware {
  checkMembers('protectedResource', options, members)
  const { audience, authorizationServers, scopes, dpop = true } = options
  checkText('protectedResource: audience', audience)
  const baseUrl = toUrl('protectedResource: baseUrl', options.baseUrl ?? audience)
  checkSwitch('protectedResource: dpop', dpop)
  if (scopes !== undefined) checkTexts('protectedResource: scopes', scopes)
  checkTexts('protectedResource: authorizationServers', authorizationServers)
  for (const [index, issuer] of authorizationServers.entries()) {
    checkIssuer(`protectedResource: authorizationServers[${index}]`, issuer)
  }
  const algorithms = toProofAlgorithms('protectedResource', options.dpopSigningAlgorithms)
  const metadata = {
    resource: audience,
    authorization_servers: authorizationServers,
    scopes_supported: scopes,
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: dpop ? algorithms : undefined,
  }
  const { pathname } = toMetadataUrl(baseUrl)
  return (ctx, next) => {
    const isOurs = methods.includes(ctx.method)
    if (!isOurs || originalUrlOf(ctx).split('?', 1)[0] !== pathname) return next()
    // Clients in browsers read it as well.
    ctx.set('Access-Control-Allow-Origin', '*')
    if (ctx.method === 'OPTIONS') answerOptions(ctx)
    else ctx.body = metadata
    return undefined
  }
}

const methods = ['GET', 'HEAD', 'OPTIONS']

/** As the authorization server answers for its own metadata. A page may send any header: nothing depends on one. */
function answerOptions(ctx: Context): void {
  ctx.status = 204
  ctx.set('Allow', methods.join(', '))
  if (!ctx.get('Access-Control-Request-Method')) return
  ctx.vary('Access-Control-Request-Headers')
  ctx.set('Access-Control-Allow-Methods', 'GET')
  ctx.set('Access-Control-Max-Age', '3600')
  const headers = ctx.get('Access-Control-Request-Headers')
  if (headers) ctx.set('Access-Control-Allow-Headers', headers)
}
