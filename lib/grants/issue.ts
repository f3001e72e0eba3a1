import { ProtocolError } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import type { StoredGrant, NewToken, StoredPayload } from '../storage.ts'
import { missingProof } from '../validation/dpop-proof.ts'
import { toClock } from '../validation/reason-words.ts'
import { toNormalUri } from '../validation/url.ts'
import type { Api, Found, IssuedTokens, IssuingServer, TokenRequest } from './token-request.ts'
import { kindOf, whyOtherClient } from './reasons.ts'
import { hasExpired } from './token-values.ts'

// The steps that the redemption of a code (redeem.ts) and a refresh (refresh.ts) share.

const unknown = 'unknown, revoked, or of another client'

/**
 * The refusal of a code or refresh token. Many reasons have the same description, so that nobody learns whether a token of
 * another client is good.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 */
export class InvalidGrantError extends ProtocolError {
  /** The reason, for the host alone. */
  readonly error_detail: string

  constructor(detail: string, description: string = unknown, reason?: string) {
    super('invalid_grant', description, 400, reason)
    this.error_detail = detail
  }
}

/** Checks that a code or refresh token is of the client, and that neither it nor its grant has expired. */
export function checkOwner({ request: { client }, grant, presented }: Found): void {
  if (presented.clientId !== client.clientId) throw ofOtherClient(presented, client)
  if (hasExpired(presented)) throw expired(kindOf(presented), presented)
  if (hasExpired(grant.payload)) throw expired('grant', grant.payload)
  if (grant.payload.clientId !== client.clientId) throw ofOtherClient(grant.payload, client)
}

const ofOtherClient = (stored: StoredPayload, { clientId }: TokenRequest['client']): Error =>
  new InvalidGrantError('client mismatch', undefined, whyOtherClient(stored, clientId))

function expired(name: string, stored: StoredPayload): Error {
  const when = `the ${name} expired at ${toClock(Number(stored['exp']) * 1000)}`
  return new InvalidGrantError(`${name} is expired`, `the ${name} has expired`, when)
}

const secondsNow = (): number => Math.floor(Date.now() / 1000)

/**
 * Checks that a request has a proof if it needs one. The error is not `invalid_grant`, because clients then throw away a refresh
 * token that is good.
 *
 * @param jkt - the key that the code or refresh token is bound to, if it is bound
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-5 RFC 9449, Section 5}
 */
export function requireProof({ client, proof }: TokenRequest, jkt?: unknown): void {
  if (proof || (!client.needsProof && jkt === undefined)) return
  const isBound = jkt !== undefined
  const why = isBound ? 'the code or token is bound to a key' : 'the client must prove a key'
  throw new ProtocolError('invalid_dpop_proof', missingProof, 400, `${missingProof}: ${why}`)
}

/** Checks that the key of a request is the one that its code or refresh token is bound to. */
export function checkKey({ proof }: TokenRequest, jkt: unknown): void {
  if (jkt === undefined || proof?.jkt === jkt) return
  throw new InvalidGrantError(
    'failed jkt verification',
    'bound to another key than that of the DPoP proof',
  )
}

/**
 * Checks that a request names no other API than the one that its code or refresh token is for, and that the grant is of the same
 * person.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc8707.html#section-2.2 RFC 8707, Section 2.2}
 */
export function checkTarget({ request, grant, presented }: Found, audience: string): void {
  const { resources } = request
  const name = resourceOf(presented, audience)
  const isForOther = name !== audience && toNormalUri(name) !== toNormalUri(audience)
  if (resources.some((resource) => resource !== audience || isForOther)) {
    throw new ProtocolError('invalid_target', `resource must be ${audience}`)
  }
  if (presented['accountId'] !== grant.payload['accountId'])
    throw new InvalidGrantError('accountId mismatch')
}

/** Returns the name that a code or refresh token has for its API. If it has several, all of them mean the audience. */
function resourceOf({ resource }: StoredPayload, audience: string): string {
  const [first = audience, ...others] = [resource].flat() as readonly (string | undefined)[]
  return others.length > 0 ? audience : first
}

