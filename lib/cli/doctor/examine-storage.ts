import { findInUse, insidesOf, type Administration } from '../../administration.ts'
import type { RegisteredClient, SigningKeyInfo, Storage } from '../../index.ts'
import { toTime } from '../terminal/text.ts'
import { toFinding, together, type Examined, type Finding, type Omission } from './remedies.ts'

/** With these problems, nothing more can be read. */
const unreadable = ['refused', 'missing_storage_key', 'cluster_node']

/**
 * Looks at a storage and at what is in it: how it is kept, the registered clients, and the signing keys.
 *
 * @param check - finds what keeps a server from its start
 */
export async function examineStorage(
  administration: Administration,
  storage: Storage | undefined,
  check: () => Promise<readonly Finding[]>,
): Promise<Examined> {
  try {
    const findings = await check()
    if (findings.some(({ code }) => unreadable.includes(code))) return toUnread(findings)
    return together([
      { findings, omissions: storage?.diagnose ? [] : [noDiagnosis] },
      { findings: await findInStorage(administration, storage), omissions: [] },
    ])
  } catch (error) {
    return toUnread([toFinding('storage_unreachable', 'storage', reasonOf(error))])
  }
}

const noDiagnosis: Omission = {
  part: 'persistence, replicas and clock of the storage',
  how: 'its adapter has no diagnose(), as createRedisAdapter() has',
}

/** Says that nothing can be read. */
export const toUnread = (findings: readonly Finding[]): Examined => ({
  findings,
  omissions: [
    {
      part: 'registered clients, signing keys and settings of the storage',
      how: 'correct the access to the storage first',
    },
  ],
})

async function findInStorage(
  administration: Administration,
  storage: Storage | undefined,
): Promise<readonly Finding[]> {
  const { clients, signingKeys } = administration
  const [problems = [], registered, keys] = await Promise.all([
    storage?.diagnose?.(),
    clients.list(),
    signingKeys.list(),
  ])
  const now = Date.now()
  return [
    ...problems.map(({ code, message }) => toFinding(code, 'storage', message)),
    ...registered.flatMap((client) => findClientProblems(client, administration, now)),
    ...keys.flatMap((key) => findOldKey(key, keys, now)),
  ]
}

/** A server says only that it is unavailable, and the cause says why. */
function reasonOf(error: unknown): string {
  const { cause = error } = error instanceof Error ? error : {}
  return cause instanceof Error ? cause.message : 'the storage does not answer'
}

const day = 86_400_000

/** How soon the end of a secret in use is, in milliseconds. */
const soon = 3 * day

function findClientProblems(
  { clientId, metadata, secrets, suspendedAt }: RegisteredClient,
  administration: Administration,
  now: number,
): readonly Finding[] {
  if (suspendedAt !== undefined) return []
  const place = `client ${clientId}`
  const { client_id: _, ...current } = metadata
  const [first, ...others] = insidesOf(administration)?.findClientIssues(current) ?? []
  const more = others.length > 0 ? `, and ${others.length} more` : ''
  const found = first
    ? [toFinding('client_breaks_rules', place, `${first.path} ${first.message}${more}`)]
    : []
  const endsAt = findInUse(secrets)?.expiresAt
  if (endsAt === undefined || endsAt - now > soon) return found
  const message = `the secret that it uses ends at ${toTime(endsAt)}`
  return [...found, toFinding('client_secret_ends', place, message)]
}

/** How long a signing key may be in use, in milliseconds. */
const longestUse = 400 * day

function findOldKey(
  { kid, state, usedFrom }: SigningKeyInfo,
  all: readonly SigningKeyInfo[],
  now: number,
): readonly Finding[] {
  const isFollowed = all.some((key) => key.state === 'announced')
  if (state !== 'in use' || isFollowed || now - usedFrom < longestUse) return []
  const message = `it signs since ${toTime(usedFrom)}, which is more than a year`
  return [toFinding('signing_key_old', `signing key ${kid}`, message)]
}
