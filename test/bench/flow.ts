import { createHash, randomBytes } from 'node:crypto'
import { createBrowser } from './browser.ts'
import { client, createAnswers, paths, redirectUri } from './fixture.ts'
import { unexpected, type Answer, type Connection } from './http-client.ts'

export interface Tokens {
  readonly accessToken: string
  readonly refreshToken: string
}

/** The path of an authorization request, with the verifier of its code challenge. */
export function createAuthorizationRequest(): { path: string; verifier: string } {
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
  return { path: `${paths.authorization}?${params.toString()}`, verifier }
}

/** A person with a new browser signs in and agrees, and the client redeems the code. */
export async function runFlow(
  connection: Connection,
  answers: Readonly<Record<string, string>> = createAnswers(),
): Promise<Tokens> {
  const { path, verifier } = createAuthorizationRequest()
  const browser = createBrowser(connection)
  let page = await browser.go(path)
  while (page.location === undefined) page = await browser.submit(page, answers)
  const { searchParams } = new URL(page.location)
  const code = searchParams.get('code')
  if (!code || searchParams.get('state') !== 'some-state') throw unexpected(page.url, page)
  return requestTokens(connection, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
  })
}

/** A token request. The answer must have an access token and a refresh token. */
export async function requestTokens(
  connection: Connection,
  form: Readonly<Record<string, string>>,
): Promise<Tokens> {
  const answer = await sendAsClient(connection, paths.token, form)
  if (answer.status !== 200) throw unexpected(paths.token, answer)
  const body = JSON.parse(answer.text) as Record<string, unknown>
  const { access_token: accessToken, refresh_token: refreshToken } = body
  if (typeof accessToken === 'string' && typeof refreshToken === 'string') {
    return { accessToken, refreshToken }
  }
  throw new Error(`unexpected token response with ${Object.keys(body).join(', ')}`)
}

const credentials = Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')
const headers = { authorization: `Basic ${credentials}` }

/** A form post of the client, authenticated with `client_secret_basic`. */
export const sendAsClient = (
  connection: Connection,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<Answer> => connection.send(path, headers, form)
