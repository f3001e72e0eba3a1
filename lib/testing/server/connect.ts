import { createHash, randomBytes } from 'node:crypto'
import { toAuthorizationUrl, type Caller, type Endpoint, requestTokens } from './client-requests.ts'
import { createConnection, type TestConnection } from './connection.ts'
import { FlowError } from './flow-error.ts'
import { toConnecting, type ConnectOptions } from './given.ts'
import { decide } from './test-person.ts'
import { createProofKeys } from './client-proof.ts'
import { isRedirectUri, toRedirectWords } from './redirects.ts'

/**
 * A whole authorization code flow as a client goes through it, with everything that it checks.
 *
 * @throws FlowError if there are no tokens at the end; TypeError if a member is missing or wrong
 */
export async function connect(
  endpoint: Endpoint,
  options: ConnectOptions | undefined,
): Promise<TestConnection> {
  const { client, account, scope = client.scope ?? '', ...choice } = toConnecting(options)
  const { issuer } = endpoint
  const [redirectUri] = client.redirect_uris
  const [state, verifier] = [randomBytes(16), randomBytes(32)].map((bytes) =>
    bytes.toString('base64url'),
  ) as [string, string]
  const dpop = client.dpop_bound_access_tokens === true ? await createProofKeys() : undefined
  const caller: Caller = { endpoint, client, dpop }
  const url = await toAuthorizationUrl(caller, {
    response_type: 'code',
    redirect_uri: redirectUri,
    scope,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const person = { ...choice, ...(account !== undefined && { account }) }
  const { location, subject } = await decide(endpoint, url, person, redirectUri)
  const code = checkedCode(location, { issuer, redirectUri, state })
  const tokens = await requestTokens(caller, {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
  })
  return createConnection({ ...caller, account, subject: subject ?? '', tokens })
}

/** The code in a redirect that is the answer to this request (RFC 6749, Section 4.1.2; RFC 9207). */
function checkedCode(
  location: URL,
  expected: { readonly issuer: string; readonly redirectUri: string; readonly state: string },
): string {
  const { searchParams } = location
  const error = searchParams.get('error')
  const code = searchParams.get('code')
  if (error !== null || code === null) {
    const message = `there is no code: what comes is ${toRedirectWords(location)}`
    throw new FlowError(message, error ?? undefined)
  }
  const isRight =
    isRedirectUri(location, expected.redirectUri) &&
    searchParams.get('state') === expected.state &&
    searchParams.get('iss') === expected.issuer
  if (isRight) return code
  throw new FlowError(`the redirect does not answer the request: ${toRedirectWords(location)}`)
}
