import { createHash, randomBytes } from 'node:crypto'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser, type Browser, type Page } from './browser.ts'
import { bakery, password } from './people.ts'
import { noteSecret } from './searched-logs.ts'
import { confidential } from './server.ts'

/** The tests' own hand-sent requests, in the plain shapes that partners use. */
export type Json = Record<string, unknown>

export interface Answer {
  readonly status: number
  readonly body: Json
  readonly headers: Headers
}

export interface Tokens {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly scope: string
  readonly token_type: string
}

export function createPkce(): { verifier: string; challenge: string } {
  const verifier = randomBytes(32).toString('base64url')
  noteSecret(verifier)
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The URL of an authorization request; a parameter given as undefined is left out. */
export function authorizationUrl(
  issuer: string,
  client: ClientMetadata,
  params: Record<string, string | undefined> = {},
): string {
  const url = new URL(`${issuer}/oauth/authorize`)
  const all = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: client.redirect_uris?.[0],
    scope: 'companies:read',
    state: 'some-state',
    code_challenge_method: 'S256',
    ...params,
  }
  for (const [name, value] of Object.entries(all)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return url.href
}

export interface Consented {
  readonly code: string
  readonly verifier: string
  readonly redirect: URL
}

interface ConsentOptions {
  readonly client?: ClientMetadata
  readonly as?: string
  readonly subject?: string
  readonly params?: Record<string, string | undefined>
  readonly browser?: Browser
}

/** Signs in where that is asked for, and stops on the consent page. */
export async function goToConsent(
  issuer: string,
  {
    client = confidential,
    as = 'sofia',
    params = {},
    browser = createBrowser(),
  }: ConsentOptions = {},
): Promise<{ page: Page; browser: Browser; verifier: string }> {
  const { verifier, challenge } = createPkce()
  const url = authorizationUrl(issuer, client, { code_challenge: challenge, ...params })
  let page = await browser.go(url)
  if (page.text.includes('name="password"')) {
    page = await browser.submit(page, { username: `${as}@example.test`, password })
  }
  return { page, browser, verifier }
}

/** The whole way of a person: sign-in, choice, agreement. */
export async function consent(issuer: string, options: ConsentOptions = {}): Promise<Consented> {
  const { page, browser, verifier } = await goToConsent(issuer, options)
  const answer = await browser.submit(page, {
    subject: options.subject ?? bakery,
    decision: 'allow',
  })
  const code = answer.location?.searchParams.get('code')
  if (!code || !answer.location)
    throw new Error(`no code: ${answer.status} ${answer.text.slice(0, 500)}`)
  return { code, verifier, redirect: answer.location }
}

/** A form post with the client's credentials in the body, as published samples do it. */
export async function post(
  url: string,
  fields: Record<string, string | undefined>,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined) body.append(name, value)
  const response = await fetch(url, { method: 'POST', body, headers })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    body: isJson ? (JSON.parse(text) as Json) : { text },
    headers: response.headers,
  }
}

const credentials = ({
  client_id,
  client_secret,
}: ClientMetadata): Record<string, string | undefined> => ({
  client_id,
  client_secret,
})

export const redeem = (
  issuer: string,
  { code, verifier }: Consented,
  client: ClientMetadata = confidential,
  fields: Record<string, string | undefined> = {},
): Promise<Answer> =>
  post(`${issuer}/oauth/token`, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: client.redirect_uris?.[0],
    ...credentials(client),
    ...fields,
  })

export const refresh = (
  issuer: string,
  refreshToken: string,
  client: ClientMetadata = confidential,
  fields: Record<string, string> = {},
): Promise<Answer> =>
  post(`${issuer}/oauth/token`, {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...credentials(client),
    ...fields,
  })

export const introspect = async (
  issuer: string,
  token: string,
  client: ClientMetadata = confidential,
): Promise<Json> =>
  (await post(`${issuer}/oauth/token/introspect`, { token, ...credentials(client) })).body

export const revoke = (
  issuer: string,
  token: string,
  client: ClientMetadata = confidential,
): Promise<Answer> => post(`${issuer}/oauth/token/revoke`, { token, ...credentials(client) })

/** From nothing to tokens. */
export async function connect(issuer: string, options: ConsentOptions = {}): Promise<Tokens> {
  const { status, body } = await redeem(issuer, await consent(issuer, options), options.client)
  if (status !== 200) throw new Error(`no tokens: ${status} ${JSON.stringify(body)}`)
  return body as unknown as Tokens
}
