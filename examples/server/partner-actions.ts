import type { Context } from 'koa'
import { AuthorizationResponseError } from 'openid-client'
import type { Connection, PartnerClient, PendingRequest } from './partner-client.ts'
import { readApi } from './partner-data.ts'
import { refresh } from './partner-refresh.ts'
import type { PartnerSessions } from './partner-sessions.ts'
import { problemPage } from './partner-site.ts'
import type { PartnerSession, PartnerStore } from './partner-store.ts'
import { beginStep, masked, toParameters } from './partner-timeline.ts'

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

type Options = PartnerOptions & { readonly sessions: PartnerSessions }

type Action = (ctx: Context) => Promise<void>

const maxPending = 10

/** What the links and buttons of the partner application do. */
export function createPartnerActions(
  options: Options,
): Readonly<Record<'connect' | 'callback' | 'refresh' | 'introspect' | 'disconnect', Action>> {
  const { client, sessions } = options
  return {
    async connect(ctx) {
      const kind = ctx.query['kind'] === 'organization' ? 'organization' : 'company'
      const pending = await client.start(kind)
      await remember(sessions, ctx, pending)
      ctx.redirect(pending.url)
    },
    callback: createCallback(options),
    async refresh(ctx) {
      let earlier: Connection | undefined
      const refreshed = await sessions.change(ctx, async (session) => {
        earlier = session.connection
        return earlier ? refresh(client, earlier, session) : session
      })
      // The new tokens are stored by now: the rest may fail.
      if (earlier && refreshed?.connection) await compareTokens(options, ctx, earlier)
      else showAgain(ctx, refreshed)
    },
    introspect: onConnection(sessions, async ({ kind, accessToken }, session) => {
      const json = await client.introspect(kind, accessToken)
      const outcome = {
        title: 'Introspection',
        text: 'The authorization server says this about the access token.',
        answers: [{ caption: 'The access token', json }],
      }
      return { ...session, outcome }
    }),
    disconnect: onConnection(sessions, (connection, session) =>
      disconnect(options, connection, session),
    ),
  }
}

function createCallback({ origin, client, sessions }: Options): Action {
  return async (ctx) => {
    const startedAt = Date.now()
    const pending = await takePending(sessions, ctx)
    if (!pending) {
      ctx.status = 400
      ctx.body = problemPage(
        'This answer was not expected',
        'It belongs to no connection that was started in this browser, or it was used already.',
      )
      return
    }
    const endStep = noteAnswer(ctx, pending, startedAt)
    try {
      const connection = await client.finish(new URL(ctx.originalUrl, origin), pending)
      endStep(302)
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

/** Notes the way there and back: the first step is over, and the second one is until its end is noted. */
function noteAnswer(
  ctx: Context,
  pending: PendingRequest,
  startedAt: number,
): ReturnType<typeof beginStep> {
  const { pathname, searchParams } = new URL(pending.url)
  const sent = { name: 'Authorize', method: 'GET', path: pathname }
  beginStep({ ...sent, parameters: toParameters(searchParams) }, pending.startedAt)(302)
  const parameters = toParameters(new URLSearchParams(ctx.querystring))
  return beginStep({ name: 'Callback', method: 'GET', path: ctx.path, parameters }, startedAt)
}

/** Does something with the session's connection, and shows the page again. */
function onConnection(
  sessions: PartnerSessions,
  act: (connection: Connection, session: PartnerSession) => Promise<PartnerSession>,
): Action {
  return async (ctx) => {
    const session = await sessions.change(ctx, async (stored) =>
      stored.connection ? act(stored.connection, stored) : stored,
    )
    showAgain(ctx, session)
  }
}

function showAgain(ctx: Context, session: PartnerSession | undefined): void {
  ctx.status = 303
  ctx.redirect(session?.connection ? '/connected' : '/disconnected')
}

/** Shows what the authorization server says of both access tokens, with the page. */
const compareTokens = (
  { client, sessions }: Options,
  ctx: Context,
  { kind, accessToken: earlier }: Connection,
): Promise<void> =>
  onConnection(sessions, async ({ accessToken }, session) => {
    const answers = [
      { caption: 'The earlier access token', json: await client.introspect(kind, earlier) },
      { caption: 'The new access token', json: await client.introspect(kind, accessToken) },
    ]
    const text = `Access token ${masked(accessToken)} takes the place of ${masked(earlier)}. Only the new pair works from now on.`
    return { ...session, outcome: { title: 'The tokens were refreshed', text, answers } }
  })(ctx)

async function disconnect(
  { client, api }: PartnerOptions,
  connection: Connection,
  session: PartnerSession,
): Promise<PartnerSession> {
  await client.revoke(connection)
  const json = await readApi(api, connection.accessToken)
  const outcome = {
    title: 'Disconnected',
    text: `Northwind Ledger has no access any more: the API now answers ${json.status} to the access token it had.`,
    answers: [{ caption: 'The API', json }],
  }
  return { ...session, connection: undefined, outcome }
}