/**
 * Returns those of the scopes that the grant allows for an API and that the client may still have there.
 *
 * @throws ProtocolError if nothing is left: a token has at least one (RFC 6749, Section 3.3). Nothing is used up then, as the
 * client may get its scopes back.
 */
function narrowScopes(
  scopes: readonly string[],
  { payload }: StoredGrant,
  { resource, api }: { readonly resource: string; readonly api: Api },
): readonly string[] {
  const { resources, rejected } = payload as GrantedScopes
  const granted = toScopeNames(resources?.[resource])
  const refused = toScopeNames(rejected?.resources?.[resource])
  const allowed = granted.filter((name) => !refused.includes(name))
  const registered = toScopeNames(api.scope)
  const left = scopes.filter((name) => allowed.includes(name) && registered.includes(name))
  if (left.length > 0) return left
  const description = 'the client is not registered any more for any of these scopes'
  const reason = `${description}: ${scopes.join(' ')}`
  throw new ProtocolError('invalid_scope', description, 400, reason)
}

interface GrantedScopes {
  readonly resources?: Readonly<Record<string, string>>
  readonly rejected?: Pick<GrantedScopes, 'resources'>
}

/** Returns a lifetime in seconds that does not outlive the grant. The least that tokens can have is one second. */
function cappedByGrant({ payload: { exp } }: StoredGrant, seconds: number): number {
  return exp === undefined ? seconds : Math.max(1, Math.min(seconds, Number(exp) - secondsNow()))
}

/**
 * Writes the access token of a request, which is not stored yet.
 *
 * @throws ProtocolError if the client lost all of these scopes
 */
export async function writeAccessToken(
  { request: { proof }, grant, presented }: Found,
  wanted: {
    readonly gty: string
    readonly scopes: readonly string[]
    readonly toValue: (scope: string) => string
  },
  server: IssuingServer,
): Promise<Omit<IssuedTokens, 'refreshToken'>> {
  const resource = resourceOf(presented, server.audience)
  const api = await server.findApi(resource)
  const scope = narrowScopes(wanted.scopes, grant, { resource, api }).join(' ')
  const lifetime = cappedByGrant(grant, server.lifetimes.accessToken)
  const accessToken = await api.write({
    value: wanted.toValue(scope),
    lifetime,
    members: {
      accountId: String(presented['accountId']),
      grantId: grant.grantId,
      gty: wanted.gty,
      jkt: proof?.jkt,
      scope,
      sessionUid: presented['sessionUid'] as string | undefined,
      sid: presented['sid'] as string | undefined,
    },
  })
  return { accessToken, expiresIn: lifetime, scope, tokenType: proof ? 'DPoP' : 'Bearer' }
}

/** The members that a refresh token takes over from the code or refresh token before it. */
const inherited: ReadonlySet<string> = new Set([
  'accountId',
  'acr',
  'amr',
  'authTime',
  'claims',
  'clientId',
  'grantId',
  'iiat',
  'jkt',
  'nonce',
  'resource',
  'scope',
  'sessionUid',
  'sid',
])

/** Makes the refresh token that follows a code or refresh token. */
export function toRefreshToken(
  { grant, presented }: Found,
  { id, ...own }: { readonly id: string; readonly gty: string; readonly [member: string]: unknown },
  { values, lifetimes }: IssuingServer,
): NewToken {
  const lifetime = cappedByGrant(grant, lifetimes.refreshToken)
  const iat = secondsNow()
  const kept = Object.entries(presented).filter(([name]) => inherited.has(name))
  const payload = {
    iat,
    exp: iat + lifetime,
    iiat: iat,
    ...Object.fromEntries(kept),
    ...own,
    kind: 'RefreshToken',
    jti: id,
  }
  return { id, payload, lifetime, successor: values.successorOf(id, 0) }
}
