import type { Outcome } from './flow.ts'

/** What the authorization server does not do as it should; empty where all is well, as far as it says. */
export function findFaults({ introspection, refreshed, revoked }: Outcome): readonly string[] {
  return [
    introspection?.active === false ? 'the access token was not active when it was new' : [],
    refreshed?.isStillActive ? 'the access token before the refresh is still active' : [],
    revoked?.isStillActive ? 'the access token is still active after it was revoked' : [],
  ].flat()
}
