import { subjectClaim, type VerifyJwt } from '../keys/jwt-access-tokens.ts'
import { parseSubject } from '../pleo/subject.ts'
import type { GrantStorage, LoadedGrant, RecordStorage, StoredPayload } from '../storage.ts'
import {
  findStoredRefreshToken,
  generationOf,
  grantIdOf,
  hasExpired,
  toJti,
  type TokenValues,
} from './token-values.ts'

// `oidc/token-policy.ts` decides who may introspect and revoke.

/** The answer about an access token, with the members of an introspection response. */
export type Introspection =
  | { readonly active: false }
  | {
      readonly active: true
      /** The id of the company or organization. */
      readonly sub: string
      /** Its URN. */
      readonly 'urn:pleo:params:oauth:subject_urn': string
      readonly client_id: string
      /** Separated by spaces. */
      readonly scope: string
      readonly token_type: string
      readonly aud: string
      readonly iss: string
      /** Seconds since the epoch, as `iat`. */
      readonly exp: number
      readonly iat: number
      readonly jti: string
      /** The key that it is bound to (RFC 9449, Section 6.2). */
      readonly cnf?: { readonly jkt: string }
    }

/** A token of this server, as it is stored. It has not expired, but its grant may have. */
export type StoredToken = {
  /** A refresh token that was replaced has `consumed`. */
  readonly payload: StoredPayload & { readonly jti: string }
} & (
  | {
      readonly kind: 'AccessToken' | 'RefreshToken'
      readonly grantId: string
      readonly grant: LoadedGrant
    }
  | { readonly kind: 'ClientCredentials'; readonly grant?: undefined }
)

/** The server, as introspection and revocation need it. */
export interface IntrospectingServer {
  readonly issuer: string
  readonly audience: string
  /** Seconds. */
  readonly refreshRetryWindow: number
  readonly grants: GrantStorage
  readonly values: TokenValues
  readonly verifyJwt: VerifyJwt
  /** Tokens of the grant type `client_credentials`. If it is off, nothing is found. */
  readonly clientCredentials: Pick<RecordStorage, 'find' | 'destroy'>
}

/** The caller that asks about a token. */
export interface TokenCaller {
  /** Called only if there is such a token. */
  isAllowed(token: StoredToken): Promise<boolean>
}

/**
 * Answers what a token is good for, and notes that its connection is in use.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2 RFC 7662, Section 2.2}
 */
export async function introspect(
  value: string,
  caller: TokenCaller,
  server: IntrospectingServer,
): Promise<Readonly<Record<string, unknown>>> {
  const token = await findToken(value, server)
  if (!token || !isGood(token) || !(await caller.isAllowed(token))) return { active: false }
  const { kind, payload, grant } = token
  const { issuer, audience } = server
  // A grant without a subject is good for no company.
  const subject = parseSubject(grant?.payload.subject ?? '')
  if (grant && !subject) return { active: false }
  // A token that `configure` made for another API must not pass for one of this API. A refresh token is for this server.
  const { extra, aud, scope = '', clientId, exp, iat, jkt, 'x5t#S256': x5t } = payload
  if (kind !== 'RefreshToken' && ![aud].flat().includes(audience)) return { active: false }
  if (kind === 'AccessToken') await noteUse(token.grantId, token.grant, server)
  return {
    active: true,
    ...(subject && { sub: subject.id }),
    jti: (extra as { readonly jti?: string } | undefined)?.jti ?? toJti(payload.jti),
    client_id: clientId,
    exp,
    iat,
    iss: issuer,
    aud: audience,
    scope,
    ...(jkt !== undefined && { cnf: { jkt } }),
    ...(x5t !== undefined && { cnf: { 'x5t#S256': x5t } }),
    token_type: kind === 'RefreshToken' ? 'refresh_token' : jkt === undefined ? 'Bearer' : 'DPoP',
    ...(subject && { [subjectClaim]: subject.urn }),
  }
}

/** Finds a token that has not expired by its value, with one look at the storage. */
export async function findToken(
  value: string,
  server: IntrospectingServer,
): Promise<StoredToken | undefined> {
  // No other token has a dot in it.
  const token = await (value.includes('.') ? findJwt : findOpaque)(value, server)
  return token && !hasExpired(token.payload) ? token : undefined
}

async function findOpaque(
  value: string,
  server: IntrospectingServer,
): Promise<StoredToken | undefined> {
  const grantId = grantIdOf(value)
  if (grantId === undefined) {
    const payload = await server.clientCredentials.find(value)
    return payload && { kind: 'ClientCredentials', payload: { ...payload, jti: value } }
  }
  const isRefreshToken = generationOf(value) !== undefined
  const grant = await server.grants.load(grantId, isRefreshToken ? null : value)
  if (!grant) return undefined
  const payload = isRefreshToken
    ? findStoredRefreshToken(value, grant, server.values)
    : grant.find('AccessToken', value)
  const kind = isRefreshToken ? 'RefreshToken' : 'AccessToken'
  return payload && { kind, payload: { ...payload, jti: value }, grantId, grant }
}

/** Finds the stored access token of a JWT: a JWT that was ended still verifies. */
async function findJwt(
  value: string,
  { verifyJwt, grants }: IntrospectingServer,
): Promise<StoredToken | undefined> {
  const jwt = await verifyJwt(value)
  if (!jwt) return undefined
  const { grantId, jti, iat, exp } = jwt
  const grant = await grants.load(grantId, jti)
  const stored = grant?.find('AccessToken', jti)
  if (!grant || !stored) return undefined
  // After a repeated refresh there are several JWTs of one `jti`, each with its own end.
  const payload = { ...stored, jti, iat, exp, extra: { jti } }
  return { kind: 'AccessToken', payload, grantId, grant }
}

/** Whether the token was not replaced, and belongs to a grant that has not expired. */
function isGood({ payload, grant }: StoredToken): boolean {
  if (payload.consumed !== undefined) return false
  if (!grant) return true
  const { clientId, accountId } = grant.payload
  const isOfGrant = payload.clientId === clientId && payload['accountId'] === accountId
  return isOfGrant && !hasExpired(grant.payload)
}

/** How often it is written that a connection is in use, in milliseconds. */
const useInterval = 60_000

/**
 * Notes that the connection is in use. This also closes the retry window: a client that uses the access token of a refresh
 * has received the answer.
 */
async function noteUse(
  grantId: string,
  { now, lastUsedAt, refreshToken }: LoadedGrant,
  { grants, refreshRetryWindow }: IntrospectingServer,
): Promise<void> {
  const { rotatedAt, isUsed = true, generation = 0 } = refreshToken ?? {}
  const closesWindow =
    rotatedAt !== undefined && !isUsed && now - rotatedAt <= refreshRetryWindow * 1000
  const isLong = lastUsedAt === undefined || now - lastUsedAt >= useInterval
  if (closesWindow || isLong) await grants.noteUse(grantId, generation)
}
