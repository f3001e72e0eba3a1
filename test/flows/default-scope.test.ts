import { describe, expect, test } from 'vitest'
import type { ClientMetadata, ConfigurationError } from '../../lib/index.ts'
import { authorizationUrl, connect, createPkce, goToConsent, post } from '../support/flow.ts'
import { send, toRedirect } from '../support/requests.ts'
import {
  audience,
  confidential,
  startServer,
  useServer,
  type RunningServer,
} from '../support/server.ts'

// A client that knows of no scopes names none: it gets the default of the host, and no more than it is registered for.

const defaultScopes = ['vendors:read', 'companies:read', 'users:read']
const other: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'elsewhere',
  client_secret: 'elsewhere-secret',
  redirect_uris: ['https://elsewhere.example.test/callback'],
  scope: 'export-jobs:write',
}
const params = { scope: undefined }

const clients = [confidential, other]
const server = useServer({ clients, resourceServer: { audience, defaultScopes } })
const without = useServer({ clients })

const missing = {
  params: { error: 'invalid_scope', error_description: 'missing required parameter scope' },
}
const refusalOf = async (at: RunningServer, client = confidential): Promise<object> => {
  const { challenge } = createPkce()
  const url = authorizationUrl(at.issuer, client, { ...params, code_challenge: challenge })
  const [get, form] = [await send(url), new URL(url).searchParams.toString()]
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const posted = await send(`${at.issuer}/oauth/authorize`, { headers, body: form })
  expect(toRedirect(posted)).toEqual(toRedirect(get))
  return toRedirect(get)
}

describe('a request without a scope', () => {
  test('gets the default scopes that the client is registered for, and the person sees them', async () => {
    const { page } = await goToConsent(server.issuer, { params })
    expect(page.text).toContain('See companies')
    expect(page.text).toContain('See employees')
    expect(page.text).not.toContain('vendors:read')
    const { scope } = await connect(server.issuer, { params })
    expect(scope.split(' ').toSorted()).toEqual(['companies:read', 'users:read'])
  })

  test('gets them as well if it was pushed', async () => {
    const { challenge: code_challenge, verifier } = createPkce()
    const { client_id, client_secret } = confidential
    const pushed = await post(`${server.issuer}/oauth/par`, {
      client_id,
      client_secret,
      response_type: 'code',
      redirect_uri: confidential.redirect_uris?.[0],
      code_challenge,
      code_challenge_method: 'S256',
    })
    expect([pushed.status, verifier.length]).toEqual([201, 43])
    const request_uri = String(pushed.body['request_uri'])
    const { page } = await goToConsent(server.issuer, { params: { ...params, request_uri } })
    expect(page.text).toContain('See employees')
  })

  test('gets no more than it asks for if it asks', async () => {
    const { scope } = await connect(server.issuer, { params: { scope: 'users:read' } })
    expect(scope).toBe('users:read')
  })

  test('is refused if the client is registered for none of them, or there are none', async () => {
    expect(await refusalOf(server, other)).toMatchObject(missing)
    expect(await refusalOf(without)).toMatchObject(missing)
  })
})

test('a default scope that the API does not have is named at the start', async () => {
  for (const [given, path] of [
    [['companies:read', 'companies:raed'], 'resourceServer.defaultScopes[1]'],
    ['companies:read', 'resourceServer.defaultScopes'],
    [[7], 'resourceServer.defaultScopes[0]'],
  ] as const) {
    const resourceServer = { audience, defaultScopes: given as never }
    const error: unknown = await startServer({ resourceServer }).catch((reason: unknown) => reason)
    expect((error as ConfigurationError).issues.map((issue) => issue.path)).toEqual([path])
    const isNear = path.endsWith('[1]')
    expect((error as Error).message.includes('(did you mean "companies:read"?)')).toBe(isNear)
  }
})
