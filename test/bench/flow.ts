import { createHash, randomBytes } from 'node:crypto'
import { createBrowser, submit } from './browser.ts'
import { client, paths, redirectUri } from './fixture.ts'
import { sendAsClient, unexpected } from './http-client.ts'
import type { ServerProcess } from './server-process.ts'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

/** The URL of an authorization request, with the verifier of its code challenge. */
export function createAuthorizationRequest(origin: string): { url: string; verifier: string } {
  const verifier = randomBytes(32).toString('base64url')
  const params = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: redirectUri,
    scope: client.scope,
    state: 'some-state',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  return { url: `${origin}${paths.authorization}?${params.toString()}`, verifier }
}

/** A new person in a new browser: signs in, agrees, and the client redeems the code. Eight requests. */
export async function runFlow({ origin, fields }: ServerProcess): Promise<Tokens> {
  const { url, verifier } = createAuthorizationRequest(origin)
  const browser = createBrowser()
  const login = await browser.go(url)
  const consent = await submit(browser, login, fields.login)
  const end = await submit(browser, consent, fields.consent)
  const code = URL.parse(end.location ?? '')?.searchParams.get('code')
  if (!code) throw unexpected(end.url, end)
  return toTokens(
    await sendAsClient(`${origin}${paths.token}`, {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: redirectUri,
    }),
  )
}

/** The tokens of a token response, which must have both. */
export function toTokens(body: Readonly<Record<string, unknown>>): Tokens {
  const { access_token: accessToken, refresh_token: refreshToken } = body
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') {
    throw new Error(`no tokens: ${Object.keys(body).join(', ')}`)
  }
  return { accessToken, refreshToken }
}
