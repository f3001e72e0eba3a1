import { beforeAll, describe, expect, test } from 'vitest'
import type { ConnectionRevoked } from '../../lib/index.ts'
import { connect, introspect, refresh, type Json } from '../support/flow.ts'
import { registration, toCredentials } from '../support/registered.ts'
import { toJson, type RawAnswer } from '../support/requests.ts'
import {
  readSelf,
  removeSelf,
  replaceSelf,
  selfRegister,
  toReplacement,
  tryToRegister,
} from '../support/self-registered.ts'
import { resourceServer, useServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

const revoked: ConnectionRevoked[] = []
const storage = createTestStorage()
const server = useServer(async () => ({ storage: await storage, registration: {} }))
const there = useServer(async () => ({ storage: await storage, registration: {} }))
beforeAll(async () => {
  server.connections.events.on('connection.revoked', (event) => revoked.push(event))
})

const errorOf = (answer: RawAnswer): readonly [status: number, error: unknown, why: unknown] => {
  const { error, error_description: why } = toJson(answer)
  return [answer.status, error, why]
}
const metadataOf = async (clientId: string): Promise<Json> => ({
  ...(await server.clients.find(clientId))?.metadata,
})

describe('a client reads itself', () => {
  test('as it registered, in every language, on every process, without its secret', async () => {
    const client = await selfRegister(server, { 'client_name#da': 'Selvbetjent på dansk' })
    const { client_secret: secret, client_secret_expires_at: _, ...rest } = { ...client } as Json
    const answer = await readSelf(client)
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'no-store'])
    expect(toJson(answer)).toEqual(rest)
    expect(answer.text).not.toContain(secret)
    const url = client.registration_client_uri.replace(server.issuer, there.issuer)
    const elsewhere = await readSelf({ ...client, registration_client_uri: url })
    expect(toJson(elsewhere)['client_name']).toBe(client.client_name)
  })

  test('with its own token, after its secret was rotated, and with nothing else', async () => {
    const client = await selfRegister(server)
    const other = await selfRegister(server)
    await server.clients.rotateSecret(client.client_id, { now: true })
    expect((await readSelf(client)).status).toBe(200)
    const { registration_client_uri } = client
    for (const token of [
      other.registration_access_token,
      client.client_secret,
      client.client_id,
      'x',
    ]) {
      const answer = await readSelf({ registration_client_uri, registration_access_token: token })
      expect(errorOf(answer)[1]).toBe('invalid_token')
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([
        401,
        `Bearer realm="${server.issuer}", error="invalid_token"`,
      ])
    }
    // Whoever tries somebody else's has lost nothing.
    expect((await readSelf(other)).status).toBe(200)
  })

  test('not where the host registered it, or it is not there', async () => {
    const { client } = await server.clients.create({ ...registration, client_name: 'Værtens' })
    for (const id of [client.clientId, 'nobody', '%E0%A4%A', '..']) {
      const registration_client_uri = `${server.issuer}/oauth/register/${id}`
      for (const registration_access_token of [
        'x',
        'undefined',
        '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NM',
      ]) {
        const answer = await readSelf({ registration_client_uri, registration_access_token })
        expect([id, answer.status]).toEqual([id, 401])
      }
    }
  })
})

