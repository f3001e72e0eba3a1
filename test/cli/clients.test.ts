import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isClientSecret } from '../../lib/index.ts'
import { refresh } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { passAnHour } from '../support/registered.ts'

const commands = startRedisCommands(['clients'])
const { ok, refusal } = commands

let count = 0
const flags = (): readonly string[] => {
  count += 1
  const uri = ['--redirect-uri', 'https://nordvind.example.test/callback']
  return ['--name', `Nordvind Regnskab ${count}`, ...uri, '--scope', 'companies:read', 'users:read']
}

interface Created {
  readonly client: { readonly clientId: string; readonly metadata: object }
  readonly secret: string
}

async function create(...more: readonly string[]): Promise<{ id: string; secret: string }> {
  const { client, secret } = JSON.parse(
    await ok('create', ...flags(), ...more, '--json'),
  ) as Created
  return { id: client.clientId, secret }
}

/** Whether the secret authenticates the client: with a token of nobody, its client gets no other error. */
async function isGood(id: string, client_secret: string): Promise<boolean> {
  const { body } = await refresh(commands.server.issuer, 'x'.repeat(93), {
    client_id: id,
    client_secret,
  })
  expect(['invalid_grant', 'invalid_client']).toContain(body['error'])
  return body['error'] === 'invalid_grant'
}

describe('clients create', () => {
  test('registers a client, whose secret is on stdout this once', async () => {
    const said = await ok('create', ...flags())
    const secret = /client secret +(\S+)/.exec(said)?.[1] ?? ''
    const id = /client id +(\S+)/.exec(said)?.[1] ?? ''
    expect(isClientSecret(secret)).toBe(true)
    expect(await isGood(id, secret)).toBe(true)
    for (const again of [['show', id], ['show', id, '--json'], ['list'], ['list', '--json']])
      expect(await ok(...again)).not.toMatch(/pleo_cs_|hash/)
  })

  test('takes every member from a file, and none of it is lost', async () => {
    const metadata = {
      client_name: 'Fra Fil',
      'client_name#da': 'Fra en Fil',
      redirect_uris: ['https://fil.example.test/callback'],
      scope: 'companies:read',
      require_pushed_authorization_requests: true,
    }
    const file = join(createFolder({ 'client.json': JSON.stringify(metadata) }), 'client.json')
    const said = JSON.parse(await ok('create', '--metadata', file, '--json')) as Created
    const { clientId: client_id } = said.client
    expect(said.client.metadata).toEqual({ ...metadata, client_id })
    expect((await commands.server.clients.find(client_id))?.metadata).toEqual({
      ...metadata,
      client_id,
    })
  })

  test('gives a public client no secret', async () => {
    const { id, secret } = await create('--public')
    expect(secret).toBeNull()
    expect(await ok('show', id)).toContain('A public client: it has no secret.')
    expect(await refusal('rotate', id)).toContain('a public client has no secret')
  })

  test('says all that is wrong by member, without the value, and registers nothing', async () => {
    const before = await commands.server.clients.list()
    const wrong = ['--name', 'Pleo Verysecret', '--redirect-uri', 'http://verysecret.test']
    const said = await refusal('create', ...wrong, '--scope', 'very:all')
    expect(said).toMatch(/^error: nothing was changed/)
    for (const member of ['client_name: ', 'redirect_uris[0]: must use https', 'scope[0] '])
      expect(said).toContain(member)
    expect(said.toLowerCase()).not.toContain('verysecret')
    expect(await commands.server.clients.list()).toEqual(before)
  })

  test('says which scope there is not, and which there are, once', async () => {
    const of = ['--name', 'Wrong Scopes', '--redirect-uri', 'https://a.test/cb']
    const said = await refusal('create', ...of, '--scope', 'a:b', 'companies:read', 'c:d')
    expect(said).toMatch(/\n {2}scope\[0\] \(a:b\): names a scope that the .+ does not have\n/)
    expect(said).toMatch(/\n {2}scope\[2\] \(c:d\): names .*; there are .*companies:read .*\n$/)
    expect(await refusal('create', ...of, '--scope', '')).toBe(
      'error: missing: --scope (on a terminal, you would be asked)\n',
    )
  })

  test('takes scopes and redirect URIs with commas between them', async () => {
    const uris = 'https://a.test/cb?x=1,2,com.example.app:/callback,https://b.test/cb'
    const scopes = ['--scope', 'companies:read,users:read', '--optional-scope', 'users:read']
    const name = ['--name', 'With Commas', '--native']
    const said = await ok('create', ...name, '--redirect-uri', uris, ...scopes, '--json')
    expect((JSON.parse(said) as Created).client.metadata).toMatchObject({
      redirect_uris: ['https://a.test/cb?x=1,2', 'com.example.app:/callback', 'https://b.test/cb'],
      scope: 'companies:read users:read',
      optional_scope: 'users:read',
    })
  })

  test('minds what the framework minds', async () => {
    const file = join(createFolder({ 'c.json': '{"grant_types":["made_up"]}' }), 'c.json')
    const said = await refusal('create', ...flags(), '--metadata', file)
    expect(said).toContain('grant_types: can only contain')
  })

  test('says of members of a file what they must be, whatever they are', async () => {
    const members = ['grant_types', 'client_name', 'redirect_uris', 'scope', 'contacts']
    const wrong = Object.fromEntries(members.map((name) => [name, 1]))
    const file = join(createFolder({ 'c.json': JSON.stringify(wrong) }), 'c.json')
    const said = await refusal('create', '--metadata', file)
    expect(said).toMatch(/^error: nothing was changed/)
    for (const name of members) expect(said).toContain(`\n  ${name}: must be `)
  })

  test('asks nobody away from a terminal, and says which options are missing', async () => {
    expect(await refusal('create', '--name', 'Nobody')).toBe(
      'error: missing: --redirect-uri, --scope (on a terminal, you would be asked)\n',
    )
  })
})

