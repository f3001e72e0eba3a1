import { ProtocolError } from '../errors.ts'
import type { GrantInfo } from '../pleo/accounts.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import type { Exchange, LoadedGrant, StoredPayload } from '../storage.ts'
import { toEvent } from './events.ts'
import {
  checkKey,
  checkOwner,
  checkTarget,
  InvalidGrantError,
  requireProof,
  toRefreshToken,
  writeAccessToken,
} from './issue.ts'
import { endedMeanwhile, whenRefreshed, whyNoRefreshToken } from './reasons.ts'
import { endGrant } from './revoke.ts'
import type { Found, IssuedTokens, IssuingServer, TokenRequest } from './token-request.ts'
import { findRefreshToken, grantIdOf } from './token-values.ts'

/** A request that presents a refresh token. */
export interface RefreshRequest extends TokenRequest {
  readonly refreshToken: string
  /** Separated by spaces; absent for all that the refresh token has. */
  readonly scope: string | undefined
}

/** The server, as a refresh needs it. */
export interface RefreshingServer extends IssuingServer {
  readonly repeatTimes: RepeatTimes
  /** All scopes. Their order is that of every token, so that a repeat derives the same one. */
  readonly catalogue: readonly string[]
  /** Asks the host whether the connection goes on. Only `false` ends it. */
  mayContinue(grant: GrantInfo): unknown
}

/** For how long a refresh may be repeated, in seconds. */
export interface RepeatTimes {
  /** Ends when the successor is first used. For clients that authenticate, and for DPoP keys. */
  readonly refreshRetryWindow: number
  /** Goes on after that. For clients that authenticate, and for DPoP keys. */
  readonly refreshOverlap: number
  /** The same as `refreshOverlap`, for public clients without DPoP. */
  readonly publicRefreshOverlap: number
}

/**
 * Refreshes: uses up the refresh token and stores its successor and an access token, in one step. If the token was used before,
 * the storage alone decides whether this is a repeat or a replay: `ExchangeResult` of `storage.ts` says when.
 *
 * @throws ProtocolError if the request is refused
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-6 RFC 6749, Section 6}
 */
export async function refresh(
  request: RefreshRequest,
  server: RefreshingServer,
): Promise<IssuedTokens> {
  const { refreshToken: value, proof } = request
  const grantId = grantIdOf(value)
  const loaded = grantId === undefined ? undefined : await server.grants.load(grantId, null)
  const token = loaded && findRefreshToken(server.values, value, loaded)
  if (grantId === undefined || !loaded || !token) {
    const reason = whyNoRefreshToken(value, loaded, server.values)
    throw new InvalidGrantError('refresh token not found', undefined, reason)
  }
  const { payload: presented, key, generation } = token
  const found = { request, grant: { grantId, payload: loaded.payload }, presented }
  // Clients and tests rely on the order of these checks, which is the framework's.
  checkOwner(found)
  requireProof(request)
  const requested = narrowToToken(request.scope, found)
  requireProof(request, presented['jkt'])
  await proof?.use()
  checkKey(request, presented['jkt'])
  server.onAccepted(found)
  if ((await server.mayContinue(toEvent(found.grant))) === false) {
    await endGrant(server, grantId, 'administrator')
    throw new InvalidGrantError('the host ended the connection', undefined, endedByHost)
  }
  checkTarget(found, server.audience)

  const gty = toGrantTypes(presented)
  const scopes = server.catalogue.filter((name) => requested.includes(name))
  const toValue = (scope: string): string =>
    server.values.accessTokenFor(value, { scope, jkt: proof?.jkt }, key)
  const issued = await writeAccessToken(found, { gty, scopes, toValue }, server)
  const id = server.values.successorOf(value, key)
  const rotations = Number(presented['rotations'] ?? 0) + 1
  const refreshToken = toRefreshToken(found, { id, gty, rotations }, server)

  const result = await server.grants.exchange(grantId, {
    used: { kind: 'RefreshToken', id: value, generation },
    accessToken: issued.accessToken.stored,
    refreshToken,
    ...toRepeatTimes(server.repeatTimes, found),
  })
  if (result === 'exchanged') server.teller.refreshed(found.grant)
  else if (result === 'repeated') {
    server.teller.repeated(found.grant, secondsSinceFirstUse(loaded, generation))
  } else {
    if (result === 'replayed') await endGrant(server, grantId, 'replay')
    throw toRefusal(result, whenRefreshed(loaded, generation))
  }
  return { ...issued, refreshToken }
}

/**
 * Returns the requested scopes as far as the refresh token has them. A client that repeats the scope of its authorization
 * request gets less if the person left something out, and the answer says so.
 *
 * @throws ProtocolError if one of the scopes was never requested, or if the refresh token does not have any of them
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-6 RFC 6749, Section 6}
 */
function narrowToToken(scope: string | undefined, found: Found): readonly string[] {
  const { grant, presented, request } = found
  const requested = toScopeNames(scope)
  const granted = toScopeNames(presented['scope'])
  if (requested.length === 0) return granted
  // Older grants do not say what was requested.
  const requestable = toScopeNames(grant.payload['requestedScope'] ?? request.client.scope)
  const missing = [...new Set(requested)].filter((name) => !granted.includes(name))
  const issued = granted.filter((name) => requested.includes(name))
  if (issued.length > 0 && missing.every((name) => requestable.includes(name))) return issued
  const description = `refresh token missing requested scope${missing.length === 1 ? '' : 's'}`
  const names = missing.join(' ')
  const error = new ProtocolError('invalid_scope', description, 400, `${description}: ${names}`)
  throw Object.assign(error, { scope: names })
}

/** The framework's `gty`: the grant types by which a token came, one after the other. */
function toGrantTypes({ gty }: StoredPayload): string {
  const earlier = String(gty)
  return earlier.endsWith('refresh_token') ? earlier : `${earlier} refresh_token`
}

/**
 * For how long a client may repeat a refresh. It is short for a public client without a DPoP key, because a thief may be the one
 * who repeats.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2 RFC 9700, Section 4.14.2}
 */
function toRepeatTimes(
  times: RepeatTimes,
  { request: { client }, presented }: Found,
): Required<Pick<Exchange, 'retryWindow' | 'overlap'>> {
  return client.isPublic && presented['jkt'] === undefined
    ? { retryWindow: 0, overlap: times.publicRefreshOverlap }
    : { retryWindow: times.refreshRetryWindow, overlap: times.refreshOverlap }
}

/** How long ago the refresh token of that generation was first used; 0 if that was after the grant was loaded. */
function secondsSinceFirstUse({ refreshToken, now }: LoadedGrant, generation: number): number {
  const { rotatedAt = now, generation: current } = refreshToken ?? {}
  return current === generation + 1 ? (now - rotatedAt) / 1000 : 0
}

/** Says why the storage did not exchange. `gone`: somebody ended the grant meanwhile. */
function toRefusal(result: 'used' | 'replayed' | 'gone', used: string): Error {
  if (result === 'gone') return new InvalidGrantError('grant not found', undefined, endedMeanwhile)
  return result === 'used'
    ? new InvalidGrantError(
        'refresh token replaced',
        'this refresh token was replaced: use the newest one',
        used,
      )
    : new InvalidGrantError(
        'refresh token already used',
        'the refresh token was already used',
        `${used}, and the connection was ended`,
      )
}

const endedByHost = 'accounts.mayContinue of the host ended the connection'
