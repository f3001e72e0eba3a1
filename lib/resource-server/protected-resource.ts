import type { Context, Middleware } from 'koa'
import { defaultProofAlgorithms, type ProofAlgorithm } from '../validation/dpop-proof.ts'
import { originalUrlOf } from '../validation/url.ts'
import {
  checkAlgorithms,
  checkIssuer,
  checkOptions,
  checkSwitch,
  checkText,
  checkTexts,
  optional,
  toUrl,
  type Checks,
} from './checked-options.ts'

/** The options of an API that `bearer()` and `protectedResource()` share. Give both the same values. */
export interface ApiOptions {
  /** The base URL of this API: the `aud` of its tokens, and the `resource` that clients name. */
  readonly audience: string
  /**
   * The URL at which clients reach this API. It never comes from the `Host` header. Proxies in front of the API pass paths unchanged.
   *
   * @defaultValue the audience. Clients believe the metadata of no other URL
   */
  readonly baseUrl?: string
  /**
   * The scopes of this API. The metadata has them. `bearer()` tells them to a request without a token, so that a client knows
   * what to ask for.
   *
   * @defaultValue not said
   * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
   */
  readonly scopes?: readonly string[]
  /**
   * Whether tokens that are bound to a key are accepted, with a proof of it.
   *
   * @defaultValue true
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-7 RFC 9449, Section 7}
   */
  readonly dpop?: boolean
  /**
   * Signature algorithms that proofs may have. Give the authorization server the same list.
   *
   * @defaultValue `['ES256', 'Ed25519', 'EdDSA']`, as the authorization server has it
   */
  readonly dpopSigningAlgorithms?: readonly ProofAlgorithm[]
}

/** The options of {@link protectedResource}. */
export interface ProtectedResourceOptions extends ApiOptions {
  /** The issuers whose tokens are accepted. */
  readonly authorizationServers: readonly string[]
}

/** Checks the options of both. */
export const apiChecks: Checks<ApiOptions> = {
  audience: checkText,
  // `toUrl` checks it together with its default.
  baseUrl: () => undefined,
  scopes: optional(checkTexts),
  dpop: optional(checkSwitch),
  dpopSigningAlgorithms: checkAlgorithms,
}

const checks: Checks<ProtectedResourceOptions> = {
  ...apiChecks,
  authorizationServers(name, value) {
    checkTexts(name, value)
    for (const [index, issuer] of (value as readonly string[]).entries())
      checkIssuer(`${name}[${index}]`, issuer)
  },
}

const wellKnown = '/.well-known/oauth-protected-resource'

/** The URL of the metadata of an API: the well-known path comes before its own (RFC 9728, Section 3.1). */
export const toMetadataUrl = (baseUrl: URL): URL =>
  new URL(wellKnown + (baseUrl.pathname === '/' ? '' : baseUrl.pathname), baseUrl.origin)

/**
 * Tells everybody the metadata of this API: the authorization servers whose tokens it accepts, and its scopes.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9728.html#section-3 RFC 9728, Section 3}
 * @throws TypeError if an option is wrong
 */
export function protectedResource(options: ProtectedResourceOptions): Middleware {
  checkOptions('protectedResource', options, checks)
  const { audience, dpop = true, dpopSigningAlgorithms = defaultProofAlgorithms } = options
  const baseUrl = toUrl('protectedResource: baseUrl', options.baseUrl ?? audience)
  const metadata = {
    resource: audience,
    authorization_servers: options.authorizationServers,
    scopes_supported: options.scopes,
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: dpop ? dpopSigningAlgorithms : undefined,
  }
  const { pathname } = toMetadataUrl(baseUrl)
  return (ctx, next) => {
    const isOurs = methods.includes(ctx.method)
    if (!isOurs || originalUrlOf(ctx).split('?', 1)[0] !== pathname) return next()
    // Clients in browsers read it, too.
    ctx.set('Access-Control-Allow-Origin', '*')
    if (ctx.method === 'OPTIONS') answerOptions(ctx)
    else ctx.body = metadata
    return undefined
  }
}

const methods = ['GET', 'HEAD', 'OPTIONS']

/** Answers as the authorization server does for its metadata. A page may send any header, because no answer depends on one. */
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
