import { hash, randomUUID } from 'node:crypto'
import type { Context, Middleware } from 'koa'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { parseSubject } from '../pleo/subject.ts'
import { loadOnce } from '../provider/grant-request.ts'
import type { Grant } from '../provider/internals.ts'
import type { GrantStorage } from '../storage.ts'

/** What {@link createIntrospectionResponse} takes. */
interface IntrospectionParts {
  readonly resourceServer: { readonly audience: string }
  readonly storage: { readonly grants: GrantStorage }
  /** Seconds. */
  readonly refreshRetryWindow: number
}

/**
 * Gives the introspection response the members that partners decode, and those alone.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2.2 RFC 7662, Section 2.2}
 */
export function createIntrospectionResponse({
  resourceServer: { audience },
  storage: { grants },
  refreshRetryWindow,
}: IntrospectionParts): Middleware {
  return async (ctx, next) => {
    await next()
    const context = ctx as unknown as Partial<KoaContextWithOIDC>
    if (context.oidc && ctx.status === 200) {
      const response = toResponse(context.oidc, ctx.body, audience)
      if (response['active'] === true) {
        await noteUse(context as KoaContextWithOIDC, grants, refreshRetryWindow)
      }
      shape(ctx, response)
    } else if (isStructuredToken(ctx.body)) {
      ctx.status = 200
      ctx.body = { active: false }
    }
  }
}

/** How often it is written that a connection is in use, in milliseconds. */
const useInterval = 60_000

/**
 * Notes that the connection is in use. Also, somebody has the access token that a refresh issued, so its
 * answer was not lost.
 */
async function noteUse(
  ctx: KoaContextWithOIDC,
  grants: GrantStorage,
  window: number,
): Promise<void> {
  const { AccessToken: token } = ctx.oidc.entities
  if (token?.grantId === undefined) return
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
 * Gives every revocation that was not refused the same answer: nothing, as JSON, because published
 * clients read no other content type.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7009.html#section-2.2 RFC 7009, Section 2.2}
 */
export function createRevocationResponse(): Middleware {
  return async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    await next()
    if (ctx.status === 200 || isStructuredToken(ctx.body)) {
      ctx.status = 200
      ctx.body = ''
      ctx.type = 'json'
    }
  }
}

/** A text in the shape of a JWT, which the framework tells from other unknown tokens. */
const isStructuredToken = (body: unknown): boolean =>
  (body as { readonly error?: string } | undefined)?.error === 'unsupported_token_type'

function toResponse(
  { entities, issuer }: KoaContextWithOIDC['oidc'],
  answer: unknown,
  audience: string,
): Readonly<Record<string, unknown>> {
  const body = answer as Readonly<Record<string, unknown>>
  const token = entities.AccessToken ?? entities.RefreshToken ?? entities.ClientCredentials
  if (body['active'] !== true || !token) return { active: false }
  const grant: Grant | undefined = entities.Grant
  const subject = parseSubject(grant?.subject ?? '')
  // A token that a grant stands for without saying for which company is good for none.
  if (token.kind !== 'ClientCredentials' && !subject) return { active: false }
  const { scope, cnf, exp, iat } = body
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
    response['urn:pleo:params:oauth:subject_urn'] = subject.urn
  }
  if (cnf !== undefined) response['cnf'] = cnf
  return response
}

/** Gives every access token an identifier when it is issued, so that none has to be made from the token. */
export const toTokenIdentifier = (): { readonly jti: string } => ({ jti: randomUUID() })

function identifierOf(token: { readonly jti: string; readonly extra?: unknown }): string {
  const { jti } = (token.extra ?? {}) as Partial<ReturnType<typeof toTokenIdentifier>>
  return jti ?? hash('sha256', `jti:${token.jti}`, 'base64url').slice(0, 22)
}