describe('clients list, show and update', () => {
  test('list has one row for each, and the same as JSON', async () => {
    const { id } = await create()
    const rows = (await ok('list')).trimEnd().split('\n')
    const all = JSON.parse(await ok('list', '--json')) as readonly { readonly clientId: string }[]
    expect(rows).toHaveLength(all.length + 1)
    expect(rows.at(-1)).toMatch(new RegExp(`^${id} .* active +\\d{4}-\\d\\d-\\d\\dT[\\d:]+Z +-$`))
    expect(all.at(-1)?.clientId).toBe(id)
  })

  test('show has times in ISO 8601, and null for what is not there', async () => {
    const { id } = await create()
    const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string
    const ids = { id: expect.any(String) as string, isSafeToEnd: false }
    expect(JSON.parse(await ok('show', id, '--json'))).toEqual({
      clientId: id,
      metadata: (await commands.server.clients.find(id))?.metadata,
      createdAt: time,
      updatedAt: time,
      suspendedAt: null,
      isSelfRegistered: false,
      claimsNames: true,
      lookAlikes: [],
      secrets: [{ ...ids, createdAt: time, lastUsedAt: null, expiresAt: null }],
    })
  })

  test('update changes what is named, takes away what is unset, and leaves the rest', async () => {
    const { id } = await create('--test', '--contact', 'a@nordvind.example.test')
    const before = (await commands.server.clients.find(id))?.metadata
    await ok('update', id, '--no-test', '--unset', 'contacts', '--logo-uri', 'https://n.test/l.png')
    const { contacts, ...rest } = before ?? {}
    expect(contacts).toEqual(['a@nordvind.example.test'])
    const after = (await commands.server.clients.find(id))?.metadata
    expect(after).toEqual({ ...rest, test: false, logo_uri: 'https://n.test/l.png' })
    expect(await refusal('update', id)).toContain('say what to change')
    expect(await refusal('update', id, '--logo-uri', 'ftp://x')).toContain('logo_uri: ')
    expect(await refusal('update', id, '--test', '--unset', 'logo_url')).toBe(
      'error: nothing was changed: the client has no logo_url (did you mean logo_uri?)\n',
    )
    expect((await commands.server.clients.find(id))?.metadata).toEqual(after)
  })

  test.each([
    ['show'],
    ['update', '--test'],
    ['update', '--unset', 'test'],
    ['rotate'],
    ['end-old-secrets'],
    ['suspend'],
    ['resume'],
    ['remove'],
  ])('%s knows no client that is not there', async (name, ...more) => {
    const said = await refusal(name, 'nobody', ...more)
    expect(said).toMatch(/^error: no such client is registered/)
  })

  test('show says which client it has looked for, and where', async () => {
    const said =
      'error: no such client is registered: nobody is not in the Redis that REDIS_URL names'
    expect(await refusal('show', 'nobody')).toContain(`${said} (clients given with the options`)
    const elsewhere = await refusal('show', 'nobody', '--key-prefix', 'other:')
    expect(elsewhere).toContain(`${said} with the key prefix other: (`)
  })
})

