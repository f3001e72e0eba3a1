import type { IntrospectionResponse, TokenEndpointResponse } from 'oauth4webapi'
import { bold, toList, toTime } from '../terminal/text.ts'
import type { Outcome } from './flow.ts'
import { mask } from './wire.ts'

type Row = readonly [name: string, value: string]

/** The result, for people. */
export function toText(outcome: Outcome, isShown: boolean): string {
  const { tokens, introspection, refreshed, revoked } = outcome
  const parts = [
    toPart('Tokens', [...toSubjectRows(introspection), ...toTokenRows(tokens, isShown)]),
    introspection && toPart('Introspection of the access token', toClaimRows(introspection)),
    refreshed &&
      toPart('Refreshed', [
        ...toTokenRows(refreshed.tokens, isShown),
        ['access token before', toEnd(refreshed.isStillActive)],
        ['refresh token before', toSuccession(tokens, refreshed.tokens)],
      ]),
    revoked && toPart('Revoked', [['access token', toEnd(revoked.isStillActive)]]),
    revoked ? undefined : 'The connection stays until it is ended; --revoke ends it.',
  ]
  return parts.filter((part) => part !== undefined).join('\n\n')
}

const toPart = (title: string, rows: readonly Row[]): string => `${bold(title)}\n${toList(rows)}`

/** The subject of the tokens. Only this server has this claim. */
function toSubjectRows(introspection: IntrospectionResponse | undefined): readonly Row[] {
  const urn = introspection?.['urn:pleo:params:oauth:subject_urn']
  return typeof urn === 'string' ? [['subject', urn]] : []
}

const toSuccession = (before: TokenEndpointResponse, after: TokenEndpointResponse): string =>
  after.refresh_token === before.refresh_token
    ? 'still valid: the server sent no new one'
    : 'replaced by the new one'

function toTokenRows(tokens: TokenEndpointResponse, isShown: boolean): readonly Row[] {
  const toShown = (token: string): string => (isShown ? token : mask(token))
  const { access_token, refresh_token, expires_in, scope, token_type } = tokens
  return [
    ['access token', toShown(access_token)],
    ['type', token_type],
    ['lifetime', expires_in === undefined ? '-' : `${expires_in} seconds`],
    ['scope', scope ?? '-'],
    ['refresh token', refresh_token === undefined ? '-' : toShown(refresh_token)],
  ]
}

function toClaimRows(introspection: IntrospectionResponse): readonly Row[] {
  return Object.entries(introspection).map(([name, value]) => {
    const isTime = ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number'
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    const time = isTime ? toTime(value * 1000) : '-'
    return [name, time === '-' ? text : `${text} (${time})`]
  })
}

function toEnd(isStillActive: boolean | undefined): string {
  if (isStillActive === undefined)
    return 'not known: the server has no introspection for this client'
  return isStillActive ? 'still active, which it should not be' : 'not active any more'
}

/** The result for scripts, with the names of the specifications. */
export function toPlain(outcome: Outcome, isShown: boolean): object {
  const { tokens, introspection, refreshed, revoked } = outcome
  return {
    tokens: toPlainTokens(tokens, isShown),
    introspection: introspection ?? null,
    refreshed: refreshed
      ? {
          tokens: toPlainTokens(refreshed.tokens, isShown),
          isOldStillActive: refreshed.isStillActive ?? null,
        }
      : null,
    revoked: revoked ? { isStillActive: revoked.isStillActive ?? null } : null,
  }
}

/** Members that are not credentials. All others are masked, because a server can add credentials, like an ID token. */
const plain = new Set(['token_type', 'expires_in', 'scope'])

function toMasked(value: unknown): unknown {
  if (typeof value === 'string') return mask(value)
  return typeof value === 'object' && value !== null ? mask(JSON.stringify(value)) : value
}

function toPlainTokens(tokens: TokenEndpointResponse, isShown: boolean): object {
  if (isShown) return tokens
  const members = Object.entries(tokens).map(([name, value]) => [
    name,
    plain.has(name) ? value : toMasked(value),
  ])
  return Object.fromEntries(members) as object
}
