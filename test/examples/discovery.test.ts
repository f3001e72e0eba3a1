import * as oauth from 'oauth4webapi'
import { expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { runExample, startExample } from '../support/example.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'
import { freePorts } from '../support/free-ports.ts'

// A client that knows nothing but the URL of the API, as a client of the Model Context Protocol: it discovers everything else.

const insecure = { [oauth.allowInsecureRequests]: true }
const subject = 'urn:pleo:company:5d0f8a52-6d55-4a3c-9c7e-0b6a7f1f2c11'
const redirectUri = 'http://localhost:33418/callback'

test('a client with the URL of the API alone finds what to ask for, registers and calls the API', async () => {
  const [port] = await freePorts()
  const api = new URL(`http://localhost:${port}`)
  const example = await startExample({
    API_PORT: String(port),
    API_AUDIENCE: api.origin,
    OPEN_REGISTRATION: 'true',
  })
  try {
    const refused = await fetch(`${api.origin}/v1/companies`)
    const challenge = refused.headers.get('www-authenticate') ?? ''
    expect(challenge).toMatch(/^Bearer /)
    const [, scope = ''] = /scope="([^"]+)"/.exec(challenge) ?? []

    const found = await oauth.resourceDiscoveryRequest(api, insecure)
    const resource = await oauth.processResourceDiscoveryResponse(api, found)
    expect(resource.scopes_supported?.join(' ')).toBe(scope)

    const issuer = new URL(resource.authorization_servers?.[0] ?? '')
    const discovery = { algorithm: 'oauth2', ...insecure } as const
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, discovery),
    )
    const client = await register(as, { scope })
    expect(client).toMatchObject({ scope })
    const asked = await tokensOf(as, client, { scope, resource: resource.resource })
    expect(asked.scope).toBe(scope)
    const answer = await fetch(`${api.origin}/v2/employees`, {
      headers: { authorization: `Bearer ${asked.access_token}` },
    })
    expect(answer.status).toBe(200)

    // The second machine of the same application, which has never heard of scopes.
    const second = await register(as, {})
    const unasked = await tokensOf(as, second, { scope: undefined, resource: resource.resource })
    expect(unasked.scope).toBe(scope)
  } finally {
    await example.close()
  }
})

async function register(as: oauth.AuthorizationServer, members: object): Promise<oauth.Client> {
  const metadata = {
    client_name: 'Desk Assistant',
    redirect_uris: [redirectUri],
    grant_types: ['authorization_code', 'refresh_token', 'urn:example:grant'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
    ...members,
  }
  const answer = await oauth.dynamicClientRegistrationRequest(as, metadata, insecure)
  return oauth.processDynamicClientRegistrationResponse(answer)
}

async function tokensOf(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  params: Record<string, string | undefined>,
): Promise<oauth.TokenEndpointResponse> {
  const { verifier, challenge: code_challenge } = createPkce()
  const known = { ...client, redirect_uris: [redirectUri] } as never
  const browser = createBrowser()
  const signIn = await browser.go(authorizationUrl(as.issuer, known, { ...params, code_challenge }))
  const credentials = { username: 'sofia@brightbakery.example', password: 'pleo-demo' }
  const page = await browser.submit(signIn, credentials)
  expect(page.text).toContain('See employees')
  const { location = null } = await browser.submit(page, { subject, decision: 'allow' })
  const answer = oauth.validateAuthResponse(as, client, location ?? new URL(''), 'some-state')
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    oauth.None(),
    answer,
    redirectUri,
    verifier,
    insecure,
  )
  return oauth.processAuthorizationCodeResponse(as, client, response)
}

test('nobody registers a client unless OPEN_REGISTRATION says so', async () => {
  const example = await startExample()
  const url = `${example.issuer}/oauth/register`
  const { status } = await fetch(url, { method: 'POST', body: '{}' })
  const metadata = await fetch(`${example.issuer}/.well-known/oauth-authorization-server`)
  await example.close()
  expect(status).toBe(404)
  expect(await metadata.json()).not.toHaveProperty('registration_endpoint')
})

test('OPEN_REGISTRATION that is neither on nor off is named', async () => {
  const { code, stderr } = await runExample({ OPEN_REGISTRATION: 'everybody' })
  expect([code, stderr]).toEqual([1, 'OPEN_REGISTRATION must be true or false (or 1 or 0)\n'])
})
