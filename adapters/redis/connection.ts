import type { RedisClient } from './commands.ts'

/** The message of the error for a server that was demoted. */
export const isReplica = 'Redis is a replica'

/** The reason why a client cannot use Redis. */
export interface ConnectionProblem {
  /** Says what is wrong, in one sentence, without credentials. */
  readonly message: string
  /**
   * The setting that is wrong, if Redis or a Sentinel answers and refuses the client: the address with its credentials, or the
   * credentials for the Sentinels. Trying again does not help. Absent in an outage, which passes.
   */
  readonly wrong?: 'address' | 'sentinelAccess'
}

/** The beginnings of refusals that do not pass. `ERR` is for a wrong database, Cluster or name. */
const refusal = /^(?:NOAUTH|WRONGPASS|NOPERM|DENIED|ERR(?! max number of clients))\b/
const atSentinels = /^All sentinels are unreachable/

/**
 * Tells a refusal from an outage. Takes the error of a command, or of the event `error` of a client of ioredis.
 */
export function toConnectionProblem(error: unknown): ConnectionProblem {
  const reason = toReason(error)
  if (error instanceof RedisUnreachableError) return { message: error.message }
  if (!refusal.test(reason))
    return { message: `Redis is unreachable: ${reason}${toTlsAdvice(reason)}` }
  if (!atSentinels.test(toText(error))) {
    const where = reason.startsWith('NOAUTH') ? ' in the URL (redis://:password@host)' : ''
    return { message: `Redis refuses: ${reason}${toAdvice(reason)}${where}`, wrong: 'address' }
  }
  // The name of the primary is a part of the address.
  const wrong = reason.startsWith('ERR') ? 'address' : 'sentinelAccess'
  return { message: `the Sentinel refuses: ${reason}${toAdvice(reason)}`, wrong }
}

/** Redis cannot be reached, or it is not known whether it can. The message has the reason, the cause is the error of the client. */
class RedisUnreachableError extends Error {
  override readonly name = 'RedisUnreachableError'
}

/**
 * Asks Redis. If it cannot be reached, rejects with the reason: the client itself says only that it waited, or how often it tried.
 *
 * @throws RedisUnreachableError; an answer that is an error, as it is
 */
export async function reach<T>(client: RedisClient, ask: () => Promise<T>): Promise<T> {
  let last: unknown
  const remember = (error: unknown): void => void (last = error)
  client.on('error', remember)
  try {
    return await ask()
  } catch (error) {
    if (error instanceof Error && (error.name === 'ReplyError' || error.message === isReplica))
      throw error
    throw new RedisUnreachableError(toConnectionProblem(last ?? error).message, { cause: error })
  } finally {
    client.off('error', remember)
  }
}

/** Calls back when it is known whether the client is connected, and then at each change. */
export function watchConnection(
  client: RedisClient,
  tell: (problem: ConnectionProblem | undefined) => void,
): void {
  let told: string | undefined
  // Of several Sentinels or nodes, ioredis names the last one. A refusal says more than an outage.
  let refused: string | undefined
  const remember = (error: Error): void => {
    const reason = error.message.replace(/^failed to connect to sentinel \S+ because /, '')
    if (refusal.test(reason)) refused = reason
  }
  const change = (state: string, problem?: ConnectionProblem): void => {
    if (told !== state) tell(problem)
    told = state
  }
  client.on('sentinelError', remember)
  client.on('node error', remember)
  client.on('error', (error: unknown) => {
    const isOfAll = isClusterError(error) || atSentinels.test(toText(error))
    const prefix = isClusterError(error) ? '' : `All sentinels are unreachable. Last error: `
    const problem = toConnectionProblem(
      isOfAll && refused !== undefined ? new Error(prefix + refused) : error,
    )
    refused = undefined
    change(problem.wrong ?? 'outage', problem)
  })
  client.on('ready', () => change('connected'))
}

const mended = new WeakSet<RedisClient>()

/**
 * Keeps a client that Sentinel tells of a failover (`failoverDetector`) from ending for good.
 *
 * When the client is told, it leaves its connection. If it has already lost the connection and asks a Sentinel for the next one,
 * ioredis 6.0.0 takes the call for the wish to end. So it must not be told until it has a connection again.
 */
export function outliveFailovers(client: RedisClient): void {
  if (!('sentinels' in client.options && client.options.sentinels) || mended.has(client)) return
  mended.add(client)
  // This ends no connection, only the listener at the Sentinels. The next connection listens again.
  client.on('reconnecting', () => client.disconnect(true))
}

const isClusterError = (error: unknown): error is { readonly lastNodeError: unknown } =>
  error instanceof Error && 'lastNodeError' in error && Boolean(error.lastNodeError)

function toReason(error: unknown): string {
  // The error of a Cluster says only that no node works. The error of the last node says why.
  if (isClusterError(error)) return toReason(error.lastNodeError)
  const text = toText(error)
  const reason = /Last error: (.*)$/s.exec(text)?.[1] ?? text
  // Redis adds how to write the command, which ioredis wrote.
  return reason
    .replace(/^NOAUTH .*/s, 'NOAUTH Authentication required')
    .replace(/^(?:Command timed out|Reached the max retries per request) ?.*/s, 'no answer')
    .replace(/\.$/, '')
}

function toText(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  // The message is empty if a name has several addresses, and none answered.
  return error.message || ('code' in error ? String(error.code) : error.name)
}

/** A server with TLS cuts off a client without it. The other way round, the first bytes are not TLS. */
function toTlsAdvice(reason: string): string {
  if (/ECONNRESET/.test(reason))
    return ': if this Redis wants TLS, write rediss:// in place of redis://'
  if (/wrong version number|packet length too long/.test(reason))
    return ': if this Redis has no TLS, write redis:// in place of rediss://'
  if (/self.signed certificate|unable to (?:verify|get)/.test(reason))
    return ': for a CA of your own, set NODE_EXTRA_CA_CERTS to the file with its certificate'
  return ''
}

function toAdvice(reason: string): string {
  if (reason.startsWith('NOAUTH')) return ': a password is needed'
  if (reason.startsWith('WRONGPASS')) return ': the user name or the password is not right'
  if (/^NOPERM|user executing the script|ACL failure/.test(reason))
    return ': the user lacks a right that docs/operations.md lists'
  return ''
}
