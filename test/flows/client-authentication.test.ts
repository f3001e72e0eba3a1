import { describe, expect, test } from 'vitest'
import { consent, createPkce, post, type Answer } from '../support/flow.ts'
import { basic } from '../support/requests.ts'
import { confidential, publicClient, useServer } from '../support/server.ts'

// How clients authenticate, and how they send it wrong, at each endpoint that they call themselves.

/** A public client whose id has to be encoded in the header. */
const desktop = {
  client_id: 'urn:example:desktop app',
  redirect_uris: ['https://desktop.example.test/callback'],
  scope: 'companies:read',
  token_endpoint_auth_method: 'none' as const,
}

const server = useServer({ clients: [confidential, publicClient, desktop] })

type Fields = Record<string, string | undefined>

const requests: readonly (readonly [string, Fields, number])[] = [
  ['/oauth/token', { grant_type: 'refresh_token', refresh_token: 'x' }, 400],
  ['/oauth/token/introspect', { token: 'x' }, 200],
  ['/oauth/token/revoke', { token: 'x' }, 200],
  [
    '/oauth/par',
    {
      response_type: 'code',
      redirect_uri: publicClient.redirect_uris?.[0],
      scope: 'companies:read',
      code_challenge: createPkce().challenge,
      code_challenge_method: 'S256',
    },
    201,
  ],
]

const raw = (credentials: string) => ({
  authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
})
const unknown = { client_id: 'nobody-knows', client_secret: 'x' }
const browser = { origin: 'https://mobile.example.test' }

