import type { Exchange, ExchangeResult, NewToken, TokenKind } from '../../lib/storage.ts'
import { createAttempt, type Argument, type ReplicaWait } from './commands.ts'
import { exchangeScript } from './grant-scripts.ts'
import { tokenNames, tokenPlace } from './loaded-grant.ts'
import { toMilliseconds, type StoreParts } from './places.ts'
import { sealPayload } from './sealed-json.ts'
import type { StorageKeys } from './storage-keys.ts'

/** What the scripts call the kinds. */
export const letters = { AuthorizationCode: 'c', RefreshToken: 'r', AccessToken: 'a' } as const

/** Some replicas did not have a refresh in time; it is stored, but a failover could forget it. */
export class ReplicationError extends Error {
  override readonly name = 'ReplicationError'
}

/** What grants are stored with. */
export interface GrantParts extends StoreParts {
  readonly waitForReplicas: ReplicaWait | undefined
}

/** Makes an exchange in the grant at that key. */
export async function exchangeAt(
  { commands, keys, waitForReplicas }: GrantParts,
  key: string,
  exchange: Exchange,
): Promise<ExchangeResult> {
  const args = toArguments(keys, key, exchange)
  if (!waitForReplicas || exchange.used.kind === 'AuthorizationCode') {
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
  const isStored = answer === 'exchanged' || answer === 'repeated'
  // Who may repeat it is told to: it gets the same again. Who may not would be locked out.
  if (isStored && exchange.retryWindow > 0 && replicas < count) {
    throw new ReplicationError(`${replicas} of ${count} replicas have the refresh`)
  }
  return answer
}

function toArguments(keys: StorageKeys, key: string, exchange: Exchange): readonly Argument[] {
  const { used, refreshToken, accessToken, retryWindow } = exchange
  const isRefresh = used.kind === 'RefreshToken'
  return [
    createAttempt(),
    letters[used.kind],
    tokenNames(keys, used.kind, used.id).join(','),
    isRefresh ? used.generation : 0,
    isRefresh && used.isGenuine ? 1 : 0,
    retryWindow * 1000,
    ...issued(keys, key, 'RefreshToken', refreshToken),
    ...issued(keys, key, 'AccessToken', accessToken),
  ]
}

/** Names, payload and lifetime of what is issued. An access token is never compared, so one name does. */
function issued(
  keys: StorageKeys,
  key: string,
  kind: TokenKind,
  token: NewToken | undefined,
): readonly Argument[] {
  if (!token) return ['', '', '']
  const names = tokenNames(keys, kind, token.id)
  return [
    kind === 'AccessToken' ? names[0] : names.join(','),
    sealToken(keys, key, kind, token),
    toMilliseconds(token.lifetime),
  ]
}

/** The payload of a code or token, sealed for its place in a grant. */
export const sealToken = (
  keys: StorageKeys,
  key: string,
  kind: TokenKind,
  { id, payload }: NewToken,
): Buffer => sealPayload(keys, tokenPlace(keys, key, kind, id), id, payload)
