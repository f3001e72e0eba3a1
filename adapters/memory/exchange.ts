import type { Exchange, ExchangeResult, NewToken, TokenKind } from '../../lib/storage.ts'
import { copyOf, type StoredRecord } from './space.ts'
import type { Grant, Token } from './loaded-grant.ts'

/** A grant that exists, and its record. */
export interface Live {
  readonly record: StoredRecord
  readonly grant: Grant
}

/** How many access tokens a grant has at most: the oldest make room. */
const maxAccessTokens = 64

/** How many times of first use a grant keeps at most: a client that refreshes faster loses the overlap of the oldest. */
const maxUses = 1000

/** How long a grant without a code or token is kept, in milliseconds. */
const emptyLifetime = 86_400_000

/** An issued token as it is stored. */
export const toToken = ({ id, payload, lifetime, successor }: NewToken, now: number): Token => ({
  id,
  successor,
  payload: copyOf(payload),
  endsAt: now + lifetime * 1000,
})

/** A grant is of no use for longer than what belongs to it. */
export function shorten(record: StoredRecord, grant: Grant, now: number): void {
  const { code, refreshToken, accessTokens, endsAt } = grant
  const ends = [
    ...accessTokens.values(),
    refreshToken,
    code?.usedAt === undefined ? code : undefined,
  ].flatMap((token) => token?.endsAt ?? [])
  record.expiresAt = Math.min(endsAt, ends.length === 0 ? now + emptyLifetime : Math.max(...ends))
}

/** Stores a code or token in its grant. */
export function store({ record, grant }: Live, kind: TokenKind, token: Token, now: number): void {
  if (kind === 'AuthorizationCode') grant.code = token
  else if (kind === 'RefreshToken') {
    grant.refreshToken = {
      ...token,
      generation: 0,
      rotatedAt: undefined,
      earlierUses: [],
      isUsed: false,
      isRevoked: false,
    }
  } else {
    makeRoom(grant.accessTokens, token.id, now)
    grant.accessTokens.set(token.id, token)
  }
  shorten(record, grant, now)
}

/** A refresh may be repeated with other scopes and keys, and must not fill the grant. */
function makeRoom(tokens: Map<string, Token>, id: string, now: number): void {
  // One that is stored again is the newest.
  tokens.delete(id)
  for (const [other, { endsAt }] of tokens) if (endsAt <= now) tokens.delete(other)
  const [first = ''] = tokens.keys()
  if (tokens.size >= maxAccessTokens) tokens.delete(first)
}

/** Gives up a code or refresh token for what is issued for it. */
export function exchangeIn(found: Live, exchange: Exchange, now: number): ExchangeResult {
  const { grant } = found
  const { used } = exchange
  if (used.kind === 'AuthorizationCode') {
    if (grant.code?.id !== used.id || grant.code.endsAt <= now) return 'gone'
    if (grant.code.usedAt !== undefined) return 'used'
    grant.code = { ...grant.code, usedAt: now }
    storeIssued(found, exchange, now)
    return 'exchanged'
  }
  return refreshIn(found, { ...exchange, used }, now)
}

type Refresh = Exchange & {
  readonly used: Extract<Exchange['used'], { readonly kind: 'RefreshToken' }>
}

function refreshIn(found: Live, exchange: Refresh, now: number): ExchangeResult {
  const { grant } = found
  const { refreshToken: current } = grant
  if (!current) return 'gone'
  const { id, generation } = exchange.used
  const isForgotten = current.generation === generation - 1 && current.successor === id
  if (isForgotten || (current.generation === generation && current.id === id)) {
    const uses = [isForgotten ? now : [], current.rotatedAt ?? [], current.earlierUses].flat()
    const over = uses.findIndex((time) => now - time > (exchange.overlap ?? 0) * 1000)
    grant.accessTokens.clear()
    grant.lastUsedAt = now
    storeIssued(found, exchange, now)
    if (grant.refreshToken) {
      Object.assign(grant.refreshToken, {
        generation: generation + 1,
        rotatedAt: now,
        // Each time is found by its place, also after the clock was put back.
        earlierUses: uses.slice(0, over === -1 ? maxUses : Math.min(over, maxUses)),
      })
    }
    return 'exchanged'
  }
  const result = judgeRepeat(current, exchange, now)
  if (result === 'repeated') storeIssued(found, { ...exchange, refreshToken: undefined }, now)
  return result
}

/** Judges a refresh with a token that is not the current one. */
function judgeRepeat(
  { id, generation, rotatedAt, earlierUses, isUsed, isRevoked }: NonNullable<Grant['refreshToken']>,
  { used, refreshToken, retryWindow, overlap = 0 }: Refresh,
  now: number,
): 'repeated' | 'used' | 'replayed' {
  const back = generation - used.generation
  if (back < 1) return 'used'
  const first = [rotatedAt, ...earlierUses][back - 1] ?? -Infinity
  const isWithin = (seconds: number): boolean => seconds > 0 && now - first <= seconds * 1000
  if (!isWithin(overlap) && !(back === 1 && !isUsed && isWithin(retryWindow))) return 'replayed'
  return back > 1 || isRevoked || refreshToken?.id !== id ? 'used' : 'repeated'
}

function storeIssued(found: Live, { refreshToken, accessToken }: Exchange, now: number): void {
  if (refreshToken) store(found, 'RefreshToken', toToken(refreshToken, now), now)
  if (accessToken) store(found, 'AccessToken', toToken(accessToken, now), now)
}
