import type { LoadedGrant, StoredPayload, StoredRefreshToken } from '../../lib/storage.ts'
import { copyOf } from './space.ts'

/** A code or token of a grant. */
export interface Token {
  readonly id: string
  readonly payload: StoredPayload
  readonly endsAt: number
  readonly successor?: string | undefined
}

interface RefreshToken
  extends Token, Pick<StoredRefreshToken, 'generation' | 'rotatedAt' | 'isUsed'> {
  /** When its earlier predecessors were first used, newest first, for the length of the overlap. */
  readonly earlierUses: readonly number[]
  /** Whether an access token was revoked that belongs to it. */
  readonly isRevoked: boolean
}

/** A grant with all that belongs to it. */
export interface Grant {
  readonly payload: StoredPayload
  readonly endsAt: number
  code?: (Token & { readonly usedAt?: number }) | undefined
  refreshToken?: RefreshToken | undefined
  readonly accessTokens: Map<string, Token>
  lastUsedAt?: number | undefined
}

/** A grant as it is now. Only what is asked for is copied. */
export function toLoadedGrant(grant: Grant | undefined, now: number): LoadedGrant | undefined {
  if (!grant) return undefined
  // A loaded grant does not change with the grant in the storage.
  const { code, refreshToken, payload } = grant
  const accessTokens = new Map(grant.accessTokens)
  return {
    get payload() {
      return copyOf(payload)
    },
    now,
    find(kind, id) {
      const token = kind === 'AccessToken' ? accessTokens.get(id) : code
      if (token?.id !== id || token.endsAt <= now) return undefined
      const found = copyOf(token.payload)
      return kind === 'AuthorizationCode' && code?.usedAt !== undefined
        ? { ...found, consumed: code.usedAt }
        : found
    },
    refreshToken: refreshToken && toStoredRefreshToken(refreshToken),
    lastUsedAt: grant.lastUsedAt,
  }
}

function toStoredRefreshToken(token: RefreshToken): StoredRefreshToken {
  const { id, successor, payload, generation, rotatedAt, isUsed } = token
  return {
    get payload() {
      const { jti: _, ...withoutValue } = payload
      return copyOf(withoutValue)
    },
    generation,
    rotatedAt,
    isUsed,
    key: 0,
    predecessorKey: 0,
    is: (value) => value === id,
    isSuccessor: (value) => value === successor,
  }
}
