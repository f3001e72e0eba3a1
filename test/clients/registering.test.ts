import { describe, expect, test } from 'vitest'
import {
  ClientMetadataError,
  UnknownClientError,
  type ConfigurationError,
  type NewClientMetadata,
} from '../../lib/index.ts'
import { connect, introspect, refresh } from '../support/flow.ts'
import { register, registration, toCredentials } from '../support/registered.ts'
import { confidential, startServer, useServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

const shared = createTestStorage()
const here = useServer(async () => ({ storage: await shared }))
const there = useServer(async () => ({ storage: await shared }))

const errorOf = async (promise: Promise<unknown>): Promise<ClientMetadataError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof ClientMetadataError) return error
  throw new Error('something else happened', { cause: error })
}

const refusal = async (promise: Promise<unknown>): Promise<string[]> =>
  (await errorOf(promise)).issues.map(({ path, code }) => `${path}: ${code}`)

describe('a client that is registered', () => {
  test('can connect, and is the same on every process', async () => {
    const client = await register(here.clients)
    const { access_token, refresh_token } = await connect(there.issuer, { client })
    expect((await introspect(here.issuer, access_token, client))['active']).toBe(true)
    expect((await refresh(here.issuer, refresh_token, client)).status).toBe(200)
  })

  test('is found and listed with what it registered, and without a secret', async () => {
    const members: Partial<NewClientMetadata> = {
      'client_name#da': 'Nordvinden',
      client_uri: 'https://nordvind.example.test',
      initiation_uri: 'https://nordvind.example.test/connect',
      settings_uri: 'https://nordvind.example.test/settings',
      subject_type_preference: 'organization',
      optional_scope: 'users:read',
      test: true,
    }
    const { client_secret, ...metadata } = await register(here.clients, members)
    const found = await there.clients.find(metadata.client_id)
    expect(found?.metadata).toEqual({ ...registration, ...members, ...metadata })
    expect(metadata.client_id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    expect(Math.abs((found?.createdAt ?? 0) - Date.now())).toBeLessThan(10_000)
    const listed = await there.clients.list()
    expect(listed).toContainEqual(found)
    expect(JSON.stringify(listed)).not.toContain(client_secret)
    expect(listed.map(({ clientId }) => clientId)).not.toContain(confidential.client_id)
  })

  test('keeps nothing that nobody here understands', async () => {
    const given = { jwks_uri: 'https://nordvind.example.test/keys', software_id: 'x' } as object
    const { client_id } = await register(here.clients, given)
    const { metadata } = (await here.clients.find(client_id)) ?? {}
    expect(Object.keys(metadata ?? {}).toSorted()).toEqual(
      [...Object.keys(registration), 'client_id'].toSorted(),
    )
  })

  test('is public without a secret', async () => {
    const created = await here.clients.create({
      ...registration,
      client_name: 'Public Books',
      token_endpoint_auth_method: 'none',
    })
    expect([created.secret, created.client.secrets]).toEqual([undefined, []])
    const client = created.client.metadata
    const { refresh_token } = await connect(here.issuer, { client })
    expect((await refresh(here.issuer, refresh_token, client)).status).toBe(200)
    const clientId = client.client_id
    expect(await refusal(here.clients.rotateSecret(clientId))).toEqual([
      'token_endpoint_auth_method: invalid_client',
    ])
  })

  test('is not there where nobody registered it', async () => {
    expect(await here.clients.find('nobody')).toBeUndefined()
    expect(await here.clients.find(confidential.client_id)).toBeUndefined()
    expect(await here.clients.remove('nobody')).toBe(false)
    for (const change of [
      here.clients.update('nobody', {}),
      here.clients.rotateSecret('nobody'),
      here.clients.endOldSecrets('nobody'),
      here.clients.suspend('nobody'),
      here.clients.resume('nobody'),
    ])
      await expect(change).rejects.toThrow(UnknownClientError)
  })
})

describe('what is wrong is said', () => {
  test('all at once, by member, without the value, in the words of RFC 7591', async () => {
    const secret = 'not-to-be-said'
    const wrong = {
      client_name: `Pleo ${secret}`,
      redirect_uris: [`http://${secret}.example.test/`],
      contacts: [secret],
      client_secret: secret,
      scope: secret,
    }
    const error = await errorOf(here.clients.create(wrong))
    expect(error.issues.map(({ path }) => path).toSorted()).toEqual([
      'client_name',
      'client_secret',
      'contacts[0]',
      'redirect_uris[0]',
      'scope[0]',
    ])
    expect([error.statusCode, error.error]).toEqual([400, 'invalid_client_metadata'])
    expect(error.error_description).toContain('redirect_uris[0] must use https')
    expect(JSON.stringify([error, error.message, error.issues])).not.toContain(secret)
  })

  test('as invalid_redirect_uri, where nothing else is', async () => {
    const error = await errorOf(here.clients.create({ ...registration, redirect_uris: ['x'] }))
    expect(error.error).toBe('invalid_redirect_uri')
  })

  test.each<[string, object | null, string]>([
    ['no object', null, 'client: invalid_type'],
    ['an id of its own', { client_id: 'x' }, 'client_id: invalid_client'],
    ['a member spelled wrong', { client_nam: 'x' }, 'client_nam: unknown_option'],
    [
      'what only the framework minds',
      { grant_types: ['authorization_code', 'made_up'] },
      'grant_types: invalid_client_metadata',
    ],
  ])('of %s', async (_, members, issue) => {
    const given = members && { ...registration, client_name: 'Wrong Books', ...members }
    expect(await refusal(here.clients.create(given as never))).toEqual([issue])
  })
})

describe('a name', () => {
  test('is had by one client, whatever the options give and whoever comes at once', async () => {
    const taken = here.clients.create({ ...registration, client_name: 'NØRTHW1ND Ledger' })
    expect(await refusal(taken)).toEqual(['client_name: name_taken'])
    for (let round = 0; round < 5; round += 1) {
      const names = [`Twice ${round}`, `TWICE  ${round}`, `Tw1cə ${round}`, `twice-${round}`]
      const answers = await Promise.allSettled(
        names.map((client_name, index) =>
          (index % 2 ? here : there).clients.create({ ...registration, client_name }),
        ),
      )
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
  })

  test('is free again once its client is called something else', async () => {
    const { client_id } = await register(here.clients, {
      client_name: 'Before',
      'client_name#da': 'Før',
    })
    const claim = (client_name: string) => here.clients.create({ ...registration, client_name })
    expect(await refusal(claim('For'))).toEqual(['client_name: name_taken'])
    await there.clients.update(client_id, { client_name: 'After', 'client_name#da': null })
    expect(await refusal(claim('After'))).toEqual(['client_name: name_taken'])
    await claim('Before')
    await claim('For')
  })

  test('that others have changes nothing of a client', async () => {
    const [one, other] = [await register(here.clients), await register(here.clients)]
    const { client_name = '' } = one
    const changes = { client_name, 'client_name#da': 'Helt Ny' }
    expect(await refusal(here.clients.update(other.client_id, changes))).toEqual([
      'client_name: name_taken',
    ])
    expect((await here.clients.find(other.client_id))?.metadata.client_name).toBe(other.client_name)
    await register(here.clients, { client_name: 'Helt Ny' })
  })
})

describe('a change', () => {
  test('counts on every process within a second, and takes away what is null', async () => {
    const client = await register(here.clients, { optional_scope: 'users:read', test: true })
    await connect(there.issuer, { client })
    const redirect_uris = ['https://nordvind.example.test/new']
    const changed = await here.clients.update(client.client_id, { redirect_uris, test: null })
    expect(changed.metadata).not.toHaveProperty('test')
    expect(changed.metadata.optional_scope).toBe('users:read')
    expect(changed.updatedAt).toBeGreaterThan(changed.createdAt)
    const moved = { ...client, redirect_uris }
    expect((await connect(here.issuer, { client: moved })).token_type).toBe('Bearer')
    await expect
      .poll(() => connect(there.issuer, { client: moved }).catch(() => undefined))
      .toBeDefined()
  })

  test('is refused as a whole where something is wrong', async () => {
    const client = await register(here.clients)
    const update = here.clients.update(client.client_id, { scope: null, contacts: ['x'] })
    expect((await refusal(update)).length).toBe(2)
    const isPublic = { token_endpoint_auth_method: 'none' } as const
    expect(await refusal(here.clients.update(client.client_id, isPublic))).toEqual([
      'token_endpoint_auth_method: invalid_client',
    ])
    await connect(here.issuer, { client })
  })

  test('and another at the same time, on any process, are both kept', async () => {
    const { client_id } = await register(here.clients)
    const languages = ['da', 'sv', 'de', 'fr', 'es', 'it', 'fi', 'pt', 'nl', 'nb']
    await Promise.all([
      ...languages.map((language, index) =>
        (index % 2 ? here : there).clients.update(client_id, {
          [`client_name#${language}`]: `Many ${language}`,
        }),
      ),
      here.clients.rotateSecret(client_id),
      there.clients.suspend(client_id),
    ])
    const found = await here.clients.find(client_id)
    for (const language of languages) {
      expect(found?.metadata[`client_name#${language}`]).toBe(`Many ${language}`)
    }
    expect([found?.secrets.length, typeof found?.suspendedAt]).toEqual([2, 'number'])
  })
})

test('a client that a host stored with its secret goes on, and loses none of it when it is changed', async () => {
  const storage = await createTestStorage()
  const server = await startServer({ storage, clients: [] })
  await storage.records('Client').upsert(confidential.client_id, { ...confidential })
  const { refresh_token } = await connect(server.issuer)
  const { secrets } = await server.clients.update(confidential.client_id, { test: true })
  expect(secrets).toHaveLength(1)
  expect(await storage.records('Client').find(confidential.client_id)).not.toHaveProperty(
    'client_secret',
  )
  expect((await refresh(server.issuer, refresh_token)).status).toBe(200)
  const rotated = toCredentials(await server.clients.rotateSecret(confidential.client_id))
  const { access_token } = await connect(server.issuer, { client: rotated })
  expect((await introspect(server.issuer, access_token))['active']).toBe(true)
  await server.close()
})

test('a client that is given with the options, and called like one that is registered, is found at the start', async () => {
  const storage = await createTestStorage()
  const before = await startServer({ storage })
  await register(before.clients, { client_name: 'Fjordbogen', 'client_name#sv': 'Nordbok' })
  await before.close()

  const given = { ...confidential, client_id: 'given', client_name: 'Fj0rdbogen' }
  const added = {
    ...given,
    client_id: 'added',
    client_name: 'Ledger',
    'client_name#en': 'Nord-Bok',
  }
  const after = await startServer({ storage, clients: [confidential, given, added] })
  const error: unknown = await after.check().catch((reason: unknown) => reason)
  await after.close()
  expect((error as ConfigurationError).issues.map(({ path, code }) => [path, code])).toEqual([
    ['clients[1].client_name', 'name_taken'],
    ['clients[2].client_name#en', 'name_taken'],
  ])
  await expect(before.check()).resolves.toBeUndefined()
})
