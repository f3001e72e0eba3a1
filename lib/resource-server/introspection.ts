import {
  VerificationUnavailableError,
  type TokenVerifier,
  type VerifiedToken,
  toVerifiedToken,
} from './access-token.ts'
import { createClockWatch } from './watches.ts'
import {
  checkFunction,
  checkIssuer,
  checkMembers,
  checkNumber,
  checkOptions,
  checkText,
  optional,
  toUrl,
  type Checks,
} from './checked-options.ts'
import { cacheTokens, createTurns, type CacheOptions } from './token-cache.ts'

/** The options of {@link introspection}. */
export interface IntrospectionOptions {
  /** The introspection endpoint, `/oauth/token/introspect` below the issuer: `https`, except for loopback hosts. */
  readonly endpoint: string
  /** This API's own registration, named in `resourceServer.clientIds` of the authorization server. */
  readonly client: { readonly id: string; readonly secret: string }
  /**
   * The issuer of the tokens, as the authorization server spells it.
   *
   * @defaultValue not checked
   */
  readonly issuer?: string
  /** How long an answer is believed. */
  readonly cache?: CacheOptions
  /**
   * How long to wait for an answer, in seconds. The wait for a free place counts.
   *
   * @defaultValue 2
   */
  readonly timeout?: number
  /**
   * How many questions are under way at once, each over its own connection. The others wait for a free place.
   *
   * @defaultValue 50
   */
  readonly maxConcurrency?: number
}

const checks: Checks<IntrospectionOptions> = {
  endpoint: toUrl,
  client: checkMembers<IntrospectionOptions['client']>({ id: checkText, secret: checkText }),
  issuer: optional(checkIssuer),
  cache: optional(
    checkMembers<CacheOptions>({
      maxAge: checkNumber(0, 3600),
      maxEntries: checkNumber(1, 1_000_000),
    }),
  ),
  timeout: checkNumber(0.001, 60),
  maxConcurrency: checkNumber(1, 10_000),
}

/**
 * Asks the authorization server about tokens, over connections that are kept.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7662.html#section-2 RFC 7662, Section 2}
 * @throws TypeError if an option is wrong
 */
export function introspection(options: IntrospectionOptions): TokenVerifier {
  checkOptions('introspection', options, checks)
  const { issuer, cache: { maxAge = 5, maxEntries = 10_000 } = {} } = options
  const { timeout = 2, maxConcurrency = 50 } = options
  const ask = createQuestion(options)
  return cacheTokens(
    async (token, signal) => toToken(await ask(token, signal), issuer),
    createTurns(maxConcurrency, Math.ceil(timeout * 1000)),
    { maxAge, maxEntries },
  )
}

/** Both parts are form-encoded first (RFC 6749, Section 2.3.1). */
function toBasic({ id, secret }: IntrospectionOptions['client']): string {
  const encode = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1)
  return `Basic ${Buffer.from(`${encode(id)}:${encode(secret)}`).toString('base64')}`
}

/** Makes the function that asks the authorization server about one token. */
function createQuestion({
  endpoint,
  client,
}: IntrospectionOptions): (token: string, signal: AbortSignal) => Promise<unknown> {
  const { href } = new URL(endpoint)
  const authorization = toBasic(client)
  const send = createClockWatch('introspection')
  return async (token, signal) => {
    const request = (): Promise<Response> =>
      send(href, {
        method: 'POST',
        headers: { authorization, accept: 'application/json' },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        // No other server may learn the secret and the token.
        redirect: 'manual',
        signal,
      })
    let status: number
    let text: string
    try {
      // The other end may have closed a kept connection meanwhile.
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
}

function toProblem(status: number): string {
  const refused = 'the authorization server refuses the credentials of this API'
  return [400, 401, 403].includes(status)
    ? `${refused} (${status}): client.id or client.secret is wrong`
    : `the authorization server answered introspection with ${status}`
}

const nonsense = 'the authorization server sent no introspection response'

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
 * Asks an authorization server in the same process, without HTTP and without a cache: a revocation counts at once.
 *
 * @throws TypeError if it is not an authorization server
 */
export function local(authorizationServer: LocalAuthorizationServer): TokenVerifier {
  checkFunction('local: introspect of the authorization server', authorizationServer?.introspect)
  return async (token) => {
    const answer = await authorizationServer.introspect(token).catch((cause: unknown) => {
      const message = 'the authorization server cannot look at its storage'
      throw new VerificationUnavailableError(message, { cause })
    })
    return toToken(answer)
  }
}
