import type { Context } from 'koa'
import * as oauth from 'openid-client'
import { parseSubject } from 'pleo-oauth-server'

/** What a good access token says. */
export interface VerifiedToken {
  readonly clientId: string
  readonly scope: string
  readonly subject: NonNullable<ReturnType<typeof parseSubject>>
}

/** What {@link createBearer} takes. */
export interface BearerOptions {
  /** Answers the API's own registration at the authorization server. */
  readonly discover: () => Promise<oauth.Configuration>
  readonly audience: string
}

/** Verifies the access token of a request. Answers the request itself, and `undefined`, where it is not good. */
export type Bearer = (ctx: Context, scope?: string) => Promise<VerifiedToken | undefined>

/**
 * Bearer tokens from the `Authorization` header, verified by introspection.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6750.html#section-3 RFC 6750, Section 3}
 */
export function createBearer({ discover, audience }: BearerOptions): Bearer {
  return async (ctx, scope) => {
    const credentials = /^Bearer(?: +(.*))?$/i.exec(ctx.get('Authorization'))
    if (!credentials) {
      refuse(ctx, 401, 'Bearer', 'missing_token')
      return undefined
    }
    let answer: oauth.IntrospectionResponse | undefined
    try {
      answer = await introspect(discover, credentials[1] ?? '')
    } catch {
      ctx.status = 503
      ctx.set('Retry-After', '5')
      ctx.body = { error: 'temporarily_unavailable' }
      return undefined
    }
    const token = answer && toToken(answer, audience)
    if (!token) {
      refuse(ctx, 401, 'Bearer error="invalid_token"', 'invalid_token')
      return undefined
    }
    if (scope && !token.scope.split(' ').includes(scope)) {
      refuse(ctx, 403, `Bearer error="insufficient_scope", scope="${scope}"`, 'insufficient_scope')
      return undefined
    }
    return token
  }
}

async function introspect(
  discover: BearerOptions['discover'],
  token: string,
): Promise<oauth.IntrospectionResponse | undefined> {
  // RFC 6750, Section 2.1: what is not b64token cannot have been issued.
  if (!/^[\w\-.~+/]+=*$/.test(token)) return undefined
  const configuration = await discover()
  return oauth.tokenIntrospection(configuration, token, { token_type_hint: 'access_token' })
}

function toToken(answer: oauth.IntrospectionResponse, audience: string): VerifiedToken | undefined {
  if (!answer.active || answer.aud !== audience) return undefined
  // A token bound to a key is no Bearer token (RFC 9449, Section 7.2), a refresh token is no access token.
  if (answer.token_type?.toLowerCase() !== 'bearer') return undefined
  const urn = answer['urn:pleo:params:oauth:subject_urn']
  const subject = typeof urn === 'string' ? parseSubject(urn) : undefined
  if (!subject || !answer.client_id) return undefined
  return { clientId: answer.client_id, scope: answer.scope ?? '', subject }
}

function refuse(ctx: Context, status: 401 | 403, challenge: string, error: string): void {
  ctx.status = status
  ctx.set('WWW-Authenticate', challenge)
  ctx.body = { error }
}
