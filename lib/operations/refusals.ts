import type { EventEmitter } from 'node:events'
import type { Config } from '../config/config.ts'
import { callListeners } from '../grants/events.ts'
import { createRequestValue, namedClient } from '../http/request-context.ts'
import { requestIdOf } from '../http/request-id.ts'
import {
  explain,
  sentIn,
  type FailedContext,
  type FailedRequest,
  type Failure,
  type Knowledge,
} from './explain.ts'
import type { SenderBudgets } from '../oidc/request-budget.ts'
import { createRecorder, findRefusals, type RefusedRequest } from './refusal-records.ts'

/** The objects with which refused requests are told and recorded, beside the configuration. */
interface RefusalParts
  extends
    Pick<Knowledge, 'clientRecords' | 'secrets'>,
    Pick<SenderBudgets, 'anonymous' | 'addressOf'> {
  /** Makes the end of the server wait for work. */
  readonly trail: (work: Promise<void>) => void
}

/** The events of the provider for a request that failed; `front.ts` emits the first. */
const failures = [
  'request.error',
  'server_error',
  ...['authorization', 'discovery', 'end_session', 'end_session_confirm', 'grant', 'introspection']
    .concat('jwks', 'pushed_authorization_request', 'revocation')
    .map((endpoint) => `${endpoint}.error`),
]

/**
 * Tells the host of each refused request and records it, when the answer is over. Other requests do not come here. Returns the
 * function that finds what was recorded for the id of a request.
 */
export function createRefusals(
  provider: EventEmitter,
  { anonymousRequests: limits, storage, resourceServer }: Config,
  { clientRecords, secrets, anonymous, addressOf, trail }: RefusalParts,
): (requestId: string) => Promise<readonly RefusedRequest[]> {
  const records = storage.records('Refusal')
  const interactions = storage.records('Interaction')
  const knowledge = {
    clientRecords,
    secrets,
    interactions,
    scopes: Object.keys(resourceServer.scopes),
  }
  const { record, isResting } = createRecorder(records, limits, anonymous)
  const noted = createRequestValue<FailedRequest>('failed request')
  const tell = async (ctx: FailedContext, sender: string): Promise<void> => {
    const failed = noted.get(ctx)
    if (!failed || !isRefused(ctx)) return
    const refused = await describe(failed, isResting() ? undefined : knowledge)
    callListeners(() => provider.emit('refused', refused))
    if (!unrecorded.has(failed.error.name)) await record(refused, sender)
  }
  const note = (ctx: FailedContext, error: Failure): void => {
    if (ctx.res.closed) return
    const isKnown = noted.get(ctx) !== undefined
    // The last error is the one that is answered. A host sees other paths and queries again when the answer is over.
    const { path, query, oidc } = ctx
    noted.set(ctx, { ctx, error, path, query, params: oidc?.params ?? oidc?.body ?? query })
    if (isKnown) return
    const sender = addressOf(ctx.req)
    // First, so that the end of the server waits for it.
    ctx.res.prependOnceListener('close', () => trail(tell(ctx, sender)))
  }
  for (const name of failures) provider.on(name, note)
  return (requestId) => findRefusals(records, requestId)
}

/** The storage has just failed, or its room is used up. */
const unrecorded: ReadonlySet<string> = new Set(['StorageUnavailable', 'NoRoom'])

/** Some errors are answered all the same, for example those about JWTs at the introspection endpoint. */
function isRefused({ res }: FailedContext): boolean {
  const { statusCode } = res
  const isSentBack = /[?&]error=/.test(String(res.getHeader('location') ?? ''))
  return statusCode >= 400 || (statusCode >= 300 && isSentBack)
}

async function describe(
  failed: FailedRequest,
  knowledge: Knowledge | undefined,
): Promise<RefusedRequest> {
  const { ctx, error, path } = failed
  const { error: code = 'server_error', error_description: description = '' } = Object(
    typeof ctx.body === 'object' ? ctx.body : error.expose ? error : {},
  ) as Failure
  const explained = knowledge && explain(failed, description, knowledge).catch(() => undefined)
  const show = createShown(failed)
  return {
    requestId: requestIdOf(ctx),
    time: Date.now(),
    method: show(ctx.method, 10),
    // A path that is not known can be as long as its sender likes.
    path: show(
      path.replace(/^(\/oauth\/[^/]+\/)(?!introspect$|revoke$|confirm$|styles).+/, '$1...'),
      100,
    ),
    status: ctx.res.statusCode,
    error: show(code, 60),
    description: show(description, 500),
    reason: show((await explained) ?? error.reason ?? description, 1000),
    clientId: namedClient(ctx)?.clientId ?? null,
  }
}

/** The parameters that a sentence may repeat. */
const shownParameters = ['client_id', 'code_challenge_method', 'grant_type', 'resource', 'scope']

/** Returns a function that cuts a text to its length, and replaces unusual characters and what may be a credential of the request. */
function createShown({
  ctx,
  query,
  params,
}: FailedRequest): (text: string, length: number) => string {
  const hidden: unknown[] = []
  for (const sent of [query, Object(ctx.request.body) as object, params]) {
    // A body can have thousands of members: a copy of it would take longer than its refusal.
    for (const name of Object.keys(sent)) {
      if (!shownParameters.includes(name)) hidden.push(Reflect.get(sent, name))
    }
  }
  const headers = [ctx.get('Authorization'), ctx.get('Cookie'), ctx.get('DPoP')]
  const words = headers.flatMap((header) => header.split(/[ ;=,]+/))
  const secrets = [...hidden.flat(), ...words, sentIn(ctx, params).secret].filter(
    (value) => typeof value === 'string' && value.length >= 8,
  ) as string[]
  return (text, length) => {
    // Not cut to its length before, so that no part of a credential is left at the end.
    const most = text.slice(0, 2 * length)
    const shown = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[hidden]'), most)
    const printable = shown.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7E]+/g, '?')
    return printable.length > length ? `${printable.slice(0, length - 3)}...` : printable
  }
}
