import { afterEach } from 'vitest'
import type { RunningTestServer } from '../../lib/testing/index.ts'

/** Closes servers after the test that has given them, and gives each back. */
export function closingAfterEach(): <T extends RunningTestServer>(server: T) => T {
  const running: RunningTestServer[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((server) => server.close()))
  })
  return (server) => {
    running.push(server)
    return server
  }
}
