import { hash } from 'node:crypto'
import { ProtocolError } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import type { LoadedGrant, StoredPayload } from '../storage.ts'
import { firstDifference, toLength } from '../validation/reason-words.ts'
import {
  checkKey,
  checkOwner,
  checkTarget,
  InvalidGrantError,
  requireProof,
  toRefreshToken,
  writeAccessToken,
} from './issue.ts'
import { endedMeanwhile, whenRedeemed, whyNoCode, whyOtherVerifier } from './reasons.ts'
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
    const reason = whyNoCode(request.code, loaded)
    throw new InvalidGrantError('authorization code not found', undefined, reason)
  }
  const found = { request, grant: { grantId, payload: loaded.payload }, presented }
  checkCode(request, found)
  if (isReplay(loaded, presented)) {
    await endGrant(server, grantId, 'replay')
    throw alreadyUsed(`${whenRedeemed(presented)}, and the connection was ended`)
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
  if (result === 'gone') throw new InvalidGrantError('grant not found', undefined, endedMeanwhile)
  if (result !== 'exchanged') throw alreadyUsed(whenRedeemed(presented))
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
      `redirect_uri differs from that of the authorization request at character ${firstDifference(String(redirectUri), request.redirectUri)}`,
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
    const description = 'code_verifier is missing'
    const why = `${description}: the authorization request had a code_challenge`
    throw new InvalidGrantError('code_verifier must be provided', description, why)
  }
  const fault = findVerifierFault(verifier)
  if (fault) {
    const description = `code_verifier ${fault.description}`
    throw new ProtocolError('invalid_request', description, 400, `code_verifier ${fault.reason}`)
  }
  if (hash('sha256', verifier, 'base64url') === challenge) return
  const reason = 'code_verifier does not match code_challenge'
  throw new InvalidGrantError(reason, reason, whyOtherVerifier(verifier, challenge))
}

/** @see {@link https://www.rfc-editor.org/rfc/rfc7636.html#section-4.1 RFC 7636, Section 4.1} */
function findVerifierFault(
  verifier: string,
): { readonly description: string; readonly reason: string } | undefined {
  const { length } = verifier
  if (length < 43 || length > 128) {
    const most = length < 43 ? 'a minimum length of 43' : 'a maximum length of 128'
    const reason = `has ${toLength(verifier)}, it must have 43 to 128`
    return { description: `must be a string with ${most} characters`, reason }
  }
  const at = verifier.search(/[^\w.\-~]/)
  if (at === -1) return undefined
  const reason = `has a character that is not allowed, at character ${at + 1}`
  return { description: 'contains invalid characters', reason }
}

/** A code that was used a moment ago goes on to the exchange, which refuses it and leaves its grant alone. */
const isReplay = ({ now }: LoadedGrant, { consumed }: StoredPayload): boolean =>
  consumed !== undefined && now - consumed > codeOverlap

const alreadyUsed = (reason: string): Error =>
  new InvalidGrantError(
    'authorization code already consumed',
    'the authorization code was already used',
    reason,
  )
