import type { Context } from 'koa'
import type { Connection, PartnerClient } from './partner-client.ts'
import { readApi, type ApiData } from './partner-data.ts'
import type { PartnerSessions } from './partner-sessions.ts'
import type { PartnerSession } from './partner-store.ts'

// The rules of docs/refreshing.md. `sessions.change` is the lock of a connection, and stores the tokens before they are used.

/** How long before its end an access token is not used any more, in milliseconds. */
const margin = 10_000

/** What the rules need. */
export interface RefreshOptions {
  readonly api: string
  readonly client: PartnerClient
  readonly sessions: PartnerSessions
}

/** A session, with what the API answered to its connection. */
export interface ConnectedSession {
  readonly session: PartnerSession & { readonly connection: Connection }
  readonly api: ApiData
}

/** Reads from the API: refreshes before the access token ends, and once if the API refuses it. */
export async function readAsConnected(
  { api, client, sessions }: RefreshOptions,
  ctx: Context,
): Promise<ConnectedSession | undefined> {
  const read = async (rejected?: string): Promise<ApiData | undefined> => {
    const session = await sessions.change(ctx, async (stored) => {
      const { connection } = stored
      // Another request may have refreshed while this one waited.
      const isGood =
        connection &&
        connection.accessToken !== rejected &&
        connection.expiresAt > Date.now() + margin
      return !connection || isGood ? stored : refresh(client, connection, stored)
    })
    const accessToken = session?.connection?.accessToken
    if (accessToken === undefined) return undefined
    const answer = await readApi(api, accessToken)
    return answer.status === 401 && rejected === undefined ? read(accessToken) : answer
  }
  const answer = await read()
  const session = await sessions.change(ctx, (stored) => stored)
  return answer && session?.connection
    ? { session: { ...session, connection: session.connection }, api: answer }
    : undefined
}

/** The session with a new pair of tokens, or without a connection if that is over. */
export async function refresh(
  client: PartnerClient,
  connection: Connection,
  session: PartnerSession,
): Promise<PartnerSession> {
  const renewed = await client.refresh(connection)
  if (renewed) return { ...session, connection: renewed, outcome: undefined }
  const outcome = {
    title: 'Access was withdrawn',
    text: 'Somebody disconnected Northwind Ledger, or the connection came to its end. Connect again to go on.',
    answers: [],
  }
  return { ...session, connection: undefined, outcome }
}
