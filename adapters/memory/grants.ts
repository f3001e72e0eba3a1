import type {
  Exchange,
  ExchangeResult,
  GrantStorage,
  LoadedGrant,
  NewToken,
  StoredPayload,
  StoredRefreshToken,
  TokenKind,
} from '../../lib/storage.ts'
import { copyOf } from './copy.ts'
import type { Space, StoredRecord } from './space.ts'

interface Token {
  readonly id: string
  readonly payload: StoredPayload
  readonly endsAt: number
}

/** A grant with all that belongs to it. */
interface Grant {
  readonly payload: StoredPayload
  readonly endsAt: number
  code?: (Token & { readonly usedAt?: number }) | undefined
  refreshToken?:
    (Token & Pick<StoredRefreshToken, 'generation' | 'rotatedAt' | 'isUsed'>) | undefined
  readonly accessTokens: Map<string, Token>
}

interface Live {
  readonly record: StoredRecord
  readonly grant: Grant
}

const keyOf = (grantId: string): string => `Grant:${grantId}`

/** Grants in a space of records: one record each. */
export function createGrantStorage(space: Space): GrantStorage {
  const live = (grantId: string): Live | undefined => {
    const record = space.live(keyOf(grantId))
    return record && { record, grant: record.content as Grant }
  }
  return {
    async save(grantId, payload, lifetime) {
      const earlier = live(grantId)?.grant
      const endsAt = space.now() + lifetime * 1000
      const content: Grant = {
        accessTokens: new Map(),
        ...earlier,
        payload: copyOf(payload),
        endsAt,
      }
      const record = { content, indexKey: undefined, expiresAt: endsAt, consumed: undefined }
      space.put(keyOf(grantId), record)
      if (earlier) shorten(record, content)
    },
    load: async (grantId) => toLoaded(live(grantId)?.grant, space.now()),
    async add(grantId, kind, token) {
      const found = live(grantId)
      if (!found) return false
      store(found, kind, toToken(token, space.now()), space.now())
      return true
    },
    async exchange(grantId, exchange) {
      const found = live(grantId)
      return found ? exchangeIn(found, exchange, space.now()) : 'gone'
    },
    async closeRetryWindow(grantId, generation) {
      const { grant } = live(grantId) ?? {}
      if (grant?.refreshToken?.generation !== generation) return
      grant.refreshToken = { ...grant.refreshToken, isUsed: true }
    },
    async remove(grantId, kind, id) {
      const { grant } = live(grantId) ?? {}
      if (grant) removeFrom(grant, kind, id)
    },
    end: async (grantId) => live(grantId) !== undefined && space.remove(keyOf(grantId)),
    endAll: async (of) => {
      const keys = [...space.keys()].filter((key) => isGrantOf(space, key, of))
      return keys.filter((key) => space.remove(key)).length
    },
  }
}

function isGrantOf(
  space: Space,
  key: string,
  { clientId, subject }: Parameters<GrantStorage['endAll']>[0],
): boolean {
  const record = key.startsWith('Grant:') ? space.live(key) : undefined
  if (!record) return false
  const { payload } = record.content as Grant
  return payload.clientId === clientId && (subject === undefined || payload.subject === subject)
}

const toToken = ({ id, payload, lifetime }: NewToken, now: number): Token => ({
  id,
  payload: copyOf(payload),
  endsAt: now + lifetime * 1000,
})

/** A grant is of no use for longer than what belongs to it. */
function shorten(record: StoredRecord, grant: Grant): void {
  const { code, refreshToken, accessTokens, endsAt } = grant
  const ends = [
    ...accessTokens.values(),
    refreshToken,
    code?.usedAt === undefined ? code : undefined,
  ]
    .map((token) => token?.endsAt)
    .filter((end) => end !== undefined)
  record.expiresAt = Math.min(endsAt, ends.length === 0 ? endsAt : Math.max(...ends))
}

function store({ record, grant }: Live, kind: TokenKind, token: Token, now: number): void {
  if (kind === 'AuthorizationCode') grant.code = token
  else if (kind === 'RefreshToken') {
    grant.refreshToken = { ...token, generation: 0, rotatedAt: undefined, isUsed: false }
  } else {
    for (const [id, { endsAt }] of grant.accessTokens) {
      if (endsAt <= now) grant.accessTokens.delete(id)
    }
    grant.accessTokens.set(token.id, token)
  }
  shorten(record, grant)
}

function exchangeIn(found: Live, exchange: Exchange, now: number): ExchangeResult {
  const { grant } = found
  const { used } = exchange
  if (used.kind === 'AuthorizationCode') {
    if (grant.code?.id !== used.id || grant.code.endsAt <= now) return 'gone'
    if (grant.code.usedAt !== undefined) return 'used'
    grant.code = { ...grant.code, usedAt: now }
    storeIssued(found, exchange, now)
    return 'exchanged'
  }
  const { refreshToken: current } = grant
  if (!current) return 'gone'
  const isCurrent = current.generation === used.generation && current.id === used.id
  const isForgotten = used.isGenuine && current.generation === used.generation - 1
  if (isCurrent || isForgotten) {
    grant.accessTokens.clear()
    storeIssued(found, exchange, now)
    if (grant.refreshToken) {
      Object.assign(grant.refreshToken, { generation: used.generation + 1, rotatedAt: now })
    }
    return 'exchanged'
  }
  const isRepeat =
    current.generation === used.generation + 1 &&
    current.id === exchange.refreshToken?.id &&
    !current.isUsed &&
    now - (current.rotatedAt ?? 0) <= exchange.retryWindow * 1000
  if (!isRepeat || exchange.retryWindow === 0) return 'used'
  storeIssued(found, { ...exchange, refreshToken: undefined }, now)
  return 'repeated'
}

function storeIssued(found: Live, { refreshToken, accessToken }: Exchange, now: number): void {
  if (refreshToken) store(found, 'RefreshToken', toToken(refreshToken, now), now)
  if (accessToken) store(found, 'AccessToken', toToken(accessToken, now), now)
}

function removeFrom(grant: Grant, kind: TokenKind, id: string | undefined): void {
  const isMeant = (token: Token | undefined): boolean => id === undefined || token?.id === id
  if (kind === 'AuthorizationCode' && isMeant(grant.code)) grant.code = undefined
  if (kind === 'RefreshToken' && isMeant(grant.refreshToken)) grant.refreshToken = undefined
  if (kind !== 'AccessToken') return
  if (id === undefined) grant.accessTokens.clear()
  else grant.accessTokens.delete(id)
}

function toLoaded(grant: Grant | undefined, now: number): LoadedGrant | undefined {
  if (!grant) return undefined
  // What happens to the grant later is not seen in what was loaded before.
  const { code, refreshToken } = grant
  const { jti: _, ...withoutValue } = refreshToken?.payload ?? {}
  const accessTokens = new Map(grant.accessTokens)
  return {
    payload: copyOf(grant.payload),
    now,
    find(kind, id) {
      const token = kind === 'AccessToken' ? accessTokens.get(id) : code
      if (token?.id !== id || token.endsAt <= now) return undefined
      const payload = copyOf(token.payload)
      return kind === 'AuthorizationCode' && code?.usedAt !== undefined
        ? { ...payload, consumed: code.usedAt }
        : payload
    },
    refreshToken: refreshToken && {
      payload: copyOf(withoutValue),
      generation: refreshToken.generation,
      rotatedAt: refreshToken.rotatedAt,
      isUsed: refreshToken.isUsed,
      is: (id) => refreshToken.id === id,
    },
  }
}
