import type { Clients } from '../clients/clients.ts'
import { changedMembers } from '../clients/registration-tokens.ts'
import type { ClientStore } from '../clients/store.ts'
import type { StoredClient } from '../clients/stored-client.ts'
import type { PeopleTeller } from '../consent/interaction.ts'
import { toEvent, type ConnectionTeller, type RevocationReason } from '../grants/events.ts'
import type { StoredGrant } from '../storage.ts'
import type { AuditActor, AuditFacts } from './audit-events.ts'
import type { AuditRecorder } from './audit.ts'
import type { HitListener } from './limit-counts.ts'

/** Who calls the server, if nobody is named. */
export const byApi: AuditActor = { kind: 'operator', how: 'api' }

const toPerson = (accountId?: string): AuditActor => ({
  kind: 'person',
  ...(accountId !== undefined && { accountId }),
})

/** Records what becomes of grants. */
export function auditGrants(teller: ConnectionTeller, audit: AuditRecorder): ConnectionTeller {
  const record = (type: 'code.redeemed' | 'token.refreshed', grant: StoredGrant): void => {
    if (!audit.isHeard()) return
    const facts = toEvent(grant)
    audit.record(type, facts, toClient(facts.clientId))
  }
  return {
    ...teller,
    created(grant) {
      teller.created(grant)
      record('code.redeemed', grant)
    },
    refreshed(grant) {
      teller.refreshed(grant)
      record('token.refreshed', grant)
    },
    repeated(grant, secondsSinceFirstUse) {
      teller.repeated(grant, secondsSinceFirstUse)
      const facts = { ...toEvent(grant), secondsSinceFirstUse }
      audit.record('token.refresh_repeated', facts, toClient(facts.clientId))
    },
    revoked(grant, reason, by) {
      teller.revoked(grant, reason, by)
      const facts = { ...toEvent(grant), reason }
      // A caller without types can give another reason.
      const type = Object.hasOwn(endings, reason) ? endings[reason] : 'connection.disconnected'
      audit.record(type, facts, toEnding(reason, facts.clientId, by))
    },
    tokenRevoked(which) {
      teller.tokenRevoked(which)
      audit.record('token.revoked', which, toClient(which.clientId))
    },
  }
}

const toClient = (clientId: string): AuditActor => ({ kind: 'client', clientId })

/** The event of each end of a grant, by its reason. */
export const endings: Readonly<Record<RevocationReason, EndingEvent>> = {
  person: 'connection.disconnected',
  partner: 'connection.revoked',
  administrator: 'connection.disconnected',
  replay: 'token.replayed',
  client_removed: 'connection.disconnected',
}

type EndingEvent = 'connection.disconnected' | 'connection.revoked' | 'token.replayed'

function toEnding(reason: RevocationReason, clientId: string, by: string | undefined): AuditActor {
  if (reason === 'person') return toPerson(by)
  return reason === 'administrator' ? byApi : toClient(clientId)
}

/** The name that somebody typed, if it is an email address: people type passwords into the wrong field, and strangers anything. */
function toTypedAccount(typed: string): { readonly account?: string } {
  // No address is longer (RFC 5321, Section 4.5.3.1.3).
  const isAddress = typed.length <= 254 && /^[^\s@]+@[^\s@]+\.[a-z]{2,}$/i.test(typed)
  return isAddress ? { account: typed } : {}
}

/** Records what people do on the pages. */
export const createPeopleTeller = (audit: AuditRecorder): PeopleTeller => ({
  signedIn: (facts) => audit.record('person.signed_in', facts, toPerson(facts.accountId)),
  signInRefused(typed, request) {
    const facts = { reason: 'mismatch', ...request, ...toTypedAccount(typed) } as const
    audit.record('person.sign_in_refused', facts, toPerson())
  },
  consented: (facts) => audit.record('consent.given', facts, toPerson(facts.accountId)),
  declined: (facts) => audit.record('consent.declined', facts, toPerson(facts.accountId)),
})

/** Records each change of a registered client, whichever way it comes in. A change that changes nothing is not recorded. */
export const auditStore = (store: ClientStore, audit: AuditRecorder): ClientStore => ({
  ...store,
  async insert(client, beforeStored) {
    await store.insert(client, beforeStored)
    const { client_id: clientId, client_name: name, verified } = client.metadata
    const facts = { clientId, ...(name !== undefined && { name }), isVerified: verified === true }
    audit.record('client.created', facts, toClient(clientId))
  },
  async change(clientId, edit) {
    let before: StoredClient | undefined
    const after = await store.change(clientId, (record, now) => {
      before = record
      return edit(record, now)
    })
    for (const [type, facts] of before ? changesOf(before, after) : []) {
      audit.record(type, { clientId, ...facts }, toClient(clientId))
    }
    return after
  },
  async remove(clientId, check) {
    const isRemoved = await store.remove(clientId, check)
    if (isRemoved) audit.record('client.removed', { clientId }, toClient(clientId))
    return isRemoved
  },
})

type ClientChange = readonly [type: keyof AuditFacts & `client.${string}`, facts?: object]

/** Names the change of a client. It comes from what was stored, so it is right if two change the client at once. */
function changesOf(
  { metadata: earlier, registration: from }: StoredClient,
  { metadata, registration: to }: StoredClient,
): readonly ClientChange[] {
  const changes: ClientChange[] = []
  const members = changedMembers(earlier, metadata)
  const isVerified = metadata.verified === true && earlier.verified !== true
  if (members.length > 0)
    changes.push([isVerified ? 'client.verified' : 'client.changed', { members }])
  // The first step of a removal suspends, too.
  const isSuspended = to.suspendedAt !== undefined && !to.isRemoving
  if (isSuspended && from.suspendedAt === undefined) changes.push(['client.suspended'])
  if (from.suspendedAt !== undefined && to.suspendedAt === undefined)
    changes.push(['client.resumed'])
  if (from.accessToken !== to.accessToken)
    changes.push([`client.registration_token_${to.accessToken ? 'rotated' : 'ended'}`])
  const [[before], [newest, old]] = [from.secrets, to.secrets]
  const oldEndsAt = old?.expiresAt
  if (newest?.id !== before?.id)
    changes.push(['client.secret_rotated', { ...(oldEndsAt !== undefined && { oldEndsAt }) }])
  else if (to.secrets.length < from.secrets.length) changes.push(['client.old_secrets_ended'])
  return changes
}

/** Records the use of tokens by clients that register themselves. */
export const auditRegistration = (clients: Clients, audit: AuditRecorder): Clients => ({
  ...clients,
  async endInitialAccessToken(token) {
    const isUsed = await clients.endInitialAccessToken(token)
    if (isUsed) audit.record('initial_access_token.used', {}, { kind: 'client' })
    return isUsed
  },
})

/** Records each limit that was reached. Only a client that could not authenticate is known, by the id that it named. */
export const auditHits =
  (audit: AuditRecorder): HitListener =>
  ({ limit, clientId, typed = '' }) => {
    const kind = limit.startsWith('sign_in') || limit === 'authorization' ? 'person' : 'client'
    const client = clientId === undefined ? {} : { clientId }
    audit.record('limit.hit', { limit, ...client, ...toTypedAccount(typed) }, { kind })
  }
