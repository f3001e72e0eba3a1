import { VerificationUnavailableError, type TokenVerifier } from './access-token.ts'
import { toToken } from './introspection.ts'
import { checkFunction } from './options.ts'

/** What {@link local} needs of the authorization server. */
export interface LocalAuthorizationServer {
  readonly introspect: (accessToken: string) => Promise<object>
}

/**
 * Asks an authorization server in the same process, without HTTP. Nothing is remembered: a revocation is noticed at once.
 *
 * @throws TypeError where it is none
 */
export function local(authorizationServer: LocalAuthorizationServer): TokenVerifier {
  checkFunction('local: introspect of the authorization server', authorizationServer?.introspect)
  return async (token) => {
    const answer = await authorizationServer.introspect(token).catch((cause: unknown) => {
      throw new VerificationUnavailableError(
        'the authorization server cannot look at its storage',
        {
          cause,
        },
      )
    })
    return toToken(answer)
  }
}
