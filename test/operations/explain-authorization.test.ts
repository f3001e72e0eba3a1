import { describe, expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { recordOf, sendRefused, type Explained } from '../support/refusals.ts'
import { basic, requestUrl, toErrorPage } from '../support/requests.ts'
import { selfRegister } from '../support/self-registered.ts'
import { confidential, organizationClient, useServer } from '../support/server.ts'

const server = useServer({ registration: {} })

const ask = (
  params: Record<string, string | undefined>,
  client = confidential,
): Promise<Explained> =>
  sendRefused(server, requestUrl(server.issuer, params, client), {
    headers: { accept: 'text/html' },
  })

const notRegistered = "redirect_uri did not match any of the client's registered redirect_uris"

test.each<[name: string, uri: string, character: number]>([
  ['another end', 'https://ledger.example.test/callback/', 37],
  ['another case', 'https://ledger.example.test/Callback', 29],
  ['another scheme', 'http://ledger.example.test/callback', 5],
  ['another host', 'https://elsewhere.example.test/callback', 9],
])(
  'a redirect_uri with %s is compared with the nearest registered one',
  async (_, redirect_uri, character) => {
    const { reason, record, answer } = await ask({ redirect_uri })
    expect(reason).toBe(
      `redirect_uri differs from the nearest of 2 registered ones at character ${character}`,
    )
    expect(toErrorPage(answer).message).toBe(notRegistered)
    expect(answer.text).toContain(`Request: ${record.requestId}`)
    expect(record).toMatchObject({
      method: 'GET',
      path: '/oauth/authorize',
      status: 400,
      error: 'invalid_redirect_uri',
      description: notRegistered,
      clientId: 'ledger',
    })
  },
)

test('a redirect_uri is compared with the only registered one', async () => {
  const redirect_uri = 'https://group.example.test/callb'
  const { reason } = await ask({ redirect_uri }, organizationClient)
  expect(reason).toBe('redirect_uri differs from the registered one at character 33')
})

test.each<
  [name: string, params: Record<string, string | undefined>, reason: string, error: string]
>([
  [
    'a scope that is not registered',
    { scope: 'companies:read vendors:read' },
    'scope vendors:read is not registered for the client ledger',
    'invalid_scope',
  ],
  [
    'a scope that does not exist',
    { scope: 'company:read' },
    'scope company:read does not exist (did you mean "companies:read"?)'.replaceAll('"', "'"),
    'invalid_scope',
  ],
  [
    'another response_type',
    { response_type: 'token' },
    'response_type must be code',
    'unsupported_response_type',
  ],
  [
    'no code_challenge',
    { code_challenge: undefined, code_challenge_method: undefined },
    'code_challenge is missing, and the client ledger must use PKCE',
    'invalid_request',
  ],
  [
    'a short code_challenge',
    { code_challenge: 'c'.repeat(20) },
    'code_challenge has 20 characters, it must have 43 to 128',
    'invalid_request',
  ],
  [
    'the method plain',
    { code_challenge_method: 'plain' },
    'code_challenge_method is plain, it must be S256',
    'invalid_request',
  ],
  [
    'a subject of another kind',
    {
      'urn:pleo:params:oauth:subject': 'urn:pleo:organization:00000000-0000-4000-8000-000000000010',
    },
    'urn:pleo:params:oauth:subject must be a company for this client',
    'invalid_request',
  ],
  [
    'another API',
    { resource: 'https://other.example.test' },
    'resource must be https://api.example.test',
    'invalid_target',
  ],
  ['nobody signed in', { prompt: 'none' }, 'End-User authentication is required', 'login_required'],
])('a redirect to the client with an error: %s', async (_, params, reason, error) => {
  const { reason: said, answer, record } = await ask(params)
  const sent = new URL(String(answer.headers.location)).searchParams
  expect([said, record.status, record.error]).toEqual([reason, 303, error])
  expect([sent.get('error'), sent.get('error_description')]).toEqual([error, record.description])
})

test('an unknown client, whose id is not repeated, and a suspended one', async () => {
  const client = { ...confidential, client_id: 'someone-elses-secret' }
  const { reason, record } = await ask({}, client)
  expect(reason).toBe('no client is registered with this client_id, which has 20 characters')
  expect(JSON.stringify(record)).not.toContain(client.client_id)
  expect(record.clientId).toBeNull()
})

test('a person who says no', async () => {
  const { page, browser } = await goToConsent(server.issuer)
  const answer = await browser.submit(page, { decision: 'decline' })
  expect(answer.location?.searchParams.get('error')).toBe('access_denied')
  const record = await recordOf(server, String(answer.headers.get('x-request-id')))
  expect(record).toMatchObject({
    status: 303,
    error: 'access_denied',
    reason: 'the person declined',
  })
})

test('a page of another browser, of an old request, and of a form without its token', async () => {
  const browser = createBrowser()
  const url = requestUrl(server.issuer)
  const page = await browser.go(url)
  const [, action = ''] = /action="([^"]*interaction[^"]*)"/.exec(page.text) ?? []
  const elsewhere = await sendRefused(server, action, { headers: { accept: 'text/html' } })
  expect(elsewhere.reason).toMatch(/^the browser did not send the cookie of this request: /)
  expect(elsewhere.record.path).toBe('/oauth/interaction/...')
  const old = await sendRefused(server, `${server.issuer}/oauth/interaction/unknown`)
  expect(old.reason).toMatch(/^the request was answered before, or its time is over: /)
  const forged = await browser.submit(page, { username: 'a', password: 'b', csrf: 'forged' })
  const record = await recordOf(server, String(forged.headers.get('x-request-id')))
  expect(record.reason).toBe('the form token is missing or wrong')
})

describe('a pushed request', () => {
  const push = (params: Record<string, string>): Promise<Explained> => {
    const body = new URL(requestUrl(server.issuer, params)).searchParams
    return sendRefused(server, `${server.issuer}/oauth/par`, { body, headers: basic(confidential) })
  }

  test('with a wrong redirect_uri', async () => {
    const { reason, told, record } = await push({ redirect_uri: 'https://ledger.example.test/cb' })
    expect(reason).toBe(
      'redirect_uri differs from the nearest of 2 registered ones at character 30',
    )
    expect([told, record.path]).toEqual([notRegistered, '/oauth/par'])
  })

  test('that does not wait any more', async () => {
    const request_uri = `urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}`
    const query = new URLSearchParams({ client_id: 'ledger', request_uri })
    const { reason } = await sendRefused(server, `${server.issuer}/oauth/authorize?${query}`)
    expect(reason).toMatch(/^no pushed request has this request_uri: /)
  })
})

describe('a registration', () => {
  const url = (): string => `${server.issuer}/oauth/register`

  test('with wrong members, all of which are named', async () => {
    const { token } = await server.clients.createInitialAccessToken()
    const body = JSON.stringify({ redirect_uris: ['ftp://x.example.test'], scope: 'unknown' })
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const { reason, told } = await sendRefused(server, url(), { method: 'POST', body, headers })
    expect(reason).toBe(String(told))
    expect(reason).toMatch(/redirect_uris.*scope/)
  })

  test('with an unknown token, and without one', async () => {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', body: '{}' }
    const unknown = await sendRefused(server, url(), {
      ...init,
      headers: { ...headers, authorization: `Bearer pleo_iat_unknown` },
    })
    expect(unknown.reason).toMatch(/^the initial access token is unknown: /)
    const without = await sendRefused(server, url(), { ...init, headers })
    expect(without.reason).toBe('the request has no bearer token')
    expect([unknown.told, without.told]).toEqual([
      'invalid token provided',
      'invalid token provided',
    ])
  })

  test('that is managed with another token, or is gone', async () => {
    const client = await selfRegister(server)
    const headers = { authorization: 'Bearer pleo_rat_other' }
    const other = await sendRefused(server, client.registration_client_uri, { headers })
    expect(other.reason).toBe('the registration access token is not that of the client of this URL')
    expect(other.record.path).toBe('/oauth/register/...')
    const gone = await sendRefused(server, `${url()}/unknown`, { headers })
    expect(gone.reason).toBe('no client is registered at this URL')
  })
})
