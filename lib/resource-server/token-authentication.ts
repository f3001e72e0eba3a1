import type { Context } from 'koa'
import { type AccessToken, type TokenVerifier, checkAnswer } from './access-token.ts'
import { type Unauthorized, readCredentials, type Credentials, type Scheme } from './challenges.ts'
import { createAudienceTeller } from './watches.ts'
import type { ProofCheck } from './proofs.ts'

/** The parts of {@link createAuthentication}. */
export interface AuthenticationParts {
  readonly verify: TokenVerifier
  readonly audience: string
  readonly schemes: readonly Scheme[]
  readonly unauthorized: Unauthorized
  readonly checkProof: ProofCheck
}

/** Finds the token of a request. */
export type Authenticate = (ctx: Context) => Promise<{ token: AccessToken; scheme: Scheme }>

/**
 * Makes what lets a request pass that has a good token of this API.
 *
 * @throws {@link ResourceServerError} for every other
 * @throws {@link VerificationUnavailableError} where nothing can be known of its token
 */
export function createAuthentication({ verify, ...parts }: AuthenticationParts): Authenticate {
  const { audience, schemes, unauthorized, checkProof } = parts
  const tellAudience = createAudienceTeller('bearer', audience)
  return async (ctx) => {
    const credentials = readCredentials(ctx, schemes)
    if (!credentials) throw unauthorized()
    const { scheme } = credentials
    const found = await verify(credentials.token)
    if (found) checkAnswer(found)
    const good = found && found.expiresAt > Date.now() ? found : undefined
    const isOurs = good?.audience.includes(audience)
    if (good && !isOurs) tellAudience(good.audience)
    if (!good || !isOurs) {
      const description = 'the access token is unknown, revoked, expired, or for another API'
      throw unauthorized({ scheme, error: 'invalid_token', description })
    }
    const { clientId, subject, expiresAt, keyThumbprint } = good
    const scope = new Set(good.scope)
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
  { keyThumbprint, clientId }: AccessToken,
  checkProof: ProofCheck,
): ReturnType<ProofCheck> {
  const error = 'invalid_token'
  if (scheme === 'Bearer') {
    const description = 'the access token is bound to a key, and must be sent with a DPoP proof'
    return keyThumbprint === undefined ? undefined : { error, description }
  }
  return keyThumbprint === undefined
    ? { error, description: 'the access token is bound to no key, and must be sent as Bearer' }
    : checkProof(ctx, { token: value, keyThumbprint, clientId })
}
