import {
  VerificationUnavailableError,
  type TokenVerifier,
  type VerifiedToken,
  toVerifiedToken,
} from './access-token.ts'
import { createClockWatch } from './watches.ts'
import {
  checkIssuer,
  checkMembers,
  checkText,
  toNumber,
  toUrl,
  checkFunction,
} from './checked-options.ts'
import { cacheTokens, type CacheOptions, createTurns } from './token-cache.ts'

/** The options of {@link introspection}. */
export interface IntrospectionOptions {
  /** The introspection endpoint, `/oauth/token/introspect` below the issuer: `https`, except for loopback hosts. */
  readonly endpoint: string
  /** This API's own registration, named in `resourceServer.clientIds` of the authorization server. */
  readonly client: { readonly id: string; readonly secret: string }
  /**
   * The issuer of the tokens, as the authorization server writes it.
   *
   * @defaultValue whatever the endpoint says
   */
  readonly issuer?: string
  /** How long an answer is believed. */
  readonly cache?: CacheOptions
  /**
   * How long to wait for an answer, in seconds, also while others are asked about.
   *
   * @defaultValue 2
   */
  readonly timeout?: number
  /**
   * How many tokens are asked about at once, over as many connections. The others wait.
   *
   * @defaultValue 50
   */
  readonly maxConcurrency?: number
}

const optionNames = ['endpoint', 'client', 'issuer', 'cache', 'timeout', 'maxConcurrency']

/**
 * Asks the authorization server about tokens, over connections that are kept.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2 RFC 7662, Section 2}
 * @throws TypeError if an option is wrong
 */
export function introspection(options: IntrospectionOptions): TokenVerifier {
  checkMembers('introspection', options, optionNames)
  const { client, cache = {}, issuer } = options
  const endpoint = toUrl('introspection: endpoint', options.endpoint).href
  checkMembers('introspection: client', client, ['id', 'secret'])
  checkText('introspection: client.id', client.id)
  checkText('introspection: client.secret', client.secret)
  if (issuer !== undefined) checkIssuer('introspection: issuer', issuer)
  checkMembers('introspection: cache', cache, ['maxAge', 'maxEntries'])
  const seconds = toNumber('introspection: timeout', options.timeout, [0.001, 60], 2)
  const timeout = Math.ceil(seconds * 1000)
  const places = toNumber('introspection: maxConcurrency', options.maxConcurrency, [1, 10_000], 50)
  const inTurn = createTurns(places, timeout)
  const authorization = toBasic(client)
  const send = createClockWatch('introspection')
  return cacheTokens(
    async (token, signal) =>
      toToken(await ask(send, { endpoint, authorization, token, signal }), issuer),
    inTurn,
    {
      maxAge: toNumber('introspection: cache.maxAge', cache.maxAge, [0, 3600], 5),
      maxEntries: toNumber(
        'introspection: cache.maxEntries',
        cache.maxEntries,
        [1, 1_000_000],
        10_000,
      ),
    },
  )
}

/** Both parts are form-encoded first (RFC 6749, Section 2.3.1). */
function toBasic({ id, secret }: IntrospectionOptions['client']): string {
  const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

interface Question {
  readonly endpoint: string
  readonly authorization: string
  readonly token: string
  readonly signal: AbortSignal
}

async function ask(send: typeof fetch, question: Question): Promise<unknown> {
  const { endpoint, authorization, token, signal } = question
  const request = (): Promise<Response> =>
    send(endpoint, {
      method: 'POST',
      headers: { authorization, accept: 'application/json' },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      // Elsewhere, nobody is to be told the secret and the token.
      redirect: 'manual',
      signal,
    })
  let status: number
  let text: string
  try {
    // A kept connection may have been closed at the other end meanwhile.
    const response = await request().catch((error: unknown) => {
      if (signal.aborted) throw error
      return request()
    })
    status = response.status
    text = await response.text()
  } catch (cause) {
    const what = signal.aborted ? 'did not answer in time' : 'cannot be reached'
    throw new VerificationUnavailableError(`the authorization server ${what}`, { cause })
  }
  if (status !== 200) throw new VerificationUnavailableError(toProblem(status))
  return parse(text)
}

function toProblem(status: number): string {
  const refused = 'the authorization server refuses the credentials of this API'
  return [400, 401, 403].includes(status)
    ? `${refused} (${status}): client.id or client.secret is wrong`
    : `the authorization server answered introspection with ${status}`
}

const nonsense = 'the authorization server answered with what is no introspection response'

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The message of the cause would quote the answer.
    throw new VerificationUnavailableError(nonsense)
  }
}

/** Reads an introspection response, from HTTP or from this process. */
function toToken(answer: unknown, issuer?: string): VerifiedToken | undefined {
  const { active, iss, ...members } = (answer ?? {}) as Readonly<Record<string, unknown>>
  if (typeof active !== 'boolean') throw new VerificationUnavailableError(nonsense)
  if (!active) return undefined
  if (issuer !== undefined && iss !== issuer) {
    throw new VerificationUnavailableError('the introspection endpoint is of another issuer')
  }
  try {
    return toVerifiedToken(members)
  } catch (cause) {
    throw new VerificationUnavailableError(nonsense, { cause })
  }
}

/** The part of the authorization server that {@link local} needs. */
export interface LocalAuthorizationServer {
  readonly introspect: (accessToken: string) => Promise<object>
}

/**
 * Asks an authorization server in the same process, without HTTP. Nothing is remembered: a revocation is noticed at once.
 *
 * @throws TypeError if it is not an authorization server
 */
export function local(authorizationServer: LocalAuthorizationServer): TokenVerifier {
  checkFunction('local: introspect of the authorization server', authorizationServer?.introspect)
  return async (token) => {
    const answer = await authorizationServer.introspect(token).catch((cause: unknown) => {
      throw new VerificationUnavailableError(
        'the authorization server cannot look at its storage',
        {
          cause,
        },
      )
    })
    return toToken(answer)
  }
}
