import { beforeAll, describe, expect, test } from 'vitest'
import type { AuthorizationServerOptions, Storage } from '../../lib/index.ts'
import { introspection, local, type TokenVerifier } from '../../lib/resource-server/index.ts'
import { startApi } from '../support/api.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, redeem, refresh, revoke, consent, introspect } from '../support/flow.ts'
import { bakery, nordlysGroup } from '../support/people.ts'
import { register } from '../support/registered.ts'
import { pause } from '../support/requests.ts'
import {
  audience,
  confidential,
  organizationClient,
  resourceServer,
  startServer,
  useServer,
  withoutOverlap,
  type RunningServer,
} from '../support/server.ts'
import { addMachine, tokenFrom } from '../support/signed-tokens.ts'
import { createTestStorage } from '../support/storage.ts'

const ofTests = { audience, clientIds: [resourceServer.client_id] }
const credentials = { id: resourceServer.client_id, secret: resourceServer.client_secret }

const verifiers: Record<string, (server: RunningServer) => TokenVerifier> = {
  'introspection()': ({ issuer }) =>
    introspection({
      endpoint: `${issuer}/oauth/token/introspect`,
      issuer,
      client: credentials,
      cache: { maxAge: 0 },
    }),
  'local()': (server) => local(server),
}

const formats = ['opaque', 'jwt'] as const
const kinds = Object.entries(verifiers).flatMap(([name, create]) =>
  formats.map((format) => [name, format, create] as const),
)

describe.each(kinds)('%s of access tokens that are %s', (_, accessTokenFormat, createVerifier) => {
  const server = useServer({
    ...withoutOverlap,
    resourceServer: { ...ofTests, accessTokenFormat },
  })
  const api = useRunning(() => startApi({ verify: createVerifier(server) }))

  const statusOf = async (token: string, at = api): Promise<number> =>
    (await at.get('/token', token)).status

  test('takes a token for a company, and one for an organization', async () => {
    const ofCompany = await connect(server.issuer)
    const options = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
    const ofOrganization = await connect(server.issuer, options)
    const answers = [ofCompany, ofOrganization].map(({ access_token }) =>
      api.get('/token', access_token),
    )
    expect((await Promise.all(answers)).map(({ body }) => body['subject'])).toMatchObject([
      { urn: bakery, type: 'company' },
      { urn: nordlysGroup, type: 'organization' },
    ])
  })

  test('takes the narrower scope of a refresh', async () => {
    const { refresh_token } = await connect(server.issuer, {
      params: { scope: 'companies:read users:read' },
    })
    const { body } = await refresh(server.issuer, refresh_token, confidential, {
      scope: 'users:read',
    })
    const answer = await api.get('/token', String(body['access_token']))
    expect(answer.body['scope']).toEqual(['users:read'])
  })

  test('refuses an earlier token after a refresh, a revoked one, and one whose connection ended', async () => {
    const first = await connect(server.issuer)
    const second = (await refresh(server.issuer, first.refresh_token)).body
    expect(await statusOf(first.access_token)).toBe(401)
    expect(await statusOf(String(second['access_token']))).toBe(200)
    await revoke(server.issuer, String(second['access_token']))
    expect(await statusOf(String(second['access_token']))).toBe(401)

    const other = await connect(server.issuer)
    expect(await statusOf(other.access_token)).toBe(200)
    await server.connections.revoke({ clientId: confidential.client_id, subject: bakery })
    expect(await statusOf(other.access_token)).toBe(401)
  })

  test('refuses a refresh token and a code', async () => {
    const { refresh_token } = await connect(server.issuer)
    const { code } = await consent(server.issuer)
    expect(await statusOf(refresh_token)).toBe(401)
    expect(await statusOf(code)).toBe(401)
  })

  test('refuses a token whose client was suspended, or removed', async () => {
    const partner = await register(server.clients)
    const given = await consent(server.issuer, { client: partner })
    const { body } = await redeem(server.issuer, given, partner)
    const token = String(body['access_token'])
    expect(await statusOf(token)).toBe(200)
    await server.clients.suspend(partner.client_id)
    expect(await statusOf(token)).toBe(401)
    await server.clients.resume(partner.client_id)
    expect(await statusOf(token)).toBe(200)
    await server.clients.remove(partner.client_id)
    expect(await statusOf(token)).toBe(401)
  })

  test('refuses a token that has ended', async () => {
    const short = await startServer({ lifetimes: { accessToken: 1 } })
    const at = await startApi({ verify: createVerifier(short) })
    const { access_token } = await connect(short.issuer)
    expect(await statusOf(access_token, at)).toBe(200)
    await pause(1100)
    expect(await statusOf(access_token, at)).toBe(401)
    await at.close()
    await short.close()
  })

  test('notes that the answer of a refresh arrived: a repeat of it is a replay then', async () => {
    const { refresh_token } = await connect(server.issuer)
    const { body } = await refresh(server.issuer, refresh_token)
    const token = String(body['access_token'])
    expect(await statusOf(token)).toBe(200)
    expect((await refresh(server.issuer, refresh_token)).body['error']).toBe('invalid_grant')
    expect(await statusOf(token)).toBe(401)
  })

  test('says 503, and never passes, while the storage does not answer', async () => {
    const storage = await createTestStorage()
    let isDown = false
    const grants: Storage['grants'] = {
      ...storage.grants,
      load: async (grantId) => {
        if (isDown) throw new Error('down')
        return storage.grants.load(grantId)
      },
    }
    const failing = await startServer({ storage: { ...storage, grants } })
    const at = await startApi({ verify: createVerifier(failing) })
    const { access_token } = await connect(failing.issuer)
    isDown = true
    const { status, body, raw } = await at.get('/token', access_token)
    expect([status, body['error'], raw.headers['retry-after']]).toEqual([
      503,
      'temporarily_unavailable',
      '1',
    ])
    expect(at.errors).toHaveLength(1)
    isDown = false
    expect(await statusOf(access_token, at)).toBe(200)
    await at.close()
    await failing.close()
  })
})

