import type { ClientMetadata } from '../../lib/index.ts'
import { drawRequest, pickFrom, type ClientRequest } from './client-requests.ts'
import { audience } from './server.ts'

/** A connection, as its client knows it. */
export interface KnownConnection {
  readonly client: ClientMetadata
  readonly codes: { readonly code: string; readonly verifier: string }[]
  /** Oldest first. */
  readonly refreshTokens: string[]
  readonly accessTokens: string[]
}

/** A request, and the connection whose tokens it may get. */
export interface TokenRequest extends ClientRequest {
  readonly of: KnownConnection
  /** The refresh token that it presents. */
  readonly refreshToken?: string | undefined
}

type Draw = () => number

const unknown = ['unknown', '', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'a\0b', 'x'.repeat(93)]

const oddScopes = [
  'companies:read',
  'users:read companies:read',
  'companies:read  users:read',
  ' companies:read ',
  ' ',
  '',
  'companies:read companies:read',
  'tags:read',
  'export-jobs:write nothing:at-all',
  'openid',
  'ü',
  '"x"',
  'companies:read\ttab',
  'x'.repeat(3000),
]

const oddResources = [audience, `${audience}/`, 'https://other.example.test', 'x', '']

/** Draws a token: mostly one of the newest of the connection. */
function drawToken(
  random: Draw,
  tokens: readonly string[],
  others: readonly KnownConnection[],
): string {
  const drawn = random()
  if (drawn < 0.7) return tokens.at(-1) ?? 'none yet'
  if (drawn < 0.82) return tokens.at(-2) ?? 'no second one'
  if (drawn < 0.9) return pickFrom(random, tokens) ?? 'no earlier one'
  if (drawn < 0.96) return pickFrom(random, others).refreshTokens.at(-1) ?? 'none yet'
  return pickFrom(random, unknown)
}

/** Draws a request for or about tokens: to refresh, redeem, revoke or introspect. */
export function drawTokenRequest(
  random: Draw,
  connections: readonly KnownConnection[],
  callers: readonly ClientMetadata[],
): TokenRequest {
  const of = pickFrom(random, connections)
  const caller = random() < 0.92 ? of.client : pickFrom(random, callers)
  const drawn = random()
  const { path, fields } =
    drawn < 0.5
      ? toRefresh(random, of, connections)
      : drawn < 0.6
        ? toRedemption(random, of)
        : toQuestion(random, of, connections)
  const refreshToken = fields.get('refresh_token') ?? undefined
  return { ...drawRequest(random, caller, { path, fields }), of, refreshToken }
}

interface Form {
  readonly path: string
  readonly fields: URLSearchParams
}

function toRefresh(
  random: Draw,
  { refreshTokens }: KnownConnection,
  others: readonly KnownConnection[],
): Form {
  const fields = new URLSearchParams()
  if (random() < 0.98) fields.set('grant_type', random() < 0.98 ? 'refresh_token' : 'password')
  if (random() < 0.98) fields.set('refresh_token', drawToken(random, refreshTokens, others))
  if (random() < 0.3) fields.set('scope', pickFrom(random, oddScopes))
  if (random() < 0.1) fields.append('resource', pickFrom(random, oddResources))
  if (random() < 0.03) fields.append('resource', pickFrom(random, oddResources))
  if (random() < 0.03) fields.append('redirect_uri', 'https://ledger.example.test/callback')
  if (random() < 0.02) fields.append('refresh_token', 'twice')
  return { path: '/oauth/token', fields }
}

function toRedemption(random: Draw, { client, codes }: KnownConnection): Form {
  const { code = 'none yet', verifier = '' } = codes.at(random() < 0.8 ? -1 : 0) ?? {}
  const fields = new URLSearchParams({ grant_type: 'authorization_code' })
  if (random() < 0.97) fields.set('code', code)
  if (random() < 0.97)
    fields.set('redirect_uri', client.redirect_uris?.at(random() < 0.95 ? 0 : -1) ?? '')
  if (random() < 0.97) fields.set('code_verifier', random() < 0.95 ? verifier : 'x'.repeat(43))
  if (random() < 0.05) fields.set('scope', 'companies:read')
  if (random() < 0.05) fields.set('resource', pickFrom(random, oddResources))
  return { path: '/oauth/token', fields }
}

/** Introspection or revocation. */
function toQuestion(
  random: Draw,
  { accessTokens, refreshTokens }: KnownConnection,
  others: readonly KnownConnection[],
): Form {
  const isRevocation = random() < 0.15
  const isRefreshToken = random() < 0.4
  const fields = new URLSearchParams()
  const tokens = isRefreshToken ? refreshTokens : accessTokens
  if (random() < 0.98) fields.set('token', drawToken(random, tokens, others))
  if (random() < 0.2) fields.set('token_type_hint', isRefreshToken ? 'refresh_token' : 'x')
  return { path: `/oauth/token/${isRevocation ? 'revoke' : 'introspect'}`, fields }
}
