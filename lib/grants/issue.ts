import { ProtocolError } from '../errors.ts'
import { toScopeNames } from '../pleo/scopes.ts'
import type { EndedGrant, GrantStorage, NewToken, StoredPayload } from '../storage.ts'
import type { ConnectionTeller, RevocationReason } from './events.ts'
import { secondsNow, type Found } from './token-request.ts'
import type { TokenValues } from './token-values.ts'

// How the redemption of a code and a refresh make tokens, and what they need for it.

/** What both grants need beside the request. */
export interface TokenDeps {
  readonly grants: Pick<GrantStorage, 'load' | 'exchange' | 'end'>
  readonly values: TokenValues
  readonly teller: ConnectionTeller
  readonly audience: string
  /** Seconds. */
  readonly lifetimes: { readonly accessToken: number; readonly refreshToken: number }
  /** Called once, when the code or refresh token and the proof are good. */
  accept(found: Found): void
  /** Finds how tokens are made for an API now, by the name that the grant has for it. */
  findApi(resource: string): Promise<Api>
}

/** An API, as tokens are made for it. */
export interface Api {
  /** The scopes that the client may have there, separated by spaces. */
  readonly scope: string
  /** Writes an access token, as an opaque value or as a JWT. */
  write(token: AccessToken): Promise<WrittenToken>
}

/** An access token that is to be written. */
export interface AccessToken {
  /** The value of an opaque token. A JWT gets its identifier from it. */
  readonly value: string
  /** Seconds. */
  readonly lifetime: number
  readonly members: {
    readonly accountId: string
    readonly grantId: string
    readonly gty: string
    readonly scope: string
    readonly jkt: string | undefined
    readonly sessionUid: string | undefined
    readonly sid: string | undefined
  }
}

/** An access token as the client gets it, and as it is stored. */
export interface WrittenToken {
  readonly text: string
  readonly stored: NewToken | undefined
}

/** The tokens that a request gets. */
export interface IssuedTokens {
  readonly accessToken: WrittenToken
  readonly refreshToken: NewToken | undefined
  /** Seconds. */
  readonly expiresIn: number
  readonly scope: string
  readonly tokenType: 'Bearer' | 'DPoP'
}

/** Ends a grant, and tells the host. */
export async function endGrant(
  { grants, teller }: Pick<TokenDeps, 'grants' | 'teller'>,
  grantId: string,
  reason: RevocationReason,
): Promise<void> {
  const ended = await grants.end(grantId)
  if (ended) teller.revoked(ended, reason)
}

/** Returns the name that a code or refresh token has for its API. If it has several, each of them is the audience. */
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
  { payload }: EndedGrant,
  { resource, api }: { readonly resource: string; readonly api: Api },
): readonly string[] {
  const { resources, rejected } = payload as GrantedScopes
  const granted = toScopeNames(resources?.[resource])
  const refused = toScopeNames(rejected?.resources?.[resource])
  const allowed = granted.filter((name) => !refused.includes(name))
  const registered = toScopeNames(api.scope)
  const left = scopes.filter((name) => allowed.includes(name) && registered.includes(name))
  if (left.length > 0) return left
  throw new ProtocolError(
    'invalid_scope',
    'the client is not registered any more for any of these scopes',
  )
}

interface GrantedScopes {
  readonly resources?: Readonly<Record<string, string>>
  readonly rejected?: Pick<GrantedScopes, 'resources'>
}

/** Returns a lifetime in seconds that does not outlive the grant. */
function within({ payload: { exp } }: EndedGrant, seconds: number): number {
  return exp === undefined ? seconds : Math.max(1, Math.min(seconds, Number(exp) - secondsNow()))
}

/**
 * Writes the access token of a request, which is not stored yet.
 *
 * @throws ProtocolError if the client may have none of the scopes any more
 */
export async function writeAccessToken(
  { request: { proof }, grant, used }: Found,
  wanted: {
    readonly gty: string
    readonly scopes: readonly string[]
    readonly toValue: (scope: string) => string
  },
  deps: TokenDeps,
): Promise<Omit<IssuedTokens, 'refreshToken'>> {
  const resource = resourceOf(used, deps.audience)
  const api = await deps.findApi(resource)
  const scope = narrowScopes(wanted.scopes, grant, { resource, api }).join(' ')
  const lifetime = within(grant, deps.lifetimes.accessToken)
  const accessToken = await api.write({
    value: wanted.toValue(scope),
    lifetime,
    members: {
      accountId: String(used['accountId']),
      grantId: grant.grantId,
      gty: wanted.gty,
      jkt: proof?.jkt,
      scope,
      sessionUid: used['sessionUid'] as string | undefined,
      sid: used['sid'] as string | undefined,
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
  { grant, used }: Found,
  { id, ...own }: { readonly id: string; readonly gty: string; readonly [member: string]: unknown },
  { values, lifetimes }: TokenDeps,
): NewToken {
  const lifetime = within(grant, lifetimes.refreshToken)
  const iat = secondsNow()
  const kept = Object.entries(used).filter(([name]) => inherited.has(name))
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
