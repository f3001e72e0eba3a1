import { beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { isSignInPage } from '../support/browser-visits.ts'
import { authorizationUrl, consent, createPkce, post, redeem } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { ask, toErrorPage, toRedirect } from '../support/requests.ts'
import { publicClient, useServer } from '../support/server.ts'

const desktop: ClientMetadata = {
  client_id: 'desktop',
  client_name: 'Desktop Ledger',
  application_type: 'native',
  redirect_uris: [
    'http://127.0.0.1/callback',
    'http://[::1]:4000/callback?from=desktop',
    'https://desktop.example.test/callback',
    'com.example.desktop:/callback',
  ],
  scope: 'companies:read',
  token_endpoint_auth_method: 'none',
}

const web: ClientMetadata = {
  ...publicClient,
  client_id: 'in-a-browser',
  client_name: 'In a Browser',
  redirect_uris: ['http://127.0.0.1:3000/callback', 'http://localhost:3000/callback'],
}

const server = useServer({ clients: [desktop, web] })
let issuer: string
beforeAll(() => void ({ issuer } = server))

const isTaken = async (redirect_uri: string, client = desktop): Promise<boolean> => {
  const answer = await ask(issuer, { redirect_uri }, client)
  if (answer.status === 200) return isSignInPage(answer)
  expect(toErrorPage(answer)).toMatchObject({ status: 400, code: 'invalid_redirect_uri' })
  return false
}

describe('an application on the machine of a person', () => {
  test.each([
    'http://127.0.0.1:51004/callback',
    'http://127.0.0.1:1/callback',
    'http://127.0.0.1:65535/callback',
    'http://127.0.0.1/callback',
    'http://[::1]:51004/callback?from=desktop',
    'http://[::1]/callback?from=desktop',
    'com.example.desktop:/callback',
  ])('listens on a free port: %s', async (uri) => {
    expect(await isTaken(uri)).toBe(true)
  })

  test('gets a code at that port, and redeems it with the same URI alone', async () => {
    const redirect_uri = 'http://127.0.0.1:51004/callback'
    const options = { client: desktop, params: { redirect_uri } }
    const given = await consent(issuer, options)
    expect(given.redirect.origin).toBe('http://127.0.0.1:51004')
    expect((await redeem(issuer, given, desktop, { redirect_uri })).status).toBe(200)

    for (const other of ['http://127.0.0.1:51005/callback', 'http://127.0.0.1/callback']) {
      const again = await consent(issuer, options)
      const answer = await redeem(issuer, again, desktop, { redirect_uri: other })
      expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
    }
  })

  test('hears at that port of a mistake', async () => {
    const redirect_uri = 'http://127.0.0.1:51004/callback'
    const { target, params } = toRedirect(await ask(issuer, { redirect_uri, scope: 'x' }, desktop))
    expect([target, params['error']]).toEqual([redirect_uri, 'invalid_scope'])
  })

  test('hears at that port that the person said no', async () => {
    const redirect_uri = 'http://127.0.0.1:51004/callback'
    const browser = createBrowser()
    const url = authorizationUrl(issuer, desktop, {
      redirect_uri,
      code_challenge: createPkce().challenge,
    })
    const answer = await browser.submit(await browser.go(url), { decision: 'decline' })
    expect(answer.location?.href).toMatch(/^http:\/\/127\.0\.0\.1:51004\/callback\?error=/)
  })

  test('pushes a request with a port of its own', async () => {
    const push = (redirect_uri: string) =>
      post(`${issuer}/oauth/par`, {
        client_id: desktop.client_id,
        response_type: 'code',
        redirect_uri,
        scope: 'companies:read',
        code_challenge: createPkce().challenge,
        code_challenge_method: 'S256',
      })
    expect((await push('http://127.0.0.1:51004/callback')).status).toBe(201)
    expect((await push('http://127.0.0.1:0/callback')).status).toBe(400)
  })
})

describe('a neighbour of a loopback redirect URI is refused', () => {
  test.each([
    ['user info', 'http://user@127.0.0.1:51004/callback'],
    ['user info with a password', 'http://127.0.0.1:51004@127.0.0.1:51004/callback'],
    ['a host as user info', 'http://127.0.0.1:51004@evil.test/callback'],
    ['a backslash', 'http://127.0.0.1:51004\\@evil.test/callback'],
    ['a backslash for a slash', 'http://127.0.0.1:51004\\callback'],
    ['a backslash before the port', 'http://127.0.0.1\\:51004/callback'],
    ['backslashes behind the scheme', 'http:\\\\127.0.0.1:51004/callback'],
    ['port 0', 'http://127.0.0.1:0/callback'],
    ['port 0, written longer', 'http://127.0.0.1:0000/callback'],
    ['a port with a zero before it', 'http://127.0.0.1:051004/callback'],
    ['an empty port', 'http://127.0.0.1:/callback'],
    ['port 0 of IPv6', 'http://[::1]:0/callback?from=desktop'],
    ['an empty port of IPv6', 'http://[::1]:/callback?from=desktop'],
    ['port 65536', 'http://127.0.0.1:65536/callback'],
    ['a negative port', 'http://127.0.0.1:-1/callback'],
    ['a port with a sign', 'http://127.0.0.1:+51004/callback'],
    ['a port with letters', 'http://127.0.0.1:51004x/callback'],
    ['two ports', 'http://127.0.0.1:1:51004/callback'],
    ['a tab in the port', 'http://127.0.0.1:51\t004/callback'],
    ['a line break behind the port', 'http://127.0.0.1:51004\r\n/callback'],
    ['a line break behind it all', 'http://127.0.0.1:51004/callback\r\nSet-Cookie: a=b'],
    ['https', 'https://127.0.0.1:51004/callback'],
    ['https localhost', 'https://localhost:51004/callback'],
    ['https elsewhere at another port', 'https://desktop.example.test:8443/callback'],
    ['localhost', 'http://localhost:51004/callback'],
    ['another loopback address', 'http://127.0.0.2:51004/callback'],
    ['another spelling of the address', 'http://127.1:51004/callback'],
    ['the address as a number', 'http://2130706433:51004/callback'],
    ['a host that begins with it', 'http://127.0.0.1.evil.test:51004/callback'],
    ['another path', 'http://127.0.0.1:51004/other'],
    ['a longer path', 'http://127.0.0.1:51004/callback/'],
    ['a path that leads back', 'http://127.0.0.1:51004/x/../callback'],
    ['a query', 'http://127.0.0.1:51004/callback?a=b'],
    ['no query', 'http://[::1]:51004/callback'],
    ['a fragment', 'http://127.0.0.1:51004/callback#a'],
    ['the case of the scheme', 'HTTP://127.0.0.1:51004/callback'],
  ])('%s', async (_, uri) => {
    expect(await isTaken(uri)).toBe(false)
  })

  test.each(['http://127.0.0.1:3001/callback', 'http://localhost:3001/callback'])(
    'of a web client: %s',
    async (uri) => {
      expect(await isTaken(uri, web)).toBe(false)
    },
  )
})

test('the origins that may read an answer at the token endpoint stay those that are registered', async () => {
  const redirect_uri = 'http://[::1]:51004/callback?from=desktop'
  const statusFrom = async (origin: string): Promise<number> => {
    const { code, verifier } = await consent(issuer, {
      client: desktop,
      params: { redirect_uri },
      subject: bakery,
    })
    const { client_id } = desktop
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier }
    const all = { ...fields, redirect_uri, client_id }
    return (await post(`${issuer}/oauth/token`, all, { origin })).status
  }
  expect(await statusFrom('http://[::1]:4000')).toBe(200)
  expect(await statusFrom('http://[::1]:51004')).toBe(400)
})
