import type { Exchange, ExchangeResult, NewToken, TokenKind } from '../../lib/storage.ts'
import { createAttempt, type Argument, type ReplicaWait } from './commands.ts'
import { exchangeScript } from './exchange-scripts.ts'
import { tokenNames, tokenPlace } from './loaded-grant.ts'
import { toMilliseconds, type StoreParts } from './places.ts'
import { sealPayload } from './sealed-json.ts'
import type { StorageKeys } from './storage-keys.ts'
import type { Undoing } from './undo.ts'

/** The names of the kinds in the scripts. */
export const letters = { AuthorizationCode: 'c', RefreshToken: 'r', AccessToken: 'a' } as const

/** Some replicas did not have a refresh in time; it was taken back. */
export class ReplicationError extends Error {
  override readonly name = 'ReplicationError'
}

/** The parts that store grants. */
export interface GrantParts extends StoreParts {
  readonly waitForReplicas: ReplicaWait | undefined
  readonly undoing: Undoing
}

/**
 * Makes an exchange in the grant at that key. If nobody knows whether it was made, or if replicas do not have it, it is taken back:
 * the client got an error and may repeat the request at any time.
 */
export async function exchangeAt(
  parts: GrantParts,
  key: string,
  exchange: Exchange,
): Promise<ExchangeResult> {
  const { commands, keys, waitForReplicas, undoing } = parts
  const attempt = createAttempt()
  const args = [attempt, ...toArguments(keys, key, exchange)]
  const undo = { key, args: [attempt, ...toUndo(keys, exchange)] }
  const isRefresh = exchange.used.kind === 'RefreshToken'
  try {
    if (!waitForReplicas || !isRefresh) {
      return String((await commands.run(exchangeScript, key, ...args))[0]) as ExchangeResult
    }
    const { count } = waitForReplicas
    const { result, replicas } = await commands.runReplicated(
      exchangeScript,
      waitForReplicas,
      key,
      ...args,
    )
    const answer = String(result[0]) as ExchangeResult
    if (answer !== 'exchanged' || replicas >= count) return answer
    throw new ReplicationError(`${replicas} of ${count} replicas have the refresh`)
  } catch (error) {
    // Also if Redis refuses: a command that was sent before the connection broke may have been done.
    undoing.undo(undo)
    // The old refresh token is good again before its client hears of it.
    if (error instanceof ReplicationError) await undoing.settle(key).catch(() => undefined)
    throw error
  }
}

function toArguments(keys: StorageKeys, key: string, exchange: Exchange): readonly Argument[] {
  const { used, refreshToken, accessToken, retryWindow, overlap = 0 } = exchange
  const accessTokenNames = accessToken ? tokenNames(keys, 'AccessToken', accessToken.id) : ['']
  return [
    letters[used.kind],
    tokenNames(keys, used.kind, used.id).join(','),
    used.kind === 'RefreshToken' ? used.generation : 0,
    retryWindow * 1000,
    refreshToken ? tokenNames(keys, 'RefreshToken', refreshToken.id).join(',') : '',
    ...issued(keys, key, 'RefreshToken', refreshToken),
    successorName(keys, refreshToken),
    // An access token is never compared, so one name does.
    accessTokenNames[0] ?? '',
    ...issued(keys, key, 'AccessToken', accessToken),
    keys.ids[0],
    overlap * 1000,
  ]
}

const toUndo = (keys: StorageKeys, { used, refreshToken }: Exchange): readonly Argument[] => [
  letters[used.kind],
  tokenNames(keys, used.kind, used.id)[0],
  used.kind === 'RefreshToken' ? used.generation : 0,
  refreshToken ? tokenNames(keys, 'RefreshToken', refreshToken.id)[0] : '',
]

/** The name of the successor of a refresh token. */
export const successorName = (keys: StorageKeys, token: NewToken | undefined): string =>
  token?.successor === undefined ? '' : tokenNames(keys, 'RefreshToken', token.successor)[0]

/** Payload and lifetime of what is issued. */
const issued = (
  keys: StorageKeys,
  key: string,
  kind: TokenKind,
  token: NewToken | undefined,
): readonly Argument[] =>
  token ? [sealToken(keys, key, kind, token), toMilliseconds(token.lifetime)] : ['', '']

/** The payload of a code or token, sealed for its place in a grant. */
export const sealToken = (
  keys: StorageKeys,
  key: string,
  kind: TokenKind,
  { id, payload }: NewToken,
): Buffer => sealPayload(keys, tokenPlace(keys, key, kind, id), id, payload)
