import type { Context, Middleware } from 'koa'
import { defaultProofAlgorithms } from '../validation/dpop-proof.ts'
import type { UsedProofs } from '../storage.ts'
import { VerificationUnavailableError, type TokenVerifier } from './access-token.ts'
import { createAuthentication } from './token-authentication.ts'
import { createChallenges, ResourceServerError, type Scheme } from './challenges.ts'
import {
  checkFunction,
  checkOptions,
  checkSwitch,
  optional,
  toUrl,
  type Checks,
} from './checked-options.ts'
import { createProofCheck, inProcess, warnOfOneProcess } from './proofs.ts'
import { apiChecks, toMetadataUrl, type ApiOptions } from './protected-resource.ts'
import { setRequest, type CompaniesOf, type BearerState } from './scope.ts'

/** The options of {@link bearer}. */
export interface BearerOptions extends ApiOptions {
  /** How tokens are verified: `introspection()`, `local()`, `jwt()`, or your own. */
  readonly verify: TokenVerifier
  /**
   * The companies of an organization, for `companyFor` and `companiesFor`. They ask it at every request.
   *
   * @defaultValue no companies: tokens of an organization reach none
   */
  readonly companiesOf?: CompaniesOf
  /**
   * Remembers which proofs were used, so that each counts once: `usedProofs` of `createRedisAdapter()`, another
   * memory that all processes of this API share, or `inProcess()` if there is one process. It is asked only if token and
   * proof are good. If it rejects, the request is answered with 503.
   *
   * @defaultValue `inProcess()`, with the warning `proofs_in_one_process` at the start, unless `dpop` is `false`
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-11.1 RFC 9449, Section 11.1}
   */
  readonly usedProofs?: UsedProofs
  /**
   * Whether a request without a good token is told where `protectedResource()` answers.
   *
   * @defaultValue true
   * @see {@link https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1 RFC 9728, Section 5.1}
   */
  readonly resourceMetadata?: boolean
  /**
   * Sets another `ctx.body` for a request that is refused, if an API has one shape for its errors. The status and
   * the headers of the error are set afterwards: this cannot change them.
   *
   * @defaultValue the body is `{ "error", "error_description" }`
   */
  readonly onError?: (ctx: Context, error: ResourceServerError) => Promise<void> | void
}

const checks: Checks<BearerOptions> = {
  ...apiChecks,
  verify: checkFunction,
  companiesOf: optional(checkFunction),
  usedProofs: optional((name, value) => checkFunction(`${name}.use`, Object(value).use)),
  resourceMetadata: optional(checkSwitch),
  onError: optional(checkFunction),
}

/**
 * Lets requests with a good access token pass, with the token as `ctx.state.token`, and refuses all others. It also answers if
 * the middleware behind it throws a {@link ResourceServerError}. If nothing can be known of a token, the application
 * gets the reason as its event `error`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 * @throws TypeError if an option is wrong
 */
export function bearer(options: BearerOptions): Middleware<BearerState> {
  checkOptions('bearer', options, checks)
  const { audience, dpop = true, resourceMetadata = true, companiesOf, onError } = options
  const { dpopSigningAlgorithms: algorithms = defaultProofAlgorithms } = options
  const baseUrl = toUrl('bearer: baseUrl', options.baseUrl ?? audience)
  const schemes: readonly Scheme[] = dpop ? ['Bearer', 'DPoP'] : ['Bearer']
  const challenges = createChallenges({
    schemes,
    realm: baseUrl.origin,
    resourceMetadata: resourceMetadata ? toMetadataUrl(baseUrl).href : undefined,
    algorithms,
    scopes: options.scopes,
  })
  const authenticate = createAuthentication({
    verify: options.verify,
    audience,
    schemes,
    refuse: challenges.refuse,
    checkProof: createProofCheck(baseUrl.origin, algorithms, options.usedProofs ?? inProcess()),
  })
  if (dpop && options.usedProofs === undefined) warnOfOneProcess()
  return async (ctx, next) => {
    try {
      const { token, scheme } = await authenticate(ctx)
      setRequest(token, { scheme, challenge: challenges.of(scheme), companiesOf })
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
  // A client needs these with every body.
  ctx.status = error.status
  ctx.set({ ...error.headers, 'Cache-Control': 'no-store' })
}

function toUnavailable(ctx: Context, cause: VerificationUnavailableError): ResourceServerError {
  // One failure can end many requests that waited for the same answer.
  if (!reported.has(cause)) ctx.app.emit('error', cause, ctx)
  reported.add(cause)
  return new ResourceServerError(
    503,
    'temporarily_unavailable',
    'access tokens cannot be verified at the moment, try again',
    { 'Retry-After': '1' },
  )
}
