import { parseSubject } from '../pleo/subject.ts'
import type { GrantStorage } from '../storage.ts'

/** What people have granted, for the host to act on. */
export interface Connections {
  /**
   * Ends one grant, or every grant of a client for a subject, or every grant of a client. All that
   * belongs to it ends with it, on every process at once: codes that are not redeemed yet, refresh tokens, access
   * tokens, and repeats of a refresh. Resolves to how many grants there were.
   *
   * A grant that a person gives at the same moment may come after it, and then stands.
   *
   * @throws TypeError where `subject` is no subject URN; whatever the storage throws: call it again, then
   */
  revoke(which: RevokedGrants): Promise<number>
}

/** Which grants to end. */
export type RevokedGrants =
  { readonly grantId: string } | { readonly clientId: string; readonly subject?: string }

/** Makes the connections of a storage. */
export function createConnections(grants: GrantStorage): Connections {
  return {
    async revoke(which) {
      if ('grantId' in which) return (await grants.end(which.grantId)) ? 1 : 0
      const { clientId, subject } = which
      if (subject === undefined) return grants.endAll({ clientId })
      const urn = parseSubject(subject)?.urn
      if (urn === undefined) throw new TypeError('subject must be a subject URN')
      return grants.endAll({ clientId, subject: urn })
    },
  }
}
