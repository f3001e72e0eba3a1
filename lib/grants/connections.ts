import type { EventEmitter } from 'node:events'
import { parseSubject } from '../pleo/subject.ts'
import type { Condense, GrantStorage, ListedGrant } from '../storage.ts'
import {
  toEvent,
  type ConnectionEvent,
  type ConnectionEvents,
  type ConnectionTeller,
  type RevocationReason,
} from './events.ts'

/** The connections that people made, for the host to show and to end. */
export interface Connections {
  /** Tells when a connection comes, is refreshed, or is ended. */
  readonly events: EventEmitter<ConnectionEvents>

  /**
   * Lists every connection of a subject, by client, with everything that people granted. Not checked: whether the
   * caller may see it.
   *
   * @throws TypeError if `subject` is not a subject URN
   */
  list(of: { readonly subject: string; readonly clientId?: string }): Promise<readonly Connection[]>

  /**
   * Ends one grant, or every grant of a client for a subject, or every grant of a client. All that
   * belongs to it ends with it, on every process at once: codes that are not redeemed yet, refresh
   * tokens, access tokens, and repeats of a refresh. Resolves to how many grants there were.
   *
   * A grant that a person gives at the same moment may come after it, and then lives on.
   *
   * @throws TypeError if `subject` is not a subject URN; whatever the storage throws. Then call it again
   */
  revoke(which: RevokedGrants, by?: RevokedBy): Promise<number>
}

/** All grants of one client for one subject, as a person sees them. */
export interface Connection {
  readonly clientId: string
  readonly subject: string
  /** From the newest to the oldest. */
  readonly grants: readonly ConnectionGrant[]
}

/** One consent within a connection. */
export interface ConnectionGrant extends ConnectionEvent {
  /** When the person agreed, in milliseconds since the epoch. */
  readonly grantedAt: number
  /** When it ends unless it is refreshed, in milliseconds since the epoch. */
  readonly endsAt: number
  /** When it ends however often it is refreshed: `lifetimes.grant` from consent. In milliseconds since the epoch. */
  readonly endsAtLatest: number
  /** When it was last used, to about a minute, in milliseconds since the epoch. */
  readonly lastUsedAt: number | undefined
}

/** Which grants to end. */
export type RevokedGrants =
  { readonly grantId: string } | { readonly clientId: string; readonly subject?: string }

/** Why grants are ended, and by whom. */
export interface RevokedBy {
  /** @defaultValue `administrator` */
  readonly reason?: RevocationReason
  /** The account id of the person who does it. */
  readonly accountId?: string
}

/** Makes the connections of a storage. */
export function createConnections(grants: GrantStorage, teller: ConnectionTeller): Connections {
  return {
    events: teller.events,
    async list({ subject, clientId }) {
      const of = { subject: toUrn(subject), ...(clientId !== undefined && { clientId }) }
      return toConnections(await grants.list(of))
    },
    async revoke(which, { reason = 'administrator', accountId } = {}) {
      const ended = await end(grants, which)
      for (const grant of ended) teller.revoked(grant, reason, accountId)
      return ended.length
    },
  }
}

async function end(grants: GrantStorage, which: RevokedGrants): ReturnType<GrantStorage['endAll']> {
  if ('grantId' in which) {
    const grant = await grants.end(which.grantId)
    return grant ? [grant] : []
  }
  const { clientId, subject } = which
  if (subject === undefined) return grants.endAll({ clientId })
  return grants.endAll({ clientId, subject: toUrn(subject) })
}

function toUrn(subject: string): string {
  const urn = parseSubject(subject)?.urn
  if (urn === undefined) throw new TypeError('subject must be a subject URN')
  return urn
}

/**
 * Loads connections for a page, which takes no longer for many grants than for a few. Of a connection with many, some may be
 * missing: those that change neither its newest grant nor its scopes nor, as they were within the last day, its last use and its
 * ends.
 */
export const loadConnections = async (
  grants: GrantStorage,
  of: Parameters<GrantStorage['list']>[0],
): Promise<readonly Connection[]> => toConnections(await grants.list(of, condense))

/** The newest grant of each client, those used last and ending last, and one with each scope. */
const condense: Condense = (listed) => {
  const byId = new Map(listed.map((grant) => [grant.grantId, grant]))
  return toConnections(listed).flatMap(({ grants }) =>
    pickTelling(grants).flatMap(({ grantId }) => byId.get(grantId) ?? []),
  )
}

function pickTelling(grants: readonly ConnectionGrant[]): readonly ConnectionGrant[] {
  // Those in use come first: they are the least likely to end soon.
  const byUse = grants.toSorted((one, other) => (other.lastUsedAt ?? 0) - (one.lastUsedAt ?? 0))
  const lastBy = (time: 'endsAt' | 'endsAtLatest') =>
    byUse.toSorted((one, other) => other[time] - one[time])[0]
  const picked = new Set([grants[0], byUse[0], lastBy('endsAt'), lastBy('endsAtLatest')])
  const scopes = new Set([...picked].flatMap((grant) => grant?.scopes ?? []))
  for (const grant of byUse) {
    if (grant.scopes.every((scope) => scopes.has(scope))) continue
    picked.add(grant)
    for (const scope of grant.scopes) scopes.add(scope)
  }
  return [...picked].filter((grant) => grant !== undefined)
}

function toConnections(grants: readonly ListedGrant[]): readonly Connection[] {
  const byClient = new Map<string, ConnectionGrant[]>()
  for (const grant of grants.map((listed) => toGrant(listed))) {
    const ofClient = byClient.get(grant.clientId)
    if (ofClient) ofClient.push(grant)
    else byClient.set(grant.clientId, [grant])
  }
  return [...byClient].map(([clientId, ofClient]) => ({
    clientId,
    subject: ofClient[0]?.subject ?? '',
    grants: ofClient.toSorted((one, other) => other.grantedAt - one.grantedAt),
  }))
}

function toGrant(grant: ListedGrant): ConnectionGrant {
  const { payload, endsAt, lastUsedAt } = grant
  const [grantedAt, endsAtLatest] = [toMilliseconds(payload['iat']), toMilliseconds(payload['exp'])]
  return { ...toEvent(grant), grantedAt, endsAt, endsAtLatest, lastUsedAt }
}

const toMilliseconds = (time: unknown): number => Number(time) * 1000