describe.each(requests)('%s', (path, fields, authenticated) => {
  const ask = (more: Fields, headers: Record<string, string> = {}): Promise<Answer> =>
    post(server.issuer + path, { ...fields, ...more }, headers)

  const expectInvalidClient = ({ status, body, headers }: Answer, description: unknown) => {
    expect([status, body]).toEqual([
      401,
      { error: 'invalid_client', error_description: description },
    ])
    expect(headers.get('www-authenticate')).toBe(
      `Basic realm="${server.issuer}", error="invalid_client", error_description="${String(body['error_description'])}"`,
    )
  }

  const failed = 'client authentication failed'
  const nothing = 'no client authentication mechanism provided'

  test.each<[string, Fields, Record<string, string>, string]>([
    ['is missing', {}, {}, nothing],
    ['is a secret without a client id', { client_secret: 'x' }, {}, nothing],
    ['is the id of a confidential client', { client_id: 'ledger' }, {}, failed],
    ['is a wrong secret in the body', { client_id: 'ledger', client_secret: 'x' }, {}, failed],
    ['is of an unknown client', unknown, {}, failed],
    ['is a wrong secret in the header', {}, basic(confidential, 'wrong'), failed],
    ['is of an unknown client in the header', {}, basic(unknown), failed],
    [
      'is a header that is no Base64',
      {},
      { authorization: 'Basic !' },
      'invalid authorization header value format',
    ],
    ['is a header without a colon', {}, raw('ledger'), 'invalid authorization header value format'],
    ['is a header without a client id', {}, raw(':secret'), nothing],
    [
      'is a header that is not form-encoded',
      {},
      raw('ledger:100%'),
      'client_id and client_secret in the authorization header are not properly encoded',
    ],
    [
      'is a header of a confidential client without its secret',
      {},
      raw('ledger:'),
      'client_secret must be provided in the Authorization header',
    ],
    ['is a header of a public client with a secret', {}, raw('mobile:x'), failed],
    ['is a header of an unknown client without a secret', {}, raw('nobody:'), expect.any(String)],
  ])('client authentication that %s is 401 with a challenge', async (_, more, headers, text) => {
    expectInvalidClient(await ask(more, headers), text)
  })

  test.each([
    ['nothing', {}],
    ['an unknown client', unknown],
  ])('a browser that sends %s gets no challenge that opens a password window', async (_, more) => {
    const { status, body, headers } = await ask(more, browser)
    expect([status, body['error']]).toEqual([400, 'invalid_client'])
    expect(headers.get('www-authenticate')).toBeNull()
    expect(headers.get('access-control-allow-origin')).toBe(browser.origin)
  })

  test('a browser that sends Authorization gets the challenge, and its script can read it', async () => {
    const answer = await ask({}, { ...browser, ...basic(unknown) })
    expectInvalidClient(answer, failed)
    expect(answer.headers.get('access-control-allow-origin')).toBe(browser.origin)
    expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  })

  test.each<[string, Fields, Record<string, string>, string]>([
    [
      'two ways at once',
      { client_id: 'ledger', client_secret: 'ledger-secret-of-32-characters-at-least' },
      basic(confidential),
      'client authentication must only be provided using one mechanism',
    ],
    ['two clients at once', { client_id: 'mobile' }, basic(confidential), 'client_id mismatch'],
    [
      'two clients at once, one of them with an empty secret',
      { client_id: 'ledger' },
      raw('mobile:'),
      'client_id mismatch',
    ],
  ])('%s stay invalid_request', async (_, more, headers, description) => {
    const { status, body } = await ask(more, headers)
    expect([status, body]).toEqual([
      400,
      { error: 'invalid_request', error_description: description },
    ])
  })

  test.each<[string, Record<string, string>, Fields]>([
    ['Bearer', { authorization: 'Bearer an-access-token' }, {}],
    ['Bearer', { authorization: 'Bearer an-access-token' }, { client_id: 'mobile' }],
    [
      'bearer',
      { authorization: 'bearer an-access-token' },
      { client_id: 'ledger', client_secret: 'ledger-secret-of-32-characters-at-least' },
    ],
    ['DPoP', { authorization: 'DPoP an-access-token' }, { client_id: 'mobile' }],
    ['Digest', { authorization: 'Digest username="a", nonce="b"' }, { client_id: 'mobile' }],
  ])('a header of the scheme %s is named: %j with %j', async (scheme, headers, more) => {
    const answer = await ask(more, headers)
    expectInvalidClient(
      answer,
      `the Authorization header has the scheme ${scheme}: authenticate with Basic, or with client_id and client_secret in the body, and send no other scheme`,
    )
    expect(JSON.stringify(answer.body)).not.toContain('an-access-token')
  })

  test('a scheme that nobody knows may be a secret, and is not repeated', async () => {
    const answer = await ask({ client_id: 'mobile' }, { authorization: 'a-secret of-somebody' })
    expectInvalidClient(
      answer,
      'the Authorization header has a scheme that this server does not know: authenticate with Basic, or with client_id and client_secret in the body, and send no other scheme',
    )
  })

  test('a header without a scheme is not repeated', async () => {
    const answer = await ask({}, { authorization: 'a-secret-of-somebody' })
    expectInvalidClient(answer, 'invalid authorization header value format')
  })

  test.each<[string, Fields, Record<string, string>]>([
    ['in the header', {}, raw('mobile:')],
    ['in the header, with the same client in the body', { client_id: 'mobile' }, raw('mobile:')],
    ['in the body', { client_id: 'mobile', client_secret: '' }, {}],
    ['on both ways', { client_id: 'mobile', client_secret: '' }, raw('mobile:')],
  ])('an empty secret of a public client is no secret: %s', async (_, more, headers) => {
    const { status, body } = await ask(more, headers)
    // A public client that is known cannot introspect all the same.
    const isRefused = path.endsWith('/introspect')
    const description = 'a public client cannot introspect: authenticate as a confidential client'
    expect(status).toBe(isRefused ? 401 : authenticated)
    expect(body['error_description'] === description).toBe(isRefused)
  })

  test.each(['mobile&x:', 'mobile&id=ledger:', 'x&id=mobile:'])(
    'an id that goes on behind that of a public client is another one: %s',
    async (pair) => {
      expectInvalidClient(
        await ask({}, raw(pair)),
        'client_secret must be provided in the Authorization header',
      )
    },
  )

  test('a secret in the body beside the empty one of a public client is refused', async () => {
    expectInvalidClient(await ask({ client_secret: 'x' }, raw('mobile:')), failed)
  })
})

test.each([
  ['mobile', publicClient, raw('mobile:')],
  ['an id that is encoded', desktop, raw('urn%3Aexample%3Adesktop+app:')],
])(
  'a public client connects and refreshes with Basic and no secret: %s',
  async (_, client, headers) => {
    const { code, verifier } = await consent(server.issuer, { client })
    const url = `${server.issuer}/oauth/token`
    const grant = {
      grant_type: 'authorization_code',
      code,
      code_verifier: verifier,
      redirect_uri: client.redirect_uris?.[0],
    }
    const first = await post(url, grant, headers)
    expect(first.status).toBe(200)
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: String(first.body['refresh_token']),
    }
    expect((await post(url, refresh, headers)).status).toBe(200)
  },
)
