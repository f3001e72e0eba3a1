import type { Context, Middleware } from 'koa'
import type { ProofAlgorithm } from '../validation/dpop-proof.ts'
import type { UsedProofs } from '../storage.ts'
import { VerificationUnavailableError, type TokenVerifier } from './access-token.ts'
import { createAuthentication } from './token-authentication.ts'
import {
  createChallenge,
  createUnauthorized,
  ResourceServerError,
  type Scheme,
} from './challenges.ts'
import {
  checkFunction,
  checkMembers,
  checkSwitch,
  checkText,
  checkTexts,
  toProofAlgorithms,
  toUrl,
} from './checked-options.ts'
import { createProofCheck, inProcess, warnOfOneProcess } from './proofs.ts'
import { toMetadataUrl } from './protected-resource.ts'
import { setRequest, type CompaniesOf, type BearerState } from './scope.ts'

/** The options of {@link bearer}. */
export interface BearerOptions {
  /** How tokens are verified: `introspection()`, `local()`, `jwt()`, or your own. */
  readonly verify: TokenVerifier
  /** The `aud` of tokens for this API: its base URL. */
  readonly audience: string
  /**
   * The URL at which clients reach this API. It never comes from the `Host` header. Proxies in front of the API pass paths unchanged.
   *
   * @defaultValue the audience
   */
  readonly baseUrl?: string
  /**
   * The companies of an organization, for `companyFor` and `companiesFor`. Asked at every request that needs it.
   *
   * @defaultValue no companies: tokens of an organization reach none
   */
  readonly companiesOf?: CompaniesOf
  /**
   * Whether tokens that are bound to a key are taken, with a proof of it.
   *
   * @defaultValue true
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-7 RFC 9449, Section 7}
   */
  readonly dpop?: boolean
  /**
   * Remembers which proofs were used, so that each counts once: `usedProofs` of `createRedisAdapter()`, another
   * memory that all processes of this API share, or `inProcess()` if there is one process. Asked only after token and proof
   * are known to be good. If it rejects, the request is answered with 503.
   *
   * @defaultValue `inProcess()`, with the warning `proofs_in_one_process` at the start, unless `dpop` is `false`
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-11.1 RFC 9449, Section 11.1}
   */
  readonly usedProofs?: UsedProofs
  /**
   * Signature algorithms that proofs may have. Give the authorization server the same list, and `protectedResource()`.
   *
   * @defaultValue `['ES256', 'Ed25519', 'EdDSA']`, as the authorization server has it
   */
  readonly dpopSigningAlgorithms?: readonly ProofAlgorithm[]
  /**
   * Whether a request without a good token is told where `protectedResource()` answers.
   *
   * @defaultValue true
   * @see {@link https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1 RFC 9728, Section 5.1}
   */
  readonly resourceMetadata?: boolean
  /**
   * The scopes that there are here. A request without a token is told them, so that a client knows what to ask for.
   *
   * @defaultValue not said
   * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
   */
  readonly scopes?: readonly string[]
  /**
   * Sets another `ctx.body` for a request that is refused, if an API has one shape for its errors. The status and
   * the headers of the error are set afterwards: this cannot change them.
   *
   * @defaultValue the body is `{ "error", "error_description" }`
   */
  readonly onError?: (ctx: Context, error: ResourceServerError) => Promise<void> | void
}

const members = [
  'verify',
  'audience',
  'baseUrl',
  'companiesOf',
  'dpop',
  'usedProofs',
  'dpopSigningAlgorithms',
  'resourceMetadata',
  'scopes',
  'onError',
]

/** When to try again what cannot be answered now, in seconds. */
const retryAfter = '1'

/**
 * Lets a request pass that has a good access token, which is `ctx.state.token` from then on, and answers every other; also
 * what the middleware behind it refuses by throwing a {@link ResourceServerError}. Where nothing can be known of
 * a token, the reason goes out as the application's event `error`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 * @throws TypeError if an option is wrong
 */
export function bearer(options: BearerOptions): Middleware<BearerState> {
  checkMembers('bearer', options, members)
  const {
    verify,
    audience,
    companiesOf,
    dpop = true,
    resourceMetadata = true,
    scopes,
    onError,
  } = options
  checkFunction('bearer: verify', verify)
  checkText('bearer: audience', audience)
  if (companiesOf !== undefined) checkFunction('bearer: companiesOf', companiesOf)
  if (onError !== undefined) checkFunction('bearer: onError', onError)
  checkSwitch('bearer: dpop', dpop)
  const { usedProofs = inProcess() } = options
  checkFunction('bearer: use of usedProofs', usedProofs?.use)
  checkSwitch('bearer: resourceMetadata', resourceMetadata)
  if (scopes !== undefined) checkTexts('bearer: scopes', scopes)
  const baseUrl = toUrl('bearer: baseUrl', options.baseUrl ?? audience)
  const schemes: readonly Scheme[] = dpop ? ['Bearer', 'DPoP'] : ['Bearer']
  const algorithms = toProofAlgorithms('bearer', options.dpopSigningAlgorithms)
  const metadataUrl = resourceMetadata ? toMetadataUrl(baseUrl).href : undefined
  const challenge = createChallenge(baseUrl.origin, metadataUrl, algorithms)
  const authenticate = createAuthentication({
    verify,
    audience,
    schemes,
    unauthorized: createUnauthorized(schemes, challenge, scopes),
    checkProof: createProofCheck(baseUrl.origin, algorithms, usedProofs),
  })
  if (dpop && options.usedProofs === undefined) warnOfOneProcess()
  return async (ctx, next) => {
    try {
      const { token, scheme } = await authenticate(ctx)
      setRequest(token, { scheme, challenge: challenge(scheme), companiesOf })
      ctx.state.token = token
      await next()
    } catch (error) {
      await answer(ctx, error, onError)
    }
  }
}

const reported = new WeakSet<Error>()

async function answer(
  ctx: Context,
  thrown: unknown,
  onError: BearerOptions['onError'],
): Promise<void> {
  const error = thrown instanceof VerificationUnavailableError ? toUnavailable(ctx, thrown) : thrown
  if (!(error instanceof ResourceServerError)) throw error
  ctx.body = { error: error.error, error_description: error.message }
  await onError?.(ctx, error)
  // Whatever the body is, a client needs these.
  ctx.status = error.status
  ctx.set({ ...error.headers, 'Cache-Control': 'no-store' })
}

function toUnavailable(ctx: Context, cause: VerificationUnavailableError): ResourceServerError {
  // One failure may end many requests that waited for the same answer.
  if (!reported.has(cause)) ctx.app.emit('error', cause, ctx)
  reported.add(cause)
  return new ResourceServerError(
    503,
    'temporarily_unavailable',
    'access tokens cannot be verified at the moment, try again',
    { 'Retry-After': retryAfter },
  )
}
