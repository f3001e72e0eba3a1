import { bodyParser } from '@koa/bodyparser'
import type { Context, Middleware } from 'koa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { ClientMetadataError } from '../../lib/index.ts'
import { mountAtRoot, startHost, type Host } from '../support/hosts.ts'
import { registration } from '../support/registered.ts'
import { toJson, type RawAnswer } from '../support/requests.ts'
import {
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
  tryToRegister,
  type SelfRegistered,
} from '../support/self-registered.ts'
import { useServer } from '../support/server.ts'

// However much a partner sends, it is a mistake, or stored as little as it says, and the answer is short.

let client: SelfRegistered
let count = 0
const fresh = () => ({ ...registration, client_name: `Kontoret ${(count += 1)}` })
const failures: unknown[] = []
const server = useServer({ storage: createMemoryAdapter(), registration: {} })
beforeAll(async () => {
  server.provider.on('server_error', (_, error) => failures.push(error))
  client = await selfRegister(server)
})

const descriptionOf = (answer: RawAnswer): string => String(toJson(answer)['error_description'])
describe('what is said of mistakes', () => {
  const misspelled = (many: number): object =>
    Object.fromEntries(Array.from({ length: many }, (_, index) => [`scope${index}`, 'x']))

  test('are the first twenty, and whether there are more', async () => {
    const said = async (many: number): Promise<readonly string[]> => {
      const answer = await tryToRegister(server, { ...fresh(), ...misspelled(many) })
      expect(answer.status).toBe(400)
      return descriptionOf(answer).split('; ')
    }
    const twenty = await said(20)
    expect(twenty).toHaveLength(20)
    expect(twenty[19]).toBe("scope19 is not known (did you mean 'scope'?)")
    expect(await said(21)).toEqual([...twenty, 'and more'])
    expect(await said(100)).toEqual([...twenty, 'and more'])
  })

  test('are the first twenty for programs of the host, too', async () => {
    const error = await server.clients
      .create({ ...fresh(), ...misspelled(100) })
      .catch((reason: unknown) => reason)
    expect((error as ClientMetadataError).issues).toHaveLength(20)
    expect((error as ClientMetadataError).message).toMatch(/; and more$/)
  })

  test.each([
    ['a quote and a line end', 'client_name#é"\n<b>', "client_name#?'?<b>"],
    ['a backslash', 'client_uri#\\', 'client_uri#?'],
    ['no letters', 'tos_uri#\u{1F950}\u007F\t', 'tos_uri#???'],
    ['half a character', 'logo_uri#\uD800', 'logo_uri#?'],
    ['much', `tos_uri#${'x'.repeat(20_000)}`, `tos_uri#${'x'.repeat(192)}...`],
  ])('has the characters of RFC 6749 only, of a member with %s', async (_, member, shown) => {
    const said = `${shown} has no language tag behind the #`
    const page = member.startsWith('client_name') ? 'Nord' : 'https://nordvind.example.test/'
    const metadata = { ...fresh(), [member]: page }
    const replacement = toReplacement(client, { [member]: page })
    for (const answer of [
      await tryToRegister(server, metadata),
      await replaceSelf(client, replacement),
    ]) {
      expect([answer.status, descriptionOf(answer)]).toEqual([400, said])
      expect(descriptionOf(answer)).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/)
    }
  })

  test('is short, whatever is wrong', async () => {
    for (const wrong of [
      { grant_types: Array.from({ length: 12_000 }, () => 'x') },
      { redirect_uris: Array.from({ length: 10_000 }, () => 'a') },
      { contacts: Array.from({ length: 10_000 }, () => 'a') },
      Object.fromEntries(
        Array.from({ length: 49 }, (_, index) => [`tos_uri#${index}${'x'.repeat(1000)}`, 'a']),
      ),
    ]) {
      const answer = await tryToRegister(server, { ...fresh(), ...wrong })
      expect(answer.status).toBe(400)
      expect(descriptionOf(answer).length).toBeLessThan(10_000)
    }
  })
})

