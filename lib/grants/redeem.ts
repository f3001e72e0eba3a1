import { hash } from 'node:crypto'
import { ProtocolError } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import type { LoadedGrant, StoredPayload } from '../storage.ts'
import {
  checkKey,
  checkOwner,
  checkTarget,
  InvalidGrantError,
  requireProof,
  toRefreshToken,
  writeAccessToken,
} from './issue.ts'
import { endGrant } from './revoke.ts'
import type { Found, IssuedTokens, IssuingServer, TokenRequest } from './token-request.ts'
import { grantIdOf } from './token-values.ts'

/** A request that presents a code. */
export interface CodeRequest extends TokenRequest {
  readonly code: string
  readonly codeVerifier: string | undefined
  readonly redirectUri: string
}

/**
 * Milliseconds after the first use of a code. Within this time a second use is refused and the grant stays, because browsers may
 * send a redirect twice. After it, and until the code expires, a second use is a replay and ends the grant.
 * `ExchangeResult` of `storage.ts` says when a refresh token is replayed.
 */
const codeOverlap = 1000

const gty = 'authorization_code'

/**
 * Redeems a code: uses it up and stores the first tokens of its grant, in one step.
 *
 * @throws ProtocolError if the request is refused
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3 RFC 6749, Section 4.1.3}
 */
export async function redeem(request: CodeRequest, server: IssuingServer): Promise<IssuedTokens> {
  const { client, proof } = request
  const grantId = grantIdOf(request.code)
  const loaded = grantId === undefined ? undefined : await server.grants.load(grantId)
  const presented = loaded?.find('AuthorizationCode', request.code)
  if (grantId === undefined || !loaded || !presented) {
    throw new InvalidGrantError('authorization code not found')
  }
  const found = { request, grant: { grantId, payload: loaded.payload }, presented }
  checkCode(request, found)
  if (isReplay(loaded, presented)) {
    await endGrant(server, grantId, 'replay')
    throw alreadyUsed()
  }
  checkTarget(found, server.audience)
  requireProof(request, presented['dpopJkt'])
  await proof?.use()
  checkKey(request, presented['dpopJkt'])
  server.onAccepted(found)

  const scopes = toScopeNames(presented['scope'])
  const toValue = (): string => server.values.create(grantId)
  const issued = await writeAccessToken(found, { gty, scopes, toValue }, server)
  const id = server.values.createRefreshToken(grantId)
  // Clients that authenticate need no key for their refresh tokens (RFC 9449, Section 5).
  const bound = client.isPublic && proof && { jkt: proof.jkt }
  const refreshToken = client.getsRefreshTokens
    ? toRefreshToken(found, { id, gty, rotations: 0, ...bound }, server)
    : undefined

  const result = await server.grants.exchange(grantId, {
    used: { kind: 'AuthorizationCode', id: request.code },
    accessToken: issued.accessToken.stored,
    refreshToken,
    retryWindow: 0,
  })
  if (result === 'gone') throw new InvalidGrantError('grant not found')
  if (result !== 'exchanged') throw alreadyUsed()
  server.teller.created(found.grant)
  return { ...issued, refreshToken }
}

/** Checks client, code verifier and redirect URI. Nobody who fails here can make the code count as replayed. */
function checkCode(request: CodeRequest, found: Found): void {
  checkOwner(found)
  const { codeChallenge, redirectUri } = found.presented
  checkCodeVerifier(request.codeVerifier, codeChallenge)
  requireProof(request)
  if (redirectUri !== request.redirectUri) {
    throw new InvalidGrantError(
      'authorization code redirect_uri mismatch',
      'redirect_uri is not the one of the request',
    )
  }
}

/**
 * Checks the code verifier. A code without a challenge is redeemed without a verifier; the only method is S256.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7636.html#section-4.6 RFC 7636, Section 4.6}
 */
function checkCodeVerifier(verifier: string | undefined, challenge: unknown): void {
  if (verifier === undefined) {
    if (challenge === undefined) return
    throw new InvalidGrantError('code_verifier must be provided', 'code_verifier is missing')
  }
  const fault = findVerifierFault(verifier)
  if (fault !== undefined) throw new ProtocolError('invalid_request', `code_verifier ${fault}`)
  if (hash('sha256', verifier, 'base64url') === challenge) return
  const reason = 'code_verifier does not match code_challenge'
  throw new InvalidGrantError(reason, reason)
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7636.html#section-4.1 RFC 7636, Section 4.1} */
function findVerifierFault(verifier: string): string | undefined {
  if (verifier.length < 43) return 'must be a string with a minimum length of 43 characters'
  if (verifier.length > 128) return 'must be a string with a maximum length of 128 characters'
  return /[^\w.\-~]/.test(verifier) ? 'contains invalid characters' : undefined
}

/** A code that was used a moment ago goes on to the exchange, which refuses it and leaves its grant alone. */
const isReplay = ({ now }: LoadedGrant, { consumed }: StoredPayload): boolean =>
  consumed !== undefined && now - consumed > codeOverlap

const alreadyUsed = (): Error =>
  new InvalidGrantError(
    'authorization code already consumed',
    'the authorization code was already used',
  )
