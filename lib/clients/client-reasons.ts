import type { RecordStorage } from '../storage.ts'
import { firstDifference, toClock, toLength } from '../validation/reason-words.ts'
import { isClientSecret, isLive, type ClientSecrets } from './secrets.ts'
import { registrationOf } from './stored-client.ts'

// Why a client is refused, in one sentence each: for the log of the host alone. None has a credential of the request.

/** The client id and the secret of a request. */
export interface SentCredentials {
  readonly id?: string | undefined
  readonly secret?: string | undefined
}

/** The stored clients, as they are kept for a moment, and how to compare their secrets. */
export interface KnownClients {
  readonly clientRecords: RecordStorage
  readonly secrets: ClientSecrets
}

/** Says why there is no client of that id. It repeats no unknown id, which may be a secret. */
export async function whyNoClient(
  { id = '' }: SentCredentials,
  { clientRecords }: Pick<KnownClients, 'clientRecords'>,
): Promise<string> {
  const { suspendedAt } = registrationOf(await clientRecords.find(id)) ?? {}
  if (suspendedAt !== undefined)
    return `the client ${id} is suspended since ${toClock(suspendedAt)}`
  if (isClientSecret(id)) return 'client_id is a client secret: id and secret were exchanged'
  const spaces = id === id.trim() ? '' : ', some of them spaces around it'
  return `no client is registered with this client_id, which has ${toLength(id)}${spaces}`
}

/** Says how a secret differs from those of its client. */
export async function whyWrongSecret(
  clientId: string,
  { secret = '' }: SentCredentials,
  { clientRecords, secrets }: KnownClients,
): Promise<string> {
  const stored = registrationOf(await clientRecords.find(clientId))?.secrets
  if (!stored) {
    const spaces = secret === secret.trim() ? '' : ', and has spaces or a line end around it'
    return `the client secret is not the one that the options give the client ${clientId}${spaces}`
  }
  const live = stored.filter((one) => isLive(one, Date.now()))
  const has = `the client ${clientId} has ${live.length} ${live.length === 1 ? 'secret' : 'secrets'}`
  // At the time 0, those that have ended are found as well.
  const { expiresAt } = secrets.find(clientId, secret, stored, 0) ?? {}
  if (expiresAt !== undefined) return `the client secret ended at ${toClock(expiresAt)}; ${has}`
  if (secrets.find(clientId, secret.trim(), live, 0)) {
    return `${has}, and the one sent has spaces or a line end around it`
  }
  return isClientSecret(secret)
    ? `${has}, and the one sent is not among them: it was replaced, or is of another client`
    : `${has}, and the one sent has not the form of a secret of this server: it has ${toLength(secret)}`
}

/** Says where a redirect URI differs from those of its client. */
export function whyWrongRedirectUri(
  sent: unknown,
  registered: readonly string[] = [],
): string | null {
  if (typeof sent !== 'string') return null
  if (registered.length === 0) return 'the client is registered without a redirect_uri'
  const places = registered.map((uri) => firstDifference(withPortOf(uri, sent), sent))
  const nearest =
    places.length === 1 ? 'the registered one' : `the nearest of ${places.length} registered ones`
  return `redirect_uri differs from ${nearest} at character ${Math.max(...places)}`
}

const loopback = /^(http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost))(:\d*)?(?=[/?#]|$)/

/** Native applications listen on any port of a loopback address (RFC 8252, Section 7.3). */
function withPortOf(registered: string, sent: string): string {
  const [, start] = loopback.exec(registered) ?? []
  const [, sentStart, port = ''] = loopback.exec(sent) ?? []
  return start === undefined || sentStart === undefined
    ? registered
    : registered.replace(loopback, start + port)
}