describe('clients rotate', () => {
  test('lets the old secret go on, and show says when it is safe to end', async () => {
    const { id, secret: old } = await create()
    const said = await ok('rotate', id)
    const newest = /client secret +(\S+)/.exec(said)?.[1] ?? ''
    expect(said).toMatch(/The old one works until \d{4}-/)
    const expiresAt = (await commands.server.clients.find(id))?.secrets[1]?.expiresAt ?? 0
    expect(Math.abs(expiresAt - Date.now() - 7 * 86_400_000)).toBeLessThan(60_000)
    expect(await ok('show', id)).toContain('not safe to end yet: the newest one was not used')
    expect(await isGood(id, old)).toBe(true)
    expect(await isGood(id, newest)).toBe(true)
    const show = (): Promise<string> => ok('show', id)
    await expect.poll(show).toMatch(/not safe to end yet: it will be at \d{4}-/)
  })

  test('has an old secret that nobody uses safe to end once the new one is in use', async () => {
    const { id } = await create()
    const { secret } = JSON.parse(await ok('rotate', id, '--old-ends-in', '1', '--json')) as Created
    expect(await isGood(id, secret)).toBe(true)
    const show = (): Promise<string> => ok('show', id)
    await expect.poll(show).toMatch(/to end yet: it will be at 2\d{3}-/)
    await passAnHour(commands.storage, id)
    expect(await show()).toContain('The old secret is safe to end')
  })

  test('ends the old one at once where that is meant', async () => {
    const { id, secret: old } = await create()
    expect(await refusal('rotate', id, '--now')).toContain('it takes --yes')
    expect((await commands.server.clients.find(id))?.secrets).toHaveLength(1)
    expect(await isGood(id, old)).toBe(true)
    const said = await ok('rotate', id, '--now', '--yes', '--json')
    await expect.poll(() => isGood(id, old)).toBe(false)
    expect(await isGood(id, (JSON.parse(said) as Created).secret)).toBe(true)
  })

  test('minds its number of days', async () => {
    for (const days of ['0', '366', '1.5', 'x'])
      expect(await refusal('rotate', 'any', '--old-ends-in', days)).toContain('from 1 to 365')
  })
})

test('clients rotate says what would be lost, where there is nobody to ask', async () => {
  const { id } = await create()
  await ok('rotate', id)
  const said = await refusal('rotate', id)
  expect(said).toMatch(/it takes --yes, which says yes to:\n.* has two secrets:\n {2}one made /)
  expect(said).toMatch(
    /\n {2}one made \S+Z \(never used\): ends now\n {2}one made \S+Z \(never used\): goes on\n/,
  )
  expect(said).toMatch(/\nWhatever uses the one that ends stops working\. Go on\?\n$/)
})

describe('clients end-old-secrets', () => {
  const isSafe = async (id: string): Promise<unknown> =>
    (await commands.server.clients.find(id))?.secrets[1]?.isSafeToEnd

  test('is refused while the old one may be in use, and done where that is meant', async () => {
    const { id, secret: old } = await create()
    expect(await ok('end-old-secrets', id)).toContain('has no old secret')
    await ok('rotate', id)
    expect(await refusal('end-old-secrets', id)).toContain('it takes --yes')
    expect(await isGood(id, old)).toBe(true)
    const said = await ok('end-old-secrets', id, '--yes', '--json')
    expect(JSON.parse(said)).toMatchObject({ clientId: id, secrets: [{ lastUsedAt: null }] })
    await expect.poll(() => isGood(id, old)).toBe(false)
  })

  test('is done unasked where it is safe, and show names it', async () => {
    const { id, secret: old } = await create()
    const { secret } = JSON.parse(await ok('rotate', id, '--json')) as Created
    expect(await ok('show', id)).toContain(`To end it: pleo-oauth clients end-old-secrets ${id}\n`)
    await passAnHour(commands.storage, id)
    expect(await isGood(id, secret)).toBe(true)
    await expect.poll(() => isSafe(id)).toBe(true)
    expect(await ok('end-old-secrets', id)).toMatch(/^Ended the old secret of Nordvind/)
    await expect.poll(() => isGood(id, old)).toBe(false)
    expect(await isGood(id, secret)).toBe(true)
  })
})

describe('clients suspend, resume and remove', () => {
  test('suspend takes everything and resume gives it back, on running servers', async () => {
    const { id, secret } = await create()
    expect(await refusal('suspend', id)).toContain('it takes --yes')
    expect(await isGood(id, secret)).toBe(true)
    expect(await ok('suspend', id, '--yes')).toContain(`(${id})`)
    expect(await ok('show', id)).toMatch(/status +suspended since \d{4}-/)
    await expect.poll(() => isGood(id, secret)).toBe(false)
    await ok('resume', id)
    await expect.poll(() => isGood(id, secret)).toBe(true)
  })

  test('remove ends a client where that is meant, and is refused where it is not', async () => {
    const { id } = await create()
    const said = await refusal('remove', id)
    expect(said).toMatch(/^error: nothing was changed: away from a terminal it takes --yes, .*:\n/)
    expect(said).toMatch(/\nRemove Nordvind .* with everything people granted it\? .*\n$/)
    expect(await commands.server.clients.find(id)).toBeDefined()
    const removed = await ok('remove', id, '--yes', '--json')
    expect(JSON.parse(removed)).toEqual({ clientId: id, removed: true })
    expect(await commands.server.clients.find(id)).toBeUndefined()
  })
})
