import type { Context } from 'koa'
import { AuthorizationResponseError, ResponseBodyError } from 'openid-client'
import type { Connection, PartnerClient, PendingRequest } from './partner-client.ts'
import { readApi } from './partner-data.ts'
import { problemPage, shortened } from './partner-pages.ts'
import type { PartnerSessions } from './partner-sessions.ts'
import type { Outcome, PartnerSession, PartnerStore } from './partner-store.ts'

/** What the partner application needs. */
export interface PartnerOptions {
  /** Where the application is reached. */
  readonly origin: string
  /** The base URL of the API it reads from. */
  readonly api: string
  readonly client: PartnerClient
  /** Keeps what it knows of each browser. */
  readonly store: PartnerStore
}

type Action = (ctx: Context) => Promise<void>

const maxPending = 10

/** What the links and buttons of the partner application do. */
export function createPartnerActions(
  options: PartnerOptions & { readonly sessions: PartnerSessions },
): Readonly<Record<'connect' | 'callback' | 'refresh' | 'introspect' | 'disconnect', Action>> {
  const { client, sessions } = options
  return {
    async connect(ctx) {
      const kind = ctx.query['kind'] === 'organization' ? 'organization' : 'company'
      const { url, pending } = await client.start(kind)
      await remember(sessions, ctx, pending)
      ctx.redirect(url.href)
    },
    callback: createCallback(options),
    refresh: onConnection(sessions, (connection) => refresh(options, connection)),
    introspect: onConnection(sessions, async ({ kind, accessToken }) => ({
      title: 'Introspection',
      text: 'What the authorization server says about the access token.',
      answers: [{ caption: 'The access token', json: await client.introspect(kind, accessToken) }],
    })),
    disconnect: onConnection(sessions, (connection) => disconnect(options, connection)),
  }
}

function createCallback({
  origin,
  client,
  sessions,
}: PartnerOptions & { readonly sessions: PartnerSessions }): Action {
  return async (ctx) => {
    const pending = await takePending(sessions, ctx)
    if (!pending) {
      ctx.status = 400
      ctx.body = problemPage(
        'This answer was not expected',
        'It belongs to no connection that was started in this browser, or it was used already.',
      )
      return
    }
    try {
      const connection = await client.finish(new URL(ctx.originalUrl, origin), pending)
      // A new id, so that one known before someone connected is worth nothing.
      await sessions.start(ctx, (earlier) => ({
        pending: earlier?.pending ?? [],
        kind: connection.kind,
        connection,
      }))
      ctx.redirect('/connected')
    } catch (error) {
      if (!(error instanceof AuthorizationResponseError) || error.error !== 'access_denied')
        throw error
      ctx.redirect('/declined')
    }
  }
}

async function remember(
  sessions: PartnerSessions,
  ctx: Context,
  request: PendingRequest,
): Promise<void> {
  const isKnown = await sessions.change(ctx, (session) => ({
    ...session,
    pending: [...session.pending, request].slice(-maxPending),
  }))
  if (!isKnown) await sessions.start(ctx, () => ({ pending: [request], kind: request.kind }))
}

/** The authorization request that this answer belongs to, once. */
async function takePending(
  sessions: PartnerSessions,
  ctx: Context,
): Promise<PendingRequest | undefined> {
  let taken: PendingRequest | undefined
  await sessions.change(ctx, (session) => {
    taken = session.pending.find(({ state }) => state === ctx.query['state'])
    const pending = session.pending.filter((request) => request !== taken)
    return { ...session, pending, kind: taken?.kind ?? session.kind }
  })
  return taken
}

/** An outcome to show, and the connection as it is from now on where it changed. */
type Step = Outcome & { readonly connection?: Connection | 'ended' }

/** Runs a step on the session's connection, and shows the page again. */
function onConnection(
  sessions: PartnerSessions,
  step: (connection: Connection) => Promise<Step>,
): Action {
  return async (ctx) => {
    const session = await sessions.change(ctx, (earlier) => afterStep(earlier, step))
    ctx.status = 303
    ctx.redirect(session?.connection ? '/connected' : '/disconnected')
  }
}

async function afterStep(
  session: PartnerSession,
  step: (connection: Connection) => Promise<Step>,
): Promise<PartnerSession> {
  if (!session.connection) return session
  const { connection = session.connection, ...outcome } = await step(session.connection)
  return { ...session, connection: connection === 'ended' ? undefined : connection, outcome }
}

async function refresh({ client }: PartnerOptions, earlier: Connection): Promise<Step> {
  const connection = await client.refresh(earlier).catch((error: unknown) => {
    if (error instanceof ResponseBodyError && error.error === 'invalid_grant') return undefined
    throw error
  })
  if (!connection) {
    return {
      connection: 'ended',
      title: 'Access has ended',
      text: 'The authorization server no longer accepts the refresh token: access was withdrawn, or it has come to its end.',
      answers: [],
    }
  }
  const { kind } = connection
  return {
    connection,
    title: 'A new pair of tokens came',
    text: `Access token ${shortened(connection.accessToken)} takes the place of ${shortened(earlier.accessToken)} and only the new pair works from now on.`,
    answers: [
      {
        caption: 'The earlier access token',
        json: await client.introspect(kind, earlier.accessToken),
      },
      {
        caption: 'The new access token',
        json: await client.introspect(kind, connection.accessToken),
      },
    ],
  }
}

async function disconnect({ client, api }: PartnerOptions, connection: Connection): Promise<Step> {
  await client.revoke(connection)
  const answer = await readApi(api, connection.accessToken)
  return {
    connection: 'ended',
    title: 'Disconnected',
    text: `Northwind Ledger has no access any more: with the access token it had, the API now answers ${answer.status}.`,
    answers: [{ caption: 'The API', json: answer }],
  }
}
