import type { StoredGrant, GrantStorage, TokenKind } from '../../lib/storage.ts'
import { copyOf, type Space } from './space.ts'
import { exchangeIn, shorten, store, toToken, type Live } from './exchange.ts'
import { toLoadedGrant, type Grant, type Token } from './loaded-grant.ts'

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

/** Lists and ends grants. */
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

const toEnded = (key: string, { payload }: Grant): StoredGrant => ({
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

function removeFrom(grant: Grant, kind: TokenKind, id: string | undefined): void {
  const isMeant = (token: Token | undefined): boolean => id === undefined || token?.id === id
  if (kind === 'AuthorizationCode' && isMeant(grant.code)) grant.code = undefined
  if (kind === 'RefreshToken' && isMeant(grant.refreshToken)) grant.refreshToken = undefined
  if (kind !== 'AccessToken') return
  const hadAny = grant.accessTokens.size > 0
  if (id === undefined) grant.accessTokens.clear()
  const isRevoked = id === undefined ? hadAny : grant.accessTokens.delete(id)
  // A repeat would bring it back.
  if (isRevoked && grant.refreshToken) grant.refreshToken = { ...grant.refreshToken, isRevoked }
}
