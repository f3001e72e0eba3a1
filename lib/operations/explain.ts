import type { Context } from 'koa'
import {
  whyNoClient,
  whyWrongRedirectUri,
  whyWrongSecret,
  type KnownClients,
  type SentCredentials,
} from '../clients/client-reasons.ts'
import type { KnownClient } from '../http/request-context.ts'
import { registrationPath } from '../paths.ts'
import type { RecordStorage } from '../storage.ts'
import { toHint } from '../validation/did-you-mean.ts'
import { toKind, toLength } from '../validation/reason-words.ts'

/** The context of a request that failed, as far as the framework knows it. */
export type FailedContext = Context & {
  readonly oidc?: {
    readonly client?: (KnownClient & FailedClient) | undefined
    readonly params?: Parameters | undefined
    readonly body?: Parameters | undefined
  }
}

interface FailedClient {
  readonly clientId: string
  readonly clientAuthMethod?: string
  readonly grantTypes?: readonly string[]
  readonly redirectUris?: readonly string[]
}

type Parameters = Readonly<Record<string, unknown>>

/** An error of the framework, of the protocol, or any other. */
export interface Failure extends Error {
  readonly error?: string
  readonly error_description?: string
  readonly error_detail?: string
  readonly expose?: boolean
  readonly reason?: string | undefined
  readonly scope?: string
}

/** The objects that know more than the request. */
export interface Knowledge extends KnownClients {
  readonly interactions: RecordStorage
  /** The scopes of the server. */
  readonly scopes: readonly string[]
}

/** A request that failed, as it was then. */
export interface FailedRequest {
  readonly ctx: FailedContext
  readonly error: Failure
  /** Below the issuer. */
  readonly path: string
  readonly query: Parameters
  /** As the framework has read them. */
  readonly params: Parameters
}

interface Refused extends Knowledge, FailedRequest {
  readonly client: FailedClient
}

/**
 * Says in one sentence why a request was refused, more exactly than its sender is told. The sentence may repeat what a stranger sent,
 * but no credential on purpose: `refusals.ts` hides those that strayed into another parameter.
 *
 * @param told - the public description
 * @throws if the storage does not answer
 */
export async function explain(
  failed: FailedRequest,
  told: string,
  knowledge: Knowledge,
): Promise<string> {
  const { ctx, error } = failed
  const { reason, error_detail: detail = '', name, cause } = error
  if (reason !== undefined) return reason
  if (name === 'StorageUnavailable') return `the storage failed: ${toKind(cause)} (server_error)`
  if (!error.expose) return `this server failed with ${name} (server_error)`
  const client: FailedClient = ctx.oidc?.client ?? { clientId: '' }
  const find = reasons.get(detail) ?? reasons.get(told) ?? reasons.get(name)
  const found = await find?.({ ...knowledge, ...failed, client })
  return found ?? told
}

type Reason = (refused: Refused) => string | null | Promise<string>

