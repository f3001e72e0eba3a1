import { randomUUID } from 'node:crypto'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
import { toPageHeaders } from './security-headers.ts'
import { oauthMetadataPath, routes } from '../paths.ts'
import { swallowedText } from './swallowed-host.ts'

/** How `checkMounting` asks. */
export interface MountingCheckOptions {
  /** @defaultValue the global `fetch` */
  readonly fetch?: typeof fetch
  /** Milliseconds for each answer. @defaultValue 5000 */
  readonly timeout?: number
}

type Ask = (url: string, init?: RequestInit) => Promise<Response>

/**
 * Asks the authorization server at its own URL, as clients and browsers do, and finds mistakes of what is between.
 *
 * @throws {@link ConfigurationError}
 */
export async function checkMounting(
  issuer: string,
  { fetch: send = fetch, timeout = 5000 }: MountingCheckOptions,
): Promise<void> {
  let asked = issuer
  const ask: Ask = (url, init) => {
    asked = url
    return send(url, { ...init, redirect: 'manual', signal: AbortSignal.timeout(timeout) })
  }
  const found: ConfigurationIssue[] = []
  try {
    for (const check of [checkMetadata, checkTokenEndpoint, checkPage, checkHost]) {
      // One after the other: if the first is not reached, the next would not be, either.
      const issue = await check(issuer, ask)
      if (issue !== undefined) found.push(issue)
    }
  } catch (error) {
    found.push(toIssue('unreachable', `${asked} cannot be reached: ${reasonOf(error)}`))
  }
  if (found.length === 0) return
  const what = `the authorization server is not reached at ${issuer} as it must be`
  throw new ConfigurationError(found, undefined, what)
}

async function checkMetadata(issuer: string, ask: Ask): Promise<ConfigurationIssue | undefined> {
  const { origin, pathname } = new URL(issuer)
  const path = `${oauthMetadataPath}${pathname === '/' ? '' : pathname}`
  const response = await ask(origin + path)
  const { status } = response
  const members = await membersOf(response)
  const { issuer: said } = members
  if (said === issuer) return undefined
  if (status >= 500) return toUnavailable(path, response)
  if (typeof said === 'string') {
    const message = `${path} is the metadata of another issuer: another server answers there`
    return toIssue('other_issuer', message)
  }
  if (isInside(members, 'issuer', issuer)) return toChanged(path, 'another body than it gave')
  if ((status >= 300 && status < 400) || status === 401 || status === 403) {
    return toGuarded(path, response)
  }
  const message = `${path} is answered with ${status} and no metadata: mount the application there, too`
  return toIssue('metadata_missing', message)
}

/** Asks as an unknown client. This server can only say so if the body arrives, and if its answer is left as it is. */
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
  const members = await membersOf(response)
  const { error } = members
  if (error === 'invalid_client' && status === 401) return undefined
  // If the client was unknown, somebody else made this status or this body of our answer.
  const isUnknown = error === 'invalid_client' || isInside(members, 'error', 'invalid_client')
  if (status >= 500 && !isUnknown) return toUnavailable(routes.token, response)
  if (error === 'invalid_request') {
    const message = `${routes.token} receives no form: something before it reads bodies and keeps them`
    return toIssue('body_consumed', message)
  }
  if (isUnknown || isMarked(response)) {
    const what = status === 401 ? 'another body than it gave' : `${status} where it gave 401`
    return toChanged(routes.token, what)
  }
  return status === 404 ? toWrongPrefix(routes.token) : toGuarded(routes.token, response)
}

/** Whether the headers are ours, as if only the body or the status of our answer was changed. */
const isMarked = ({ headers }: Response): boolean =>
  headers.get('cache-control') === 'no-store' &&
  headers.get('access-control-expose-headers')?.startsWith('WWW-Authenticate') === true

/** Asks for a page, which is that of an error: the request has no parameters. */
async function checkPage(issuer: string, ask: Ask): Promise<ConfigurationIssue | undefined> {
  const response = await ask(issuer + routes.authorization, { headers: { accept: 'text/html' } })
  const { headers, status } = response
  if (status >= 500) return toUnavailable(routes.authorization, response)
  if (status === 404) return toWrongPrefix(routes.authorization)
  if (status !== 400) return toGuarded(routes.authorization, response)
  const changed = Object.entries(toPageHeaders(routes.authorization))
    .filter(([name, value]) => withoutRepetition(headers.get(name) ?? '') !== value)
    .map(([name]) => name.toLowerCase())
  if (changed.length === 0) return undefined
  const what = `another ${changed.join(', ')} than it gave`
  return toChanged(routes.authorization, what, 'sets its own, which can break forms and popups')
}

/** Asks for a page that only the host could have, and finds out whether the host was asked. */
async function checkHost(issuer: string, ask: Ask): Promise<ConfigurationIssue | undefined> {
  const response = await ask(`${new URL(issuer).origin}/${randomUUID()}`)
  const text = await response.text()
  // Express answers 404 with a page, so a bare one that it marked is not its own.
  const isBare = text === 'Not Found' && response.headers.get('x-powered-by') === 'Express'
  if (response.status !== 404 || !(isBare || text === swallowedText)) return undefined
  const message =
    'other paths of the host are answered by the authorization server, with 404: mount it at its own paths only'
  return toIssue('host_swallowed', message)
}

/** A header value without repeated parts. All parts are in force, but a repeated part changes nothing. */
const withoutRepetition = (value: string): string =>
  [...new Set(value.split(',').map((one) => one.trim()))].join(', ')

const toIssue = (code: string, message: string): ConfigurationIssue => ({
  path: 'issuer',
  code,
  message,
})

const toUnavailable = (path: string, { status }: Response): ConfigurationIssue =>
  toIssue(
    'unavailable',
    `${path} is answered with ${status}: the server cannot answer, or is not there; server_error and server.check() say more`,
  )

const toGuarded = (path: string, { status }: Response): ConfigurationIssue =>
  toIssue(
    'guarded',
    `${path} is answered by something before it, with ${status}: a sign-in, a check of forms or another route of the host`,
  )

const toChanged = (path: string, what: string, how = 'changes answers'): ConfigurationIssue =>
  toIssue('answer_changed', `${path} is answered with ${what}: something before it ${how}`)

const toWrongPrefix = (path: string): ConfigurationIssue =>
  toIssue(
    'wrong_prefix',
    `${path} is answered with 404, by something else: mount the application at the root or at the path of the issuer, and have proxies pass paths unchanged`,
  )

type Members = Readonly<Record<string, unknown>>

/** Whether our answer is inside of an object that a host puts around all JSON. */
const isInside = (members: Members, name: string, value: string): boolean =>
  Object.values(members).some((one) => (Object(one) as Members)[name] === value)

async function membersOf(response: Response): Promise<Members> {
  const body: unknown = await response.json().catch(() => undefined)
  return Object(body) as Members
}

function reasonOf(error: unknown): string {
  const { cause, message } = error as Error
  if (!(cause instanceof Error)) return message
  // In the message of an error of OpenSSL are its number and a file.
  const { code, reason } = cause as NodeJS.ErrnoException & { readonly reason?: string }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER') return 'no TLS is spoken there'
  return reason ?? (cause.message || String(code))
}
