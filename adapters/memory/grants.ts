import type {
  EndedGrant,
  Exchange,
  ExchangeResult,
  GrantStorage,
  NewToken,
  TokenKind,
} from '../../lib/storage.ts'
import { copyOf } from './copy.ts'
import { toLoadedGrant, type Grant, type Token } from './loaded-grant.ts'
import type { Space, StoredRecord } from './space.ts'

interface Live {
  readonly record: StoredRecord
  readonly grant: Grant
}

/** How many access tokens a grant has at most: the oldest make room. */
const maxAccessTokens = 16

/** How long a grant is kept that has nothing yet, in milliseconds. */
const emptyLifetime = 86_400_000

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
      shorten(record, content, space.now())
    },
    load: async (grantId) => toLoadedGrant(live(grantId)?.grant, space.now()),
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
    async noteUse(grantId, generation) {
      const { grant } = live(grantId) ?? {}
      if (!grant) return
      grant.lastUsedAt = space.now()
      if (grant.refreshToken?.generation !== generation) return
      grant.refreshToken = { ...grant.refreshToken, isUsed: true }
    },
    async remove(grantId, kind, id) {
      const { grant } = live(grantId) ?? {}
      if (grant) removeFrom(grant, kind, id)
    },
    ...createListAndEnds(space, live),
  }
}

/** What is done to grants as a whole: they are listed, and ended. */
function createListAndEnds(
  space: Space,
  live: (grantId: string) => Live | undefined,
): Pick<GrantStorage, 'list' | 'end' | 'endAll'> {
  return {
    list: async (of) =>
      grantsOf(space, of)
        .filter(({ grant }) => grant.refreshToken ?? grant.accessTokens.size > 0)
        .map(({ key, grant, record }) => ({
          ...toEnded(key, grant),
          endsAt: record.expiresAt,
          lastUsedAt: grant.lastUsedAt,
        })),
    async end(grantId) {
      const found = live(grantId)
      if (!found) return undefined
      space.remove(keyOf(grantId))
      return toEnded(keyOf(grantId), found.grant)
    },
    endAll: async (of) =>
      grantsOf(space, of).map(({ key, grant }) => {
        space.remove(key)
        return toEnded(key, grant)
      }),
  }
}

const toEnded = (key: string, { payload }: Grant): EndedGrant => ({
  grantId: key.slice(keyOf('').length),
  payload: copyOf(payload),
})

/** The grants of a client, for a subject, or both. */
function grantsOf(
  space: Space,
  { clientId, subject }: { readonly clientId?: string; readonly subject?: string },
): readonly (Live & { readonly key: string })[] {
  return [...space.keys()].flatMap((key) => {
    const record = key.startsWith(keyOf('')) ? space.live(key) : undefined
    if (!record) return []
    const grant = record.content as Grant
    const isMeant =
      (clientId === undefined || grant.payload.clientId === clientId) &&
      (subject === undefined || grant.payload.subject === subject)
    return isMeant ? [{ key, record, grant }] : []
  })
}

const toToken = ({ id, payload, lifetime, successor }: NewToken, now: number): Token => ({
  id,
  successor,
  payload: copyOf(payload),
  endsAt: now + lifetime * 1000,
})

/** A grant is of no use for longer than what belongs to it. */
function shorten(record: StoredRecord, grant: Grant, now: number): void {
  const { code, refreshToken, accessTokens, endsAt } = grant
  const ends = [
    ...accessTokens.values(),
    refreshToken,
    code?.usedAt === undefined ? code : undefined,
  ].flatMap((token) => token?.endsAt ?? [])
  record.expiresAt = Math.min(endsAt, ends.length === 0 ? now + emptyLifetime : Math.max(...ends))
}

function store({ record, grant }: Live, kind: TokenKind, token: Token, now: number): void {
  if (kind === 'AuthorizationCode') grant.code = token
  else if (kind === 'RefreshToken') {
    grant.refreshToken = { ...token, generation: 0, rotatedAt: undefined, isUsed: false }
  } else {
    makeRoom(grant.accessTokens, token.id, now)
    grant.accessTokens.set(token.id, token)
  }
  shorten(record, grant, now)
}

/** A refresh may be repeated with other scopes and keys, and must not fill the grant. */
function makeRoom(tokens: Map<string, Token>, id: string, now: number): void {
  for (const [other, { endsAt }] of tokens) if (endsAt <= now) tokens.delete(other)
  const [first = ''] = tokens.keys()
  if (tokens.size >= maxAccessTokens && !tokens.has(id)) tokens.delete(first)
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
  const isForgotten = current.generation === used.generation - 1 && current.successor === used.id
  if (isCurrent || isForgotten) {
    grant.accessTokens.clear()
    grant.lastUsedAt = now
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
  else if (grant.accessTokens.delete(id) && grant.refreshToken) {
    grant.refreshToken = { ...grant.refreshToken, isUsed: true }
  }
}
