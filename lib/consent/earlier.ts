import type { SubjectChoice } from '../pleo/accounts.ts'
import type { Connections } from '../grants/connections.ts'

/** What a client was granted for a subject, the last time. */
export interface Earlier {
  /** Milliseconds since the epoch. */
  readonly grantedAt: number
  readonly scopes: readonly string[]
}

/**
 * What the client has for each of the subjects, by URN: its newest grant that still lives, whoever gave it. Of a
 * subject that the person may not connect, nothing is looked up and nothing is said.
 */
export async function loadEarlier(
  connections: Pick<Connections, 'list'>,
  clientId: string,
  offer: readonly SubjectChoice[],
): Promise<ReadonlyMap<string, Earlier>> {
  const found = await Promise.all(
    offer
      .filter(({ mayConnect }) => mayConnect)
      .map(async ({ urn }) => {
        const [connection] = await connections.list({ subject: urn, clientId })
        const newest = connection?.grants[0]
        return newest ? ([[urn, newest]] as const) : []
      }),
  )
  return new Map(found.flat())
}
