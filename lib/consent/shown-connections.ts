import { webUri } from '../pages/application.ts'
import type { FindShownClient } from '../oidc/find-shown-client.ts'
import type { Accounts, SubjectChoice } from '../pleo/accounts.ts'
import { toGoneClient, toShownClient } from './shown-client.ts'
import type { ShownClient } from '../pages/page-data.ts'
import type { Logos } from '../pages/logos/logos.ts'
import { loadSubjectChoices } from '../pleo/subject-choices.ts'
import type { Connection, Connections } from '../grants/connections.ts'

/** What a person can see and end: by subject, those that have connections first. */
export interface SubjectConnections {
  readonly subject: SubjectChoice
  readonly connections: readonly LoadedConnection[]
}

/** A connection with what is to be shown of it. */
export interface LoadedConnection {
  readonly clientId: string
  readonly client: ShownClient
  readonly settingsUri: string | null
  readonly scopes: readonly string[]
  readonly grantedBy: string
  /** Milliseconds since the epoch, as the others. */
  readonly grantedAt: number
  readonly lastUsedAt: number | null
  /** Unless it is refreshed. */
  readonly endsAt: number
  /** However often it is refreshed. */
  readonly endsAtLatest: number
}

interface Parts {
  readonly findClient: FindShownClient
  /** Of the page. */
  readonly language: string
  readonly accounts: Accounts
  readonly connections: Connections
  readonly logos: Logos
}

/** The subjects that a person has authority for. */
export async function authorizedSubjects(
  accounts: Accounts,
  accountId: string,
): Promise<readonly SubjectChoice[]> {
  const [companies, organizations] = await Promise.all(
    (['company', 'organization'] as const).map((type) =>
      loadSubjectChoices(accounts, accountId, type),
    ),
  )
  return [...(organizations ?? []), ...(companies ?? [])].filter(({ mayConnect }) => mayConnect)
}

/** The connections of every subject that the person has authority for, and of no other. */
export async function loadSubjectConnections(
  parts: Parts,
  accountId: string,
): Promise<readonly SubjectConnections[]> {
  const subjects = await authorizedSubjects(parts.accounts, accountId)
  const all = await Promise.all(
    subjects.map(async (subject) => {
      const listed = await parts.connections.list({ subject: subject.urn })
      return { subject, connections: await Promise.all(listed.map((one) => toShown(parts, one))) }
    }),
  )
  return all.toSorted((a, b) => Number(b.connections.length > 0) - Number(a.connections.length > 0))
}

async function toShown(
  { findClient, language, accounts, logos }: Parts,
  { clientId, grants }: Connection,
): Promise<LoadedConnection> {
  const [newest] = grants
  const client = await findClient(clientId)
  const endsAt = latest(grants.map((grant) => grant.endsAt))
  const uses = grants.flatMap(({ lastUsedAt }) => lastUsedAt ?? [])
  return {
    clientId,
    // A client that is there no more may still be disconnected.
    client: client ? toShownClient(client, logos, language) : toGoneClient(clientId),
    settingsUri: client ? webUri(client['settings_uri']) : null,
    scopes: [...new Set(grants.flatMap(({ scopes }) => scopes))],
    grantedBy: (newest && (await accounts.find(newest.accountId))?.name) ?? '',
    grantedAt: newest?.grantedAt ?? 0,
    lastUsedAt: uses.length > 0 ? latest(uses) : null,
    endsAt,
    // Without refresh tokens, no use puts the end off.
    endsAtLatest: client?.grantTypeAllowed('refresh_token')
      ? latest(grants.map((grant) => grant.endsAtLatest))
      : endsAt,
  }
}

/** However many there are: as arguments of one call, there is an end to them. */
const latest = (times: readonly number[]): number =>
  times.reduce((one, other) => Math.max(one, other), -Infinity)
