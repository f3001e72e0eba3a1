import type { LoadedGrant, StoredPayload, StoredRefreshToken } from '../storage.ts'

/** Looks at something that the storage gave, and turns its failure into that of the request. */
type Answered = <T>(look: () => T) => T

/** A loaded grant that is opened when a member of it is asked for, each time within `answered`. */
export function toAnsweringGrant(loaded: LoadedGrant, answered: Answered): LoadedGrant {
  const { payload, now, lastUsedAt, refreshToken } = loaded
  return {
    payload,
    now,
    lastUsedAt,
    find: (kind, id) => answered(() => loaded.find(kind, id)),
    refreshToken: refreshToken && new AnsweringRefreshToken(refreshToken, answered),
  }
}

/** A class, because V8 keeps a getter that an object has of its own, and all that it holds, through many garbage collections. */
class AnsweringRefreshToken implements StoredRefreshToken {
  readonly generation: number
  readonly rotatedAt: number | undefined
  readonly isUsed: boolean
  readonly key: number
  readonly predecessorKey: number
  readonly #token: StoredRefreshToken
  readonly #answered: Answered

  constructor(token: StoredRefreshToken, answered: Answered) {
    this.generation = token.generation
    this.rotatedAt = token.rotatedAt
    this.isUsed = token.isUsed
    this.key = token.key
    this.predecessorKey = token.predecessorKey
    this.#token = token
    this.#answered = answered
  }

  get payload(): StoredPayload {
    return this.#answered(() => this.#token.payload)
  }

  is(id: string): boolean {
    return this.#token.is(id)
  }

  isSuccessor(id: string): boolean {
    return this.#token.isSuccessor(id)
  }
}
