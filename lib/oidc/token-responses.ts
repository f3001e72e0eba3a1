import type { Context, Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type Provider from 'oidc-provider'
import { parseSubject } from '../pleo/subject.ts'
import { createPublicIntrospectionRefusal } from './client-authentication.ts'
import { loadOnce } from './grant-request.ts'
import type { Grant } from './internals.ts'
import type { GrantStorage } from '../storage.ts'
import { subjectClaim } from './jwt-claims.ts'
import type { JwtParts } from './jwt-access-tokens.ts'
import { createJwtRequests } from './jwt-requests.ts'
import { toIdentifier, type createTokenIdentifier } from '../grants/token-values.ts'

/** What {@link createIntrospectionResponse} takes, beside the provider. */
export interface IntrospectionParts extends JwtParts {
  /** Seconds. */
  readonly refreshRetryWindow: number
}

/**
 * Gives the introspection response the members that partners decode, and those alone.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2 RFC 7662, Section 2.2}
 */
export function createIntrospectionResponse(
  provider: Provider,
  parts: IntrospectionParts,
): Middleware {
  const { resourceServer, storage, refreshRetryWindow } = parts
  const jwtRequests = createJwtRequests(provider, 'introspection', parts)
  const refusePublicClients = createPublicIntrospectionRefusal(provider)
  return async (ctx, next) => {
    await refusePublicClients(ctx, next)
    const context = ctx as unknown as KoaContextWithOIDC
    const isAboutJwt = jwtRequests.has(context)
    if (isAboutJwt) answerWith(ctx, { active: false })
    else if (!('oidc' in ctx) || ctx.status !== 200) return
    const found = isAboutJwt ? await jwtRequests.find(context) : findOpaque(context, ctx.body)
    const response = found && toResponse(provider.issuer, found, resourceServer.audience)
    if (response && found?.token.kind === 'AccessToken') {
      await noteUse(context, found.token, storage.grants, refreshRetryWindow)
    }
    shape(ctx, response ?? { active: false })
  }
}

/** What the framework found, where it may be shown. */
function findOpaque({ oidc: { entities } }: KoaContextWithOIDC, body: unknown): Found | undefined {
  const claims = body as Found['claims'] & { readonly active: boolean }
  const token = entities.AccessToken ?? entities.RefreshToken ?? entities.ClientCredentials
  const grant: Grant | undefined = entities.Grant
  return claims.active && token ? { token, grant, claims } : undefined
}

/** How often it is written that a connection is in use, in milliseconds. */
const useInterval = 60_000

/**
 * Notes that the connection is in use. Also, somebody has the access token that a refresh issued, so its
 * answer was not lost.
 */
export async function noteUse(
  ctx: KoaContextWithOIDC | undefined,
  token: { readonly grantId?: string },
  grants: GrantStorage,
  window: number,
): Promise<void> {
  if (token.grantId === undefined) return
  const loaded = await loadOnce(ctx, grants, token.grantId)
  if (!loaded) return
  const { now, lastUsedAt, refreshToken } = loaded
  const { rotatedAt, isUsed = true, generation = 0 } = refreshToken ?? {}
  const closesWindow = rotatedAt !== undefined && !isUsed && now - rotatedAt <= window * 1000
  const isLong = lastUsedAt === undefined || now - lastUsedAt >= useInterval
  if (closesWindow || isLong) await grants.noteUse(token.grantId, generation)
}

/** Gives the body these members and no others. It stays the same object: Koa looks at a new one anew. */
function shape(ctx: Pick<Context, 'body'>, response: Readonly<Record<string, unknown>>): void {
  const body = ctx.body as Record<string, unknown>
  // What is undefined is not written.
  for (const name of Object.keys(body)) if (!(name in response)) body[name] = undefined
  Object.assign(body, response)
}

/**
 * Gives every revocation that was not refused the same answer: an empty JSON object. Published clients read no other content
 * type, and an empty text is not JSON (RFC 8259, Section 2).
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7009.html#section-2.2 RFC 7009, Section 2.2}
 */
export function createRevocationResponse(provider: Provider, parts: JwtParts): Middleware {
  const jwtRequests = createJwtRequests(provider, 'revocation', parts)
  return async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    await next()
    const context = ctx as unknown as KoaContextWithOIDC
    const isAboutJwt = jwtRequests.has(context)
    if (isAboutJwt) await jwtRequests.revoke(context)
    if (isAboutJwt || ctx.status === 200) answerWith(ctx, {})
  }
}

function answerWith(ctx: Context, body: object): void {
  ctx.status = 200
  ctx.body = body
  ctx.type = 'json'
}

/** A token that is good, the grant it belongs to, and what is said of it. */
interface Found {
  readonly token: InstanceType<Provider['AccessToken' | 'RefreshToken' | 'ClientCredentials']>
  readonly grant?: Pick<Grant, 'subject'> | undefined
  readonly claims: Readonly<Partial<Record<'scope' | 'cnf' | 'exp' | 'iat', unknown>>>
}

function toResponse(
  issuer: string,
  { token, grant, claims: { scope, cnf, exp, iat } }: Found,
  audience: string,
): Readonly<Record<string, unknown>> | undefined {
  const subject = parseSubject(grant?.subject ?? '')
  // A token that a grant stands for without saying for which company is good for none.
  if (token.kind !== 'ClientCredentials' && !subject) return undefined
  // A refresh token is for this server. Any other that `configure` made for another API must not pass for one of this API.
  if (token.kind !== 'RefreshToken' && !isFor(token, audience)) return undefined
  const response: Record<string, unknown> = {
    active: true,
    client_id: token.clientId,
    scope: scope ?? '',
    token_type: token.kind === 'RefreshToken' ? 'refresh_token' : token.tokenType,
    aud: audience,
    iss: issuer,
    exp,
    iat,
    jti: identifierOf(token),
  }
  if (subject) {
    response['sub'] = subject.id
    response[subjectClaim] = subject.urn
  }
  if (cnf !== undefined) response['cnf'] = cnf
  return response
}

/** Whether a token is for that API; one that names none is for none. */
export const isFor = (
  { aud }: { readonly aud?: string | readonly string[] | undefined },
  audience: string,
): boolean => [aud].flat().includes(audience)

export function identifierOf(token: { readonly jti: string; readonly extra?: unknown }): string {
  const { jti } = (token.extra ?? {}) as Partial<ReturnType<typeof createTokenIdentifier>>
  return jti ?? toIdentifier(token.jti)
}
