import { randomUUID } from 'node:crypto'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { headersOfPages } from '../http/security-headers.ts'
import { oauthMetadataPath, routes } from '../provider/routes.ts'

/** How {@link checkMounting} asks. */
export interface MountingCheckOptions {
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch
  /** Milliseconds for each answer. @defaultValue 5000 */
  readonly timeout?: number
}

type Ask = (url: string, init?: RequestInit) => Promise<Response>

/**
 * Asks the authorization server at its own URL, as clients and browsers do, and finds what stands between.
 *
 * @throws {@link ConfigurationError}
 */
export async function checkMounting(
  issuer: string,
  { fetch: send = fetch, timeout = 5000 }: MountingCheckOptions,
): Promise<void> {
  const ask: Ask = (url, init) =>
    send(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeout) })
  const found: ConfigurationIssue[] = []
  try {
    for (const check of [checkMetadata, checkTokenEndpoint, checkPage]) {
      // One after the other: where the first is not reached, the next would not be, either.
      const issue = await check(issuer, ask)
      if (issue !== undefined) found.push(issue)
    }
  } catch (error) {
    found.push(toIssue('unreachable', `cannot be reached: ${reasonOf(error)}`))
  }
  if (found.length > 0) throw new ConfigurationError(found)
}

async function checkMetadata(issuer: string, ask: Ask): Promise<ConfigurationIssue | undefined> {
  const { origin, pathname } = new URL(issuer)
  const path = `${oauthMetadataPath}${pathname === '/' ? '' : pathname}`
  const response = await ask(origin + path)
  const { issuer: said } = await membersOf(response)
  if (said === issuer) return undefined
  if (response.status >= 500) return toUnavailable(path, response)
  if (typeof said === 'string') {
    const message = `${path} is the metadata of another issuer: another server answers there`
    return toIssue('other_issuer', message)
  }
  const message = `${path} is answered with ${response.status} and no metadata: mount the application there, too`
  return toIssue('metadata_missing', message)
}

/** A client that there is not: to know this, the body must arrive, and the answer must be left as it is. */
async function checkTokenEndpoint(
  issuer: string,
  ask: Ask,
): Promise<ConfigurationIssue | undefined> {
  const body = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: 'none',
    client_id: randomUUID(),
    client_secret: 'none',
  })
  const response = await ask(issuer + routes.token, { method: 'POST', body })
  const { status } = response
  const { error } = await membersOf(response)
  if (error === 'invalid_client' && status === 401) return undefined
  // Where it was the client that was not known, somebody else made this status of it.
  if (status >= 500 && error !== 'invalid_client') return toUnavailable(routes.token, response)
  if (error === undefined && status === 404) return toWrongPrefix(routes.token)
  if (error === 'invalid_request') {
    const message = `${routes.token} receives no form: something before it reads bodies and keeps them`
    return toIssue('body_consumed', message)
  }
  if (error !== undefined && status !== 403) {
    const message = `${routes.token} is answered with ${status} where it answered with 401: something before it changes answers`
    return toIssue('answer_changed', message)
  }
  const message = `${routes.token} is answered by something before it, with ${status}: a sign-in, a check of forms or another route of the host`
  return toIssue('guarded', message)
}

/** A page: of an error, as the request asks for nothing. */
async function checkPage(issuer: string, ask: Ask): Promise<ConfigurationIssue | undefined> {
  const response = await ask(issuer + routes.authorization, { headers: { accept: 'text/html' } })
  const { headers, status } = response
  if (status >= 500) return toUnavailable(routes.authorization, response)
  if (status === 404) return toWrongPrefix(routes.authorization)
  if (status !== 400) {
    const message = `${routes.authorization} is answered by something before it, with ${status}`
    return toIssue('guarded', message)
  }
  const changed = Object.entries(headersOfPages)
    .filter(([name, value]) => withoutRepetition(headers.get(name) ?? '') !== value)
    .map(([name]) => name.toLowerCase())
  if (changed.length === 0) return undefined
  const message = `${routes.authorization} is answered with another ${changed.join(', ')} than it gave: something before it sets its own, and forms go dead by them`
  return toIssue('answer_changed', message)
}

/** Values that came more than once are all in force; said twice, the same is the same. */
const withoutRepetition = (value: string): string =>
  [...new Set(value.split(',').map((one) => one.trim()))].join(', ')

const toUnavailable = (path: string, { status }: Response): ConfigurationIssue =>
  toIssue(
    'unavailable',
    `${path} is answered with ${status}: the server cannot answer, or is not there; server_error and server.check() say more`,
  )

const toWrongPrefix = (path: string): ConfigurationIssue =>
  toIssue(
    'wrong_prefix',
    `${path} is answered with 404, by something else: mount the application at the root or at the path of the issuer, and have proxies pass paths unchanged`,
  )

const toIssue = (code: string, message: string): ConfigurationIssue => ({
  path: 'issuer',
  code,
  message,
})

async function membersOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const body: unknown = await response.json().catch(() => undefined)
  return Object(body) as Record<string, unknown>
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  return cause instanceof Error ? cause.message || String(Object(cause)['code']) : message
}