/** By the detail of the error, by its description, or by its name. */
const reasons: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['client not found', ({ ctx, params, ...known }) => whyNoClient(sentIn(ctx, params), known)],
  [
    'invalid secret provided',
    ({ ctx, params, client, ...known }) =>
      whyWrongSecret(client.clientId, sentIn(ctx, params), known),
  ],
  [
    'the provided authentication mechanism does not match the registered client authentication method',
    ({ client, ctx, params }) => {
      const has = sentIn(ctx, params).secret === undefined ? 'no client secret' : 'a client secret'
      return `the client ${client.clientId} is registered for ${client.clientAuthMethod}, and the request has ${has}`
    },
  ],
  ['no client authentication mechanism provided', () => 'the request names no client'],
  [
    'InvalidRedirectUri',
    ({ params, client }) => whyWrongRedirectUri(params['redirect_uri'], client.redirectUris),
  ],
  ['requested scope is not allowed', whyWrongScope],
  [
    'Authorization Server policy requires PKCE to be used for this request',
    ({ client }) => `code_challenge is missing, and the client ${client.clientId} must use PKCE`,
  ],
  ...['minimum length of 43', 'maximum length of 128'].map((bound): [string, Reason] => [
    `code_challenge must be a string with a ${bound} characters`,
    ({ params }) =>
      `code_challenge has ${toLength(String(params['code_challenge']))}, it must have 43 to 128`,
  ]),
  [
    'not supported value of code_challenge_method',
    ({ params: { code_challenge_method: method } }) =>
      `code_challenge_method is ${method === 'plain' ? method : 'unknown'}, it must be S256`,
  ],
  ['UnsupportedResponseType', () => 'response_type must be code'],
  ['UnsupportedGrantType', () => 'grant_type must be authorization_code or refresh_token'],
  [
    'requested grant type is not allowed for this client',
    // The framework knows the grant type.
    ({ params, client: { clientId, grantTypes = [] } }) =>
      `the client ${clientId} is not registered for the grant type ${String(params['grant_type'])}, only for ${grantTypes.join(' and ') || 'others'}`,
  ],
  [
    'request_uri is invalid, expired, or was already used',
    () =>
      'no pushed request has this request_uri: it is over 60 seconds after the push, was answered before, or was pushed to another server',
  ],
  ['the DPoP proof is for another URL', whyWrongUrl],
  ['SessionNotFound', whyNoInteraction],
  ['the browser did not send the cookie back', whyNoInteraction],
  ['invalid token provided', whyWrongToken],
  ['accountId mismatch', () => 'the code or refresh token is not of the person of its connection'],
  ['NoRoom', () => 'this sender, or all together, used up the room of anonymousRequests'],
])

function whyWrongScope({ error: { scope = '' }, client, scopes }: Refused): string {
  if (scopes.includes(scope)) {
    return `scope ${scope} is not registered for the client ${client.clientId}`
  }
  return /^[\w:.-]{1,50}$/.test(scope)
    ? `scope ${scope} does not exist${toHint(scope, scopes)}`
    : 'one of the scopes does not exist'
}

function whyWrongUrl({ ctx }: Refused): string | null {
  const [, claims = ''] = ctx.get('DPoP').split('.')
  const { htu } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Parameters
  const url = URL.parse(String(htu))
  const sentTo = `${ctx.protocol}://${ctx.host}${ctx.originalUrl.split('?')[0]}`
  return (
    url && `the DPoP proof is for ${url.origin}${url.pathname}, and the request went to ${sentTo}`
  )
}

async function whyNoInteraction({ path, error, interactions }: Refused): Promise<string> {
  const uid = path.split('/').at(3) ?? ''
  if (!(await interactions.find(uid))) {
    return 'the request was answered before, or its time is over: 10 minutes until somebody signs in, then lifetimes.interaction'
  }
  return /mismatch|principal|^session/.test(error.error_description ?? '')
    ? 'the sign-in of this browser ended or changed since the request began'
    : 'the browser did not send the cookie of this request: it began in another browser or a private window, or its cookies were deleted'
}

async function whyWrongToken({ ctx, path, clientRecords }: Refused): Promise<string> {
  if (!/^bearer /i.test(ctx.get('Authorization'))) return 'the request has no bearer token'
  if (path === registrationPath) {
    return 'the initial access token is unknown: it was never made here, it was used, it ended or it expired'
  }
  const client = await clientRecords.find(path.slice(registrationPath.length + 1))
  return client
    ? 'the registration access token is not that of the client of this URL'
    : 'no client is registered at this URL'
}

/** The credentials of a client, in whichever way a request sends them. */
export function sentIn(ctx: Context, { client_id, client_secret }: Parameters): SentCredentials {
  const [, encoded = ''] = /^basic +(.*)$/i.exec(ctx.get('Authorization')) ?? []
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString()) ?? []
  return { id: toText(client_id) ?? decode(id), secret: toText(client_secret) ?? decode(secret) }
}

const toText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined

/** Both parts are form-encoded (RFC 6749, Section 2.3.1). */
const decode = (text: string | undefined): string | undefined =>
  text === undefined
    ? undefined
    : (new URLSearchParams(`of=${text.replaceAll('&', '%26')}`).get('of') ?? undefined)
