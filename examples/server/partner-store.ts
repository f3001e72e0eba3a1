import type { Connection, Kind, PendingRequest } from './partner-client.ts'
import type { Step } from './partner-timeline.ts'

/** What the partner application did last, as the page shows it. */
export interface Outcome {
  readonly title: string
  readonly text: string
  readonly answers: readonly { readonly caption: string; readonly json: unknown }[]
}

/** What is known of one browser: plain JSON. */
export interface PartnerSession {
  /** A person may have started in several tabs. */
  readonly pending: readonly PendingRequest[]
  readonly connection?: Connection | undefined
  /** What the last connection was for. */
  readonly kind: Kind
  readonly outcome?: Outcome | undefined
  /** The requests of the connection, the newest last. */
  readonly steps?: readonly Step[]
}

/** Keeps the sessions of all browsers, by an id that nobody can guess. */
export interface PartnerStore {
  readonly find: (id: string) => Promise<PartnerSession | undefined>
  readonly save: (id: string, session: PartnerSession) => Promise<void>
  readonly remove: (id: string) => Promise<void>
}

const maxSessions = 1000

/** Makes an empty store in memory. */
export function createMemoryStore(): PartnerStore {
  const sessions = new Map<string, PartnerSession>()
  return {
    find: async (id) => sessions.get(id),
    async save(id, session) {
      sessions.set(id, session)
      const [oldest] = sessions.keys()
      if (sessions.size > maxSessions && oldest !== undefined) sessions.delete(oldest)
    },
    async remove(id) {
      sessions.delete(id)
    },
  }
}