describe('a client replaces what it is registered with', () => {
  test('and keeps its secrets, its tokens and its registration access token', async () => {
    const client = await selfRegister(server, { contacts: ['old@nordvind.example.test'] })
    const tokens = await connect(server.issuer, { client })
    const second = toCredentials(await server.clients.rotateSecret(client.client_id))
    const changes = {
      client_name: 'Selvbetjent under nyt navn',
      contacts: null,
      client_secret: null,
    }
    const answer = await replaceSelf(client, toReplacement(client, changes))
    expect(answer.status).toBe(200)
    expect(answer.text).not.toContain('pleo_cs_')
    const { contacts, client_name, registration_access_token } = toJson(answer)
    expect([contacts, client_name]).toEqual([undefined, 'Selvbetjent under nyt navn'])
    expect(registration_access_token).toBe(client.registration_access_token)
    expect(toJson(await readSelf(client))).toEqual(toJson(answer))
    const next = await refresh(server.issuer, tokens.refresh_token, client)
    expect(next.status).toBe(200)
    const { refresh_token } = next.body as { readonly refresh_token: string }
    expect((await refresh(server.issuer, refresh_token, second)).status).toBe(200)
    expect((await server.clients.find(client.client_id))?.secrets).toHaveLength(2)
  })

  test('may send its secret along, either of two, and no other', async () => {
    const client = await selfRegister(server)
    const { secret } = await server.clients.rotateSecret(client.client_id)
    // An empty one counts as left out.
    for (const client_secret of [client.client_secret, secret, '']) {
      expect((await replaceSelf(client, toReplacement(client, { client_secret }))).status).toBe(200)
    }
    const other = await selfRegister(server)
    for (const client_secret of [other.client_secret, 1, {}]) {
      const answer = await replaceSelf(client, toReplacement(client, { client_secret }))
      const why = 'client_secret is not that of the client'
      expect(errorOf(answer)).toEqual([400, 'invalid_client_metadata', why])
    }
  })

  test.each([
    [{ client_id: null }, 'client_id must be that of the client'],
    [{ client_id: 'another' }, 'client_id must be that of the client'],
    [{ registration_access_token: 'x' }, 'registration_access_token must not be sent'],
    [{ registration_client_uri: 'x' }, 'registration_client_uri must not be sent'],
    [{ client_id_issued_at: 1 }, 'client_id_issued_at must not be sent'],
    [{ client_secret_expires_at: 0 }, 'client_secret_expires_at must not be sent'],
    [{ verified: true }, 'verified is decided by the operator of this server'],
    [{ pkce_exception: true }, 'pkce_exception is decided by the operator of this server'],
    [{ grant_types: ['implicit'] }, 'grant_types[0] is decided by the operator of this server'],
    [
      { token_endpoint_auth_method: 'none' },
      'token_endpoint_auth_method cannot make a confidential client public, nor a public one confidential',
    ],
  ])('but not with %j, which changes nothing', async (changes, why) => {
    const client = await selfRegister(server)
    const before = await server.clients.find(client.client_id)
    const body = { ...toReplacement(client, { client_name: 'Andet', ...changes }), ...changes }
    const sent = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null))
    const answer = await replaceSelf(client, sent)
    expect(errorOf(answer).slice(0, 2)).toEqual([400, 'invalid_client_metadata'])
    expect(String(errorOf(answer)[2]).split('; ')).toContain(why)
    expect(await server.clients.find(client.client_id)).toEqual(before)
  })

  test('also as a public client, without saying again that it is one', async () => {
    const client = await selfRegister(server, { token_endpoint_auth_method: 'none' })
    expect(client.client_secret).toBeUndefined()
    const body = toReplacement(client, { token_endpoint_auth_method: null })
    const answer = await replaceSelf(client, body)
    expect([answer.status, toJson(answer)['token_endpoint_auth_method']]).toEqual([200, 'none'])
  })
})

