import type { Storage } from '../../lib/index.ts'
import type { Browser } from './browser.ts'

/** Has the person in a browser have typed the password that many seconds ago, with a session that goes on. */
export async function signedInBefore(
  storage: Storage,
  browser: Browser,
  seconds: number,
): Promise<void> {
  const id =
    [...browser.cookies].find(([key]) => / pleo_session(_\d+)?$/.test(key))?.[1].value ?? ''
  const sessions = storage.records('Session')
  const session = await sessions.find(id)
  const loginTs = Math.floor(Date.now() / 1000) - seconds
  await sessions.upsert(id, { ...session, loginTs }, 3600)
}
