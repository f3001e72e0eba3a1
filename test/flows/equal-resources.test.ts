import { describe, expect, test } from 'vitest'
import type { Storage } from '../../lib/index.ts'
import { toNormalUri } from '../../lib/validation/url.ts'
import { consent, createPkce, introspect, post, redeem, refresh } from '../support/flow.ts'
import { fc, times } from '../support/fuzzing.ts'
import { ask, basic, toRedirect } from '../support/requests.ts'
import { confidential, openServer, useServer, type RunningServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

// A client names the API as its URL library prints it. Equal URIs are one (RFC 3986, Sections 6.2.2 and 6.2.3).

async function start(audience: string, storage?: Storage): Promise<RunningServer> {
  return openServer({
    resourceServer: { audience, clientIds: ['api'] },
    ...(storage && { storage }),
  })
}

const push = (issuer: string, resource: string) =>
  post(
    `${issuer}/oauth/par`,
    {
      client_id: confidential.client_id,
      response_type: 'code',
      redirect_uri: confidential.redirect_uris?.[0],
      scope: 'companies:read',
      code_challenge: createPkce().challenge,
      code_challenge_method: 'S256',
      resource,
    },
    basic(confidential),
  )

describe.each([
  ['https://external.pleo.io', 'https://external.pleo.io/'],
  ['https://external.pleo.io', 'HTTPS://External.Pleo.IO'],
  ['https://external.pleo.io', 'https://external.pleo.io:443/'],
  ['https://external.pleo.io/', 'https://external.pleo.io'],
  ['https://external.pleo.io/v1%2f~pleo', 'https://external.pleo.io/./v1%2F%7Epleo'],
  ['http://localhost:80/api', 'http://LOCALHOST/api'],
  ['urn:pleo:api', 'URN:pleo:%61pi'],
])('%s, named %s', (audience, resource) => {
  test('gets a code, tokens and a refresh, all for the configured spelling', async () => {
    const { issuer } = await start(audience)
    const agreed = await consent(issuer, { params: { resource } })
    const { status, body } = await redeem(issuer, agreed, confidential, { resource })
    expect(status).toBe(200)
    const refreshed = await refresh(issuer, String(body['refresh_token']), confidential, {
      resource,
    })
    expect(refreshed.status).toBe(200)
    const again = await refresh(issuer, String(refreshed.body['refresh_token']))
    const token = String(again.body['access_token'])
    expect(await introspect(issuer, token)).toMatchObject({ active: true, aud: audience })
  })

  test('is taken in a pushed request, and beside the configured spelling', async () => {
    const { issuer } = await start(audience)
    const pushed = await push(issuer, resource)
    expect(pushed.status).toBe(201)
    const params = { request_uri: String(pushed.body['request_uri']) }
    const opened = await ask(issuer, params)
    expect(opened.text).toContain(`action="${issuer}/oauth/interaction/`)
    const agreed = await consent(issuer)
    const fields = new URLSearchParams({
      grant_type: 'authorization_code',
      code: agreed.code,
      code_verifier: agreed.verifier,
      redirect_uri: confidential.redirect_uris?.[0] ?? '',
    })
    for (const one of [resource, audience]) fields.append('resource', one)
    const response = await fetch(`${issuer}/oauth/token`, {
      method: 'POST',
      headers: basic(confidential),
      body: fields,
    })
    expect(response.status).toBe(200)
  })
})

describe('another API is refused by its name, and nothing is used up', () => {
  const audience = 'https://external.pleo.io/v1'
  const server = useServer({ resourceServer: { audience, clientIds: ['api'] } })

  test.each([
    // A slash after a path counts.
    'https://external.pleo.io/v1/',
    'https://external.pleo.io/V1',
    'https://external.pleo.io/v1?',
    'https://external.pleo.io',
    'http://external.pleo.io/v1',
    'https://external.pleo.io:8443/v1',
    'https://external.pleo.io./v1',
    'https://evil@external.pleo.io/v1',
    'https://@external.pleo.io/v1',
    // Parsers mend these.
    'https:external.pleo.io/v1',
    'https:\\\\external.pleo.io\\v1',
    'https:///external.pleo.io/v1',
    'https://external.pleo.io/v1%20',
    'https://external.pleo.io/%2576%31',
    'https://external。pleo.io/v1',
  ])('%s', async (resource) => {
    const { issuer } = server
    const refusal = { error: 'invalid_target', error_description: `resource must be ${audience}` }
    expect(toRedirect(await ask(issuer, { resource })).params).toMatchObject(refusal)
    expect(await push(issuer, resource)).toMatchObject({ status: 400, body: refusal })
    const agreed = await consent(issuer)
    expect(await redeem(issuer, agreed, confidential, { resource })).toMatchObject({
      status: 400,
      body: refusal,
    })
    const { body } = await redeem(issuer, agreed)
    const token = String(body['refresh_token'])
    expect(await refresh(issuer, token, confidential, { resource })).toMatchObject({
      status: 400,
      body: refusal,
    })
    expect((await refresh(issuer, token)).status).toBe(200)
  })
})

test('a connection outlives an audience that is configured in another spelling', async () => {
  const storage = await createTestStorage()
  const first = await start('https://external.pleo.io', storage)
  const { body } = await redeem(first.issuer, await consent(first.issuer))
  const second = await start('https://external.pleo.io/', storage)
  const refreshed = await refresh(second.issuer, String(body['refresh_token']))
  const token = String(refreshed.body['access_token'])
  expect(await introspect(second.issuer, token)).toMatchObject({
    active: true,
    aud: 'https://external.pleo.io/',
    scope: 'companies:read',
  })
})

test('what a URL library prints is equal to what it read, and a normal URI stays as it is', () => {
  fc.assert(
    fc.property(fc.webUrl(), (uri) => {
      const normal = toNormalUri(uri)
      expect(toNormalUri(new URL(uri).href)).toBe(normal)
      expect(toNormalUri(normal)).toBe(normal)
    }),
    { numRuns: times(500) },
  )
})
