import type { Context } from 'koa'
import { type AccessToken, type TokenVerifier, checkAnswer } from './access-token.ts'
import { type Challenges, readCredentials, type Scheme } from './challenges.ts'
import type { ProofCheck } from './proofs.ts'
import { createAudienceTeller } from './watches.ts'

/** The parts of {@link createAuthentication}. */
export interface AuthenticationParts {
  readonly verify: TokenVerifier
  readonly audience: string
  readonly schemes: readonly Scheme[]
  readonly refuse: Challenges['refuse']
  readonly checkProof: ProofCheck
}

/**
 * Makes the function that finds the token of a request, if it is a good one for this API.
 *
 * @throws {@link ResourceServerError} if it is not
 * @throws {@link VerificationUnavailableError} if nothing can be known of it now
 */
export function createAuthentication({
  verify,
  audience,
  schemes,
  refuse,
  checkProof,
}: AuthenticationParts): (ctx: Context) => Promise<{ token: AccessToken; scheme: Scheme }> {
  const tellAudience = createAudienceTeller('bearer', audience)
  return async (ctx) => {
    const { scheme, token: value } = readCredentials(ctx, schemes) ?? {}
    if (!scheme || !value) throw refuse()
    const refuseToken = (description: string): Error =>
      refuse(scheme, { error: 'invalid_token', description })

    const found = await verify(value)
    if (found) checkAnswer(found)
    const isLive = found && found.expiresAt > Date.now()
    if (isLive && !found.audience.includes(audience)) tellAudience(found.audience)
    if (!isLive || !found.audience.includes(audience))
      throw refuseToken('the access token is unknown, revoked, expired, or for another API')

    const { clientId, subject, expiresAt, keyThumbprint } = found
    const scope = new Set(found.scope)
    // A thief of a bound token must not get around its key.
    if (scheme === 'Bearer' && keyThumbprint !== undefined)
      throw refuseToken('the access token is bound to a key, and must be sent with a DPoP proof')
    if (scheme === 'DPoP') {
      if (keyThumbprint === undefined)
        throw refuseToken('the access token is bound to no key, and must be sent as Bearer')
      const problem = await checkProof(ctx, { token: value, keyThumbprint, clientId })
      if (problem) throw refuse(scheme, problem)
    }
    return { token: Object.freeze({ clientId, subject, scope, expiresAt, keyThumbprint }), scheme }
  }
}