test('scopes are stored once each, whichever way they come in', async () => {
  const many = Array.from({ length: 250 }, () => 'companies:read users:read').join(' ')
  const metadata = { scope: many, optional_scope: 'users:read users:read' }
  const once = { scope: 'companies:read users:read', optional_scope: 'users:read' }
  const created = await server.clients.create({ ...fresh(), ...metadata })
  expect(created.client.metadata).toMatchObject(once)
  const { clientId } = (await server.clients.create(fresh())).client
  expect((await server.clients.update(clientId, metadata)).metadata).toMatchObject(once)
  const registered = await tryToRegister(server, { ...fresh(), ...metadata })
  expect(toJson(registered)).toMatchObject(once)
  const replaced = await replaceSelf(client, toReplacement(client, metadata))
  expect(toJson(replaced)).toMatchObject(once)
  const stored = await server.clients.find(client.client_id)
  expect(stored?.metadata).toMatchObject(once)
})

test('of 200 000 grant types one thing is said, and nothing fails', async () => {
  const grant_types = Array.from({ length: 200_000 }, () => 'x')
  const error = await server.clients
    .create({ ...fresh(), grant_types })
    .catch((reason: unknown) => reason)
  expect((error as ClientMetadataError).issues).toEqual([
    { path: 'grant_types', code: 'too_big', message: 'must hold 20 at most' },
  ])
})

describe('where the host has read the body', () => {
  const hosts: Host[] = []
  afterAll(() => Promise.all(hosts.map((host) => host.close())))

  async function start(read: Middleware): Promise<Host> {
    const host = await startHost(
      (parent, { app }) => {
        parent.use(read)
        parent.use(mountAtRoot(app))
      },
      { storage: createMemoryAdapter(), registration: { initialAccessToken: false } },
    )
    host.provider.on('server_error', (_, error) => failures.push(error))
    hosts.push(host)
    return host
  }

  const withRawText = bodyParser({ enableTypes: ['json'], jsonLimit: '9mb' }) as Middleware
  const reading =
    (leave: (ctx: Context, text: string) => unknown): Middleware =>
    async (ctx, next) => {
      let text = ''
      for await (const chunk of ctx.req) text += String(chunk)
      if (text !== '') leave(ctx, text)
      return next()
    }
  const withoutRawText = reading((ctx, text) => (ctx.request.body = JSON.parse(text)))
  const parsers = [
    ['and keeps the text', withRawText],
    ['and does not', withoutRawText],
    ['as text', reading((ctx, text) => (ctx.request.body = text))],
    ['as a Buffer', reading((ctx, text) => (ctx.request.body = Buffer.from(text)))],
    ['as Express does', reading((ctx, text) => Object.assign(ctx.req, { body: JSON.parse(text) }))],
  ] as const
  const padded = (length: number): string => {
    const text = JSON.stringify({ ...fresh(), software_statement: '' })
    return text.replace('statement":"', `statement":"${'x'.repeat(length - text.length)}`)
  }
  const limit = 56 * 1024
  /** Sends a body without its length. */
  const stream = (url: string, text: string): Promise<Response> => {
    const init: RequestInit & { readonly duplex: 'half' } = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([text]).stream(),
      duplex: 'half',
    }
    return fetch(url, init)
  }

  test.each(parsers)('a body beyond the limit is refused (%s)', async (_, read) => {
    const host = await start(read)
    const endpoint = `${host.issuer}/oauth/register`
    const own = await selfRegister(host)
    const token = own.registration_access_token
    const tooLarge = { error: 'invalid_request', error_description: 'the body is too large' }
    for (const [url, method] of [
      [endpoint, 'POST'],
      [own.registration_client_uri, 'PUT'],
    ] as const) {
      const answer = await sendJson(url, padded(limit + 1), { method, token })
      expect([answer.status, toJson(answer)]).toEqual([413, tooLarge])
    }
    expect((await sendJson(endpoint, padded(limit))).status).toBe(201)
    const grant_types = Array.from({ length: 200_000 }, () => 'x')
    expect((await sendJson(endpoint, { ...fresh(), grant_types })).status).toBe(413)
    expect(failures).toEqual([])
  })

  test.each(parsers)('so is one whose length is not said (%s)', async (_, read) => {
    const endpoint = `${(await start(read)).issuer}/oauth/register`
    const grant_types = Array.from({ length: 200_000 }, () => 'x')
    const nested = `${'['.repeat(limit)}${']'.repeat(limit)}`
    for (const text of [
      padded(limit + 1),
      JSON.stringify({ ...fresh(), grant_types }),
      JSON.stringify({ ...fresh(), jwks: 1 }).replace(':1}', `:${nested}}`),
    ])
      expect((await stream(endpoint, text)).status).toBe(413)
    expect((await stream(endpoint, padded(limit))).status).toBe(201)
    expect(failures).toEqual([])
  })
})
