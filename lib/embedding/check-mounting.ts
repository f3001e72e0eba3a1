import { randomUUID } from 'node:crypto'
import { ConfigurationError, type ConfigurationIssue } from '../errors.ts'
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
  let issues: readonly (ConfigurationIssue | undefined)[]
  try {
    issues = [
      await checkMetadata(issuer, ask),
      await checkTokenEndpoint(issuer, ask),
      await checkPage(issuer, ask),
    ]
  } catch (error) {
    issues = [toIssue('unreachable', `cannot be reached: ${reasonOf(error)}`)]
  }
  const found = issues.filter((issue) => issue !== undefined)
  if (found.length > 0) throw new ConfigurationError(found)
}

async function checkMetadata(issuer: string, ask: Ask): Promise<ConfigurationIssue | undefined> {
  const { origin, pathname } = new URL(issuer)
  const path = `${oauthMetadataPath}${pathname === '/' ? '' : pathname}`
  const response = await ask(origin + path)
  const { issuer: said } = await membersOf(response)
  if (said === issuer) return undefined
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
  if (response.status !== 400) {
    const message = `${routes.authorization} is answered by something before it, with ${response.status}`
    return toIssue('guarded', message)
  }
  const { headers } = response
  const policy = headers.get('content-security-policy') ?? ''
  const isOurs =
    policy.includes("default-src 'none'") && headers.get('cache-control') === 'no-store'
  if (isOurs) return undefined
  const message = `${routes.authorization} is answered with other security headers than it gave: something before it sets its own, and forms go dead by them`
  return toIssue('answer_changed', message)
}

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