test('introspect() of the server says what the introspection endpoint says', async () => {
  const server = await startServer()
  const { access_token } = await connect(server.issuer)
  const own = await server.introspect(access_token)
  expect(own).toEqual(await introspect(server.issuer, access_token, resourceServer))
  expect(own).toMatchObject({ active: true, aud: audience })
  for (const text of ['nobody-issued-this', '', 'e30.e30.', 'a\0b', access_token.slice(0, -1)]) {
    expect(await server.introspect(text)).toEqual({ active: false })
  }
  await server.close()
})

test('introspect() of the server reads the storage once, and writes that the token is used once a minute', async () => {
  const storage = await createTestStorage()
  let calls: string[] = []
  const grants: Storage['grants'] = {
    ...storage.grants,
    load: (grantId) => {
      calls.push('load')
      return storage.grants.load(grantId)
    },
    noteUse: (grantId, generation) => {
      calls.push('noteUse')
      return storage.grants.noteUse(grantId, generation)
    },
  }
  const server = await startServer({ storage: { ...storage, grants } })
  const { access_token } = await connect(server.issuer)
  const callsOf = async (): Promise<readonly string[]> => {
    calls = []
    await server.introspect(access_token)
    return calls
  }
  expect(await callsOf()).toEqual(['load', 'noteUse'])
  expect(await callsOf()).toEqual(['load'])
  await server.close()
})

describe('a token for another API of the same server', () => {
  const other = 'https://other.example.test'
  const toOther: AuthorizationServerOptions['configure'] = (configuration) => ({
    ...configuration,
    features: {
      ...configuration.features,
      resourceIndicators: {
        ...configuration.features?.resourceIndicators,
        getResourceServerInfo: (_ctx, _resource, client) => ({
          audience: other,
          scope: client.scope ?? '',
          accessTokenFormat: 'opaque',
        }),
      },
    },
  })
  let token: string
  const server = useServer({ configure: toOther })
  beforeAll(async () => {
    token = (await connect(server.issuer)).access_token
  })

  test.each(Object.entries(verifiers))('does not pass with %s', async (_, createVerifier) => {
    const verify = createVerifier(server)
    expect(await verify(token)).toBeUndefined()
    // Also not at an API that is named as the other one: nothing vouches for what it says.
    for (const own of [audience, other]) {
      const api = await startApi({ verify, audience: own, baseUrl: own })
      expect((await api.get('/token', token)).status).toBe(401)
      await api.close()
    }
  })

  test('is not active, whoever asks', async () => {
    expect(await server.introspect(token)).toEqual({ active: false })
    for (const reader of [resourceServer, confidential]) {
      expect(await introspect(server.issuer, token, reader)).toEqual({ active: false })
    }
  })

  test('has a refresh token that its client is told of', async () => {
    const { refresh_token } = await connect(server.issuer)
    expect(await introspect(server.issuer, refresh_token)).toMatchObject({ active: true })
  })
})

describe('a token that a client has for itself, where configure allows it', () => {
  const startFor = async (aud: string): Promise<RunningServer> => {
    const storage = await createTestStorage()
    await addMachine(storage)
    return startServer({
      storage,
      configure: (configuration) => ({
        ...configuration,
        features: {
          ...configuration.features,
          clientCredentials: { enabled: true },
          resourceIndicators: {
            ...configuration.features?.resourceIndicators,
            getResourceServerInfo: () => ({ audience: aud, scope: 'companies:read' }),
          },
        },
      }),
    })
  }

  test.each([
    [audience, true],
    ['https://other.example.test', false],
  ])('is active where it is for this API, and acts for no company: %s', async (aud, active) => {
    const server = await startFor(aud)
    const token = (await tokenFrom(server.issuer)) ?? ''
    expect(await introspect(server.issuer, token, resourceServer)).toMatchObject(
      active ? { active, aud: audience, client_id: 'machine' } : { active },
    )
    for (const createVerifier of Object.values(verifiers)) {
      expect(await createVerifier(server)(token)).toBeUndefined()
    }
    await server.close()
  })
})
