import type { Context, Middleware } from 'koa'
import {
  VerificationUnavailableError,
  type AccessToken,
  type TokenVerifier,
} from './access-token.ts'
import { checkAnswer } from './answer.ts'
import { createChallenge, createUnauthorized, type Unauthorized } from './challenges.ts'
import { readCredentials, type Credentials } from './credentials.ts'
import { checkFunction, checkMembers, checkSwitch, checkText, toUrl } from './options.ts'
import { createProofCheck, type ProofCheck } from './proof.ts'
import { toMetadataUrl } from './protected-resource.ts'
import { ResourceServerError, type Scheme } from './refusal.ts'
import { setRequest, type CompaniesOf } from './request.ts'

/** What {@link bearer} takes. */
export interface BearerOptions {
  /** How tokens are verified: `introspection()`, `local()`, `jwt()`, or your own. */
  readonly verify: TokenVerifier
  /** What `aud` of a token for this API is: its base URL. */
  readonly audience: string
  /**
   * Where clients reach this API, which never comes from the `Host` header. What is in front of it passes paths unchanged.
   *
   * @defaultValue the audience
   */
  readonly baseUrl?: string
  /**
   * The companies of an organization, for `companyFor` and `companiesFor`. Asked at every request that needs it.
   *
   * @defaultValue an organization has none: its tokens reach no company
   */
  readonly companiesOf?: CompaniesOf
  /**
   * Whether tokens that are bound to a key are taken, with a proof of it. That a proof is used once is known within this
   * process only.
   *
   * @defaultValue true
   * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-7 RFC 9449, Section 7}
   */
  readonly dpop?: boolean
  /**
   * Whether a request without a good token is told where `protectedResource()` answers.
   *
   * @defaultValue true
   * @see {@link https://www.rfc-editor.org/rfc/rfc9728.html#section-5.1 RFC 9728, Section 5.1}
   */
  readonly resourceMetadata?: boolean
}

/** What {@link bearer} leaves in `ctx.state`. */
export interface BearerState {
  token: AccessToken
}

const members = ['verify', 'audience', 'baseUrl', 'companiesOf', 'dpop', 'resourceMetadata']

/** When to try again what cannot be answered now, in seconds. */
const retryAfter = '1'

/**
 * Lets a request pass that has a good access token, which is `ctx.state.token` from then on, and answers every other; also
 * what the middleware behind it refuses by throwing a {@link ResourceServerError}. Where nothing can be known of
 * a token, the reason goes out as the application's event `error`.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 * @throws TypeError where an option is wrong
 */
export function bearer(options: BearerOptions): Middleware<BearerState> {
  checkMembers('bearer', options, members)
  const { verify, audience, companiesOf, dpop = true, resourceMetadata = true } = options
  checkFunction('bearer: verify', verify)
  checkText('bearer: audience', audience)
  if (companiesOf !== undefined) checkFunction('bearer: companiesOf', companiesOf)
  checkSwitch('bearer: dpop', dpop)
  checkSwitch('bearer: resourceMetadata', resourceMetadata)
  const baseUrl = toUrl('bearer: baseUrl', options.baseUrl ?? audience)
  const schemes: readonly Scheme[] = dpop ? ['Bearer', 'DPoP'] : ['Bearer']
  const metadataUrl = resourceMetadata ? toMetadataUrl(baseUrl).href : undefined
  const challenge = createChallenge(baseUrl.origin, metadataUrl)
  const authenticate = createAuthentication({
    verify,
    audience,
    schemes,
    unauthorized: createUnauthorized(schemes, challenge),
    checkProof: createProofCheck(baseUrl.origin),
  })
  return async (ctx, next) => {
    try {
      const { token, scheme } = await authenticate(ctx)
      setRequest(token, { scheme, challenge: challenge(scheme), companiesOf })
      ctx.state.token = token
      await next()
    } catch (error) {
      answer(ctx, error)
    }
  }
}

interface AuthenticationParts {
  readonly verify: TokenVerifier
  readonly audience: string
  readonly schemes: readonly Scheme[]
  readonly unauthorized: Unauthorized
  readonly checkProof: ProofCheck
}

type Authenticate = (ctx: Context) => Promise<{ token: AccessToken; scheme: Scheme }>

function createAuthentication({ verify, ...parts }: AuthenticationParts): Authenticate {
  const { audience, schemes, unauthorized, checkProof } = parts
  return async (ctx) => {
    const credentials = readCredentials(ctx, schemes)
    if (!credentials) throw unauthorized()
    const { scheme } = credentials
    const found = await verify(credentials.token)
    if (found) checkAnswer(found)
    if (!found || found.expiresAt <= Date.now() || !found.audience.includes(audience)) {
      const description = 'the access token is unknown, revoked, expired, or for another API'
      throw unauthorized({ scheme, error: 'invalid_token', description })
    }
    const { clientId, subject, expiresAt, keyThumbprint } = found
    const scope = new Set(found.scope)
    const token = Object.freeze({ clientId, subject, scope, expiresAt, keyThumbprint })
    const problem = await findProblem(ctx, credentials, token, checkProof)
    if (problem) throw unauthorized({ scheme, ...problem })
    return { token, scheme }
  }
}

/** Whether the token is one for the scheme it came with: who only has a bound one must not get around its key. */
async function findProblem(
  ctx: Context,
  { scheme, token: value }: Credentials,
  { keyThumbprint }: AccessToken,
  checkProof: ProofCheck,
): ReturnType<ProofCheck> {
  const error = 'invalid_token'
  if (scheme === 'Bearer') {
    const description = 'the access token is bound to a key, and must be sent with a DPoP proof'
    return keyThumbprint === undefined ? undefined : { error, description }
  }
  return keyThumbprint === undefined
    ? { error, description: 'the access token is bound to no key, and must be sent as Bearer' }
    : checkProof(ctx, { token: value, keyThumbprint })
}

const reported = new WeakSet<Error>()

function answer(ctx: Context, thrown: unknown): void {
  let error = thrown
  if (error instanceof VerificationUnavailableError) {
    // One failure may end many requests that waited for the same answer.
    if (!reported.has(error)) ctx.app.emit('error', error, ctx)
    reported.add(error)
    error = new ResourceServerError(
      503,
      'temporarily_unavailable',
      'access tokens cannot be verified at the moment, try again',
      { 'Retry-After': retryAfter },
    )
  }
  if (!(error instanceof ResourceServerError)) throw error
  ctx.status = error.status
  ctx.set({ ...error.headers, 'Cache-Control': 'no-store' })
  ctx.body = { error: error.error, error_description: error.message }
}
