import { parseSubject } from '../pleo/subject.ts'
import type { VerifiedToken } from './access-token.ts'

type Claims = Readonly<Record<string, unknown>>

/**
 * What the members of an introspection response (RFC 7662, Section 2.2), or the claims of a JWT access token (RFC 9068,
 * Section 2.2), say of a token that is good; `undefined` where it is of no use to an API of companies: it is for none,
 * is no access token, or is bound to something that is not checked here.
 *
 * @throws TypeError, with the name of the member, where the authorization server says what makes no sense
 */
export function toVerifiedToken(claims: Claims): VerifiedToken | undefined {
  const clientId = textOf(claims, 'client_id')
  const scope = claims['scope'] === undefined ? '' : textOf(claims, 'scope', '')
  const { exp, cnf } = claims
  if (!Number.isSafeInteger(exp)) throw new TypeError('exp is no whole number')
  const audience = toAudience(claims['aud'])
  const keyThumbprint = cnf === undefined ? undefined : toThumbprint(cnf)
  if (keyThumbprint === 'unknown' || !isAccessToken(claims['token_type'], keyThumbprint)) {
    return undefined
  }
  const urn = claims['urn:pleo:params:oauth:subject_urn']
  const subject = typeof urn === 'string' ? parseSubject(urn) : undefined
  if (!subject) return undefined
  return {
    clientId,
    subject,
    scope: new Set(scope.split(' ').filter(Boolean)),
    expiresAt: Number(exp) * 1000,
    keyThumbprint,
    audience,
  }
}

function textOf(claims: Claims, name: string, ...alsoGood: readonly string[]): string {
  const value = claims[name]
  if (typeof value === 'string' && (value !== '' || alsoGood.includes(value))) return value
  throw new TypeError(`${name} is no text`)
}

function toAudience(aud: unknown): readonly string[] {
  const all: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (all.every((one) => typeof one === 'string')) return all
  throw new TypeError('aud is no text')
}

function toThumbprint(cnf: unknown): string {
  if (typeof cnf !== 'object' || cnf === null) throw new TypeError('cnf is no object')
  const { jkt, ...others } = cnf as { readonly jkt?: unknown }
  // Bound to a certificate, for one: without looking at it, a stolen token would pass (RFC 8705, Section 3).
  return typeof jkt === 'string' && Object.keys(others).length === 0 ? jkt : 'unknown'
}

/** A JWT says its type in its header; a refresh token is nothing to call an API with. */
function isAccessToken(type: unknown, keyThumbprint: string | undefined): boolean {
  if (type === undefined) return true
  if (typeof type !== 'string') throw new TypeError('token_type is no text')
  return type.toLowerCase() === (keyThumbprint === undefined ? 'bearer' : 'dpop')
}