describe('what the operator decided', () => {
  test('stays, whether it is said again or left out', async () => {
    const client = await selfRegister(server)
    const { client_id: id } = client
    await server.clients.update(id, { verified: true, pkce_exception: true, test: true })
    const read = toJson(await readSelf(client))
    expect(read).toMatchObject({ verified: true, pkce_exception: true, test: true })
    const scope = 'companies:read'
    const left = { verified: null, pkce_exception: null, test: null }
    for (const changes of [{ scope }, { scope, ...left }]) {
      const answer = await replaceSelf(client, toReplacement({ ...client, ...read }, changes))
      expect(toJson(answer)).toMatchObject({
        scope,
        verified: true,
        pkce_exception: true,
        test: true,
      })
    }
    for (const member of ['verified', 'pkce_exception', 'test']) {
      const answer = await replaceSelf(client, toReplacement(client, { [member]: false }))
      const why = `${member} is decided by the operator of this server`
      expect(errorOf(answer)).toEqual([400, 'invalid_client_metadata', why])
    }
    expect(await metadataOf(id)).toMatchObject({ verified: true, pkce_exception: true, test: true })
  })

  test.each([
    ['client_name', 'Selvbetjent, men en anden'],
    ['client_name#de', 'Selbstbedient, aber anders'],
    ['client_uri', 'https://other.example.test'],
    ['logo_uri', 'https://other.example.test/logo.png'],
    ['redirect_uris', ['https://other.example.test/callback']],
    ['redirect_uris', [...(registration.redirect_uris ?? []), 'https://other.example.test/']],
    ['contacts', ['other@other.example.test']],
    ['settings_uri', 'https://other.example.test/settings'],
    ['application_type', 'native'],
    ['subject_type_preference', 'organization'],
    ['scope', 'companies:read users:read users:write'],
    ['scope', 'companies:read accounts:read'],
  ])(
    'was for what it saw: a verified client that changes its %s is not verified',
    async (member, value) => {
      const client = await selfRegister(server)
      await server.clients.update(client.client_id, { verified: true })
      const body = toReplacement(client, { [member]: value, verified: true })
      const answer = await replaceSelf(client, body)
      expect([answer.status, toJson(answer)['verified']]).toEqual([200, undefined])
      expect((await metadataOf(client.client_id))['verified']).toBeUndefined()
    },
  )

  test('was for what people could leave out, and not for less of that', async () => {
    const client = await selfRegister(server, { optional_scope: 'users:read' })
    const isVerified = async (changes: object): Promise<unknown> => {
      await server.clients.update(client.client_id, { verified: true })
      await replaceSelf(client, toReplacement(client, { ...changes, verified: true }))
      return (await metadataOf(client.client_id))['verified']
    }
    expect(await isVerified({ optional_scope: 'users:read companies:read' })).toBe(true)
    expect(await isVerified({ optional_scope: null })).toBeUndefined()
  })

  test.each([
    ['fewer scopes', { scope: 'users:read' }],
    ['the same scopes in another order', { scope: 'users:read companies:read' }],
    ['what it is by default', { application_type: 'web', subject_type_preference: 'company' }],
    ['a technical member', { dpop_bound_access_tokens: true }],
  ])('is still so of a verified client that registers %s', async (_, changes) => {
    const client = await selfRegister(server)
    await server.clients.update(client.client_id, { verified: true })
    const answer = await replaceSelf(client, toReplacement(client, changes))
    expect([answer.status, toJson(answer)['verified']]).toEqual([200, true])
  })

  test('a client may say that it is under development, and not take it back', async () => {
    const client = await selfRegister(server)
    const isTest = async (value: unknown): Promise<readonly unknown[]> => {
      const answer = await replaceSelf(client, toReplacement(client, { test: value }))
      return [answer.status, (await metadataOf(client.client_id))['test']]
    }
    expect(await isTest(true)).toEqual([200, true])
    expect(await isTest(false)).toEqual([400, true])
    expect(await isTest(null)).toEqual([200, true])
  })

  test('a suspended client is told so, and changes, reads and removes nothing', async () => {
    const client = await selfRegister(server)
    await server.clients.suspend(client.client_id)
    const refused = [403, 'invalid_request', 'the client is suspended']
    expect(errorOf(await readSelf(client))).toEqual(refused)
    expect(errorOf(await replaceSelf(client, toReplacement(client)))).toEqual(refused)
    expect(errorOf(await removeSelf(client))).toEqual(refused)
    // Who has not the token is not told.
    const stranger = { ...client, registration_access_token: 'x' }
    expect((await readSelf(stranger)).status).toBe(401)
    await server.clients.resume(client.client_id)
    expect((await readSelf(client)).status).toBe(200)
  })
})

describe('a client removes itself', () => {
  test('with everything it was granted, its name is free and its token ends', async () => {
    const client = await selfRegister(server)
    const { access_token, refresh_token } = await connect(server.issuer, { client })
    const answer = await removeSelf(client)
    expect([answer.status, answer.text]).toEqual([204, ''])
    const reasons = revoked.filter(({ clientId }) => clientId === client.client_id)
    expect(reasons.map(({ reason }) => reason)).toEqual(['client_removed'])
    expect((await refresh(server.issuer, refresh_token, client)).status).toBe(401)
    expect(await introspect(server.issuer, access_token, resourceServer)).toEqual({ active: false })
    expect(await server.clients.find(client.client_id)).toBeUndefined()
    for (const again of [
      readSelf(client),
      removeSelf(client),
      replaceSelf(client, toReplacement(client)),
    ])
      expect((await again).status).toBe(401)
    const { client_name } = client
    expect((await tryToRegister(server, { ...registration, client_name })).status).toBe(201)
  })

  test('or is removed by the host, with the same end', async () => {
    const client = await selfRegister(server)
    await server.clients.remove(client.client_id)
    expect((await readSelf(client)).status).toBe(401)
  })

  test('and asks again where it was told nothing', async () => {
    const client = await selfRegister(server)
    const answers = await Promise.all([removeSelf(client), removeSelf(client)])
    expect(answers.map(({ status }) => status)).toEqual([204, 204])
    const suspended = await selfRegister(server)
    await server.clients.suspend(suspended.client_id)
    await server.clients.remove(suspended.client_id)
    expect((await removeSelf(suspended)).status).toBe(401)
  })
})
