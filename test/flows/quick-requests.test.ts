import { EventEmitter, once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import type { KoaContextWithOIDC } from 'oidc-provider'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { AuthorizationServerOptions, ClientMetadata } from '../../lib/index.ts'
import { connectBound } from '../support/bound-tokens.ts'
import { createProofKeys } from '../support/dpop.ts'
import { comparable, startCompared, type ComparedServer } from '../support/compared-servers.ts'
import { connect, refresh, revoke } from '../support/flow.ts'
import { times } from '../support/fuzzing.ts'
import { createRequests } from '../support/introspection-requests.ts'
import { bakery, nordlysGroup } from '../support/people.ts'
import { register } from '../support/registered.ts'
import { basic, pause, send, type RawAnswer } from '../support/requests.ts'
import {
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
  startServer,
  type RunningServer,
} from '../support/server.ts'
import { createTwinStorages } from '../support/twin-storage.ts'

// Ordinary requests of clients do not pass the framework. Nobody may see a difference. See quick-grants.test.ts as well.

const encoded = {
  client_id: 'urn:example:encoded',
  client_secret: 'a secret + 100% of characters to encode',
  redirect_uris: ['https://encoded.example.test/callback'],
  scope: 'companies:read',
  token_endpoint_auth_method: 'client_secret_post',
} as const
const clients = [confidential, publicClient, organizationClient, resourceServer, encoded]

let quick: ComparedServer
let usual: ComparedServer
let tokens: readonly string[]
let callers: readonly ClientMetadata[]
const closing: (() => Promise<void>)[] = []

async function start(options: Partial<AuthorizationServerOptions>): Promise<RunningServer> {
  const server = await startServer({ clients, ...options })
  closing.push(() => server.close())
  return server
}

async function compare(options: Partial<AuthorizationServerOptions>): Promise<ComparedServer> {
  const compared = await startCompared({ clients, ...options })
  closing.push(() => compared.server.close())
  return compared
}

const namesOf = (events: readonly string[]): readonly (string | undefined)[] =>
  events.map((event) => event.split(' | ')[0])

beforeAll(async () => {
  const { first, second, both } = createTwinStorages()
  const given = await start({ storage: both })
  const { issuer } = given
  const registered = await register(given.clients)
  const suspended = await register(given.clients)
  const one = await connect(issuer)
  const stored = await connect(issuer, { client: registered })
  const ended = await connect(issuer, { client: suspended })
  await given.clients.suspend(suspended.client_id)
  const group = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
  const organization = await connect(issuer, group)
  const ofPublic = await connect(issuer, { client: publicClient })
  const bound = await connectBound(issuer, await createProofKeys())
  const revoked = await connect(issuer)
  await revoke(issuer, revoked.refresh_token)
  const replaced = await connect(issuer)
  const { body: renewed } = await refresh(issuer, replaced.refresh_token)
  tokens = [
    [one, stored, ended, organization, ofPublic, revoked, replaced].flatMap(
      ({ access_token, refresh_token }) => [access_token, refresh_token],
    ),
    [bound, String(renewed['access_token']), String(renewed['refresh_token'])],
    ['unknown', '', 'a.b.c', 'eyJhbGciOiJub25lIn0.e30.', 'tøken 🥐', 'a\0b', 'x'.repeat(5000)],
    [`${one.access_token} `, one.access_token.slice(0, -1)],
  ].flat()
  callers = [...clients, registered, suspended, { client_id: 'nobody', client_secret: 'guessed' }]
  quick = await compare({ storage: first, issuer })
  usual = await compare({ storage: second, issuer })
  // With it, the framework answers everything.
  usual.server.provider.use((_ctx, next) => next())
})
afterAll(() => Promise.all(closing.map((close) => close())))

const formType = 'application/x-www-form-urlencoded'
test('5 000 requests get the same answers and events as from the framework', async () => {
  const next = createRequests(callers, tokens)
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const count = times(5000)
  const statuses = new Map<number, number>()
  for (let sent = 0; sent < count; sent += 50) {
    const requests = Array.from({ length: 50 }, next)
    const answersOf = ({ server }: ComparedServer): Promise<readonly RawAnswer[]> =>
      Promise.all(requests.map(({ path, init }) => send(server.issuer + path, { ...init, agent })))
    const [ours, theirs] = [await answersOf(quick), await answersOf(usual)]
    requests.forEach((one, index) => {
      const [answer, expected] = [ours[index] as RawAnswer, theirs[index] as RawAnswer]
      expect({ ...one, ...comparable(answer) }).toEqual({ ...one, ...comparable(expected) })
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    })
    expect(quick.events.toSorted()).toEqual(usual.events.toSorted())
  }
  agent.destroy()
  for (const status of [200, 400, 401, 405]) expect(statuses.get(status)).toBeGreaterThan(0)
  expect(usual.framework).toBeGreaterThan(count * 0.8)
  expect(quick.framework).toBeGreaterThan(count * 0.1)
  expect(quick.framework).toBeLessThan(count * 0.6)
})

test('the same connections are in use afterwards', async () => {
  const used = async ({ server }: ComparedServer): Promise<readonly string[]> => {
    const found = await Promise.all(
      [bakery, nordlysGroup].map((subject) => server.connections.list({ subject })),
    )
    const grants = found.flat().flatMap((connection) => connection.grants)
    return grants.flatMap(({ grantId, lastUsedAt }) => (lastUsedAt ? [grantId] : [])).toSorted()
  }
  expect(await used(quick)).toEqual(await used(usual))
  expect((await used(quick)).length).toBeGreaterThan(3)
})

const ask = ({ issuer }: RunningServer, fields: Record<string, string>, client: ClientMetadata) => {
  const [body, headers] = [new URLSearchParams(fields), basic(client)]
  return send(`${issuer}/oauth/token/introspect`, { body, headers })
}

/** Sends a form in pieces, each after the server has had time to read the one before. */
async function sendSlowly(
  { server: { issuer } }: ComparedServer,
  pieces: readonly string[],
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  const options = {
    method: 'POST',
    agent: false,
    headers: { 'content-type': formType, ...headers },
  }
  const message = request(`${issuer}/oauth/token/introspect`, options)
  const answered = once(message, 'response') as Promise<[IncomingMessage]>
  for (const piece of pieces) {
    message.write(piece)
    await pause(20)
  }
  message.end()
  const [response] = await answered
  const text = Buffer.concat(await response.toArray()).toString()
  return comparable({ status: response.statusCode ?? 0, headers: response.headers, text })
}

test.each([
  ['right', confidential.client_secret],
  ['wrong', 'wrong'],
])('a form that comes in pieces is read whole, with a secret that is %s', async (_, secret) => {
  const pieces = ['tok', `en=${tokens[0] ?? ''}`, '&token_type_hint=', 'access_token']
  const length = { 'content-length': String(pieces.join('').length) }
  for (const sized of [length, {}] as const) {
    const headers = { ...basic(confidential, secret), ...sized }
    const answer = await sendSlowly(quick, pieces, headers)
    expect(answer).toEqual(await sendSlowly(usual, pieces, headers))
    expect(answer).toMatchObject({ status: secret === 'wrong' ? 401 : 200 })
  }
})

test('a middleware that a host adds to the provider sees every request of the framework', async () => {
  const server = await start({})
  const seen: unknown[] = []
  server.provider.use(async (ctx, next) => {
    await next()
    seen.push((ctx as unknown as KoaContextWithOIDC).oidc.route)
  })
  const answer = await ask(server, { token: 'unknown' }, confidential)
  expect([answer.status, seen]).toEqual([200, ['introspection']])
})

test('a policy of the host is asked about the token as the framework has it', async () => {
  const asked: unknown[] = []
  const server = await start({
    configure: (configuration) => {
      const allowedPolicy = (ctx: KoaContextWithOIDC, client: object, token: object): boolean => {
        asked.push([ctx.oidc.client === client, token instanceof ctx.oidc.provider.AccessToken])
        return false
      }
      Object.assign(configuration.features?.introspection ?? {}, { allowedPolicy })
      return configuration
    },
  })
  const { access_token: token } = await connect(server.issuer)
  const answer = await ask(server, { token }, confidential)
  expect([answer.text, asked]).toEqual(['{"active":false}', [[true, true]]])
})

test('a secret beside an assertion, and a secret that has ended, are left to the framework', async () => {
  const ended = { ...organizationClient, client_id: 'ended', client_secret_expires_at: 1 }
  const server = await start({
    configure: ({ clients: given = [], ...configuration }) => ({
      ...configuration,
      clients: [...given, ended as (typeof given)[number]],
      clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    }),
    clients: [confidential],
  })
  const outcome = async (client: ClientMetadata, fields: object): Promise<unknown> => {
    const { status, text } = await ask(server, { token: 'unknown', ...fields }, client)
    return [status, (JSON.parse(text) as Record<string, unknown>)['error']]
  }
  expect(await outcome(confidential, {})).toEqual([200, undefined])
  expect(await outcome(confidential, { client_assertion: 'x.y.z' })).toEqual([
    400,
    'invalid_request',
  ])
  expect(await outcome(ended, {})).toEqual([401, 'invalid_client'])
})

test.each([
  ['introspection', '/oauth/token/introspect', 0],
  ['introspection', '/oauth/token/introspect', 700],
  ['revocation', '/oauth/token/revoke', 0],
  ['revocation', '/oauth/token/revoke', 700],
])('at %s (%s), a storage that fails after %i ms is asked once: 503', async (name, path, wait) => {
  const storage = createMemoryAdapter()
  let asked = 0
  const load = async (): Promise<never> => {
    asked += 1
    await pause(wait)
    throw new Error('the storage is away')
  }
  const { server, events } = await compare({
    storage: { ...storage, grants: { ...storage.grants, load } },
  })
  const { status, text, headers } = await send(server.issuer + path, {
    body: new URLSearchParams({ token: tokens[0] ?? '' }),
    headers: basic(confidential),
  })
  expect([status, headers['retry-after'], asked]).toEqual([503, '1', 1])
  expect(text).toContain('temporarily_unavailable')
  expect(namesOf(events)).toEqual([
    'server_error temporarily_unavailable',
    `${name}.error temporarily_unavailable`,
  ])
})

test('a client that goes away meanwhile is no error, but a storage that is away is', async () => {
  const storage = createMemoryAdapter()
  let isAway = false
  const finds = new EventEmitter()
  const find = async (): Promise<undefined> => {
    const fails = isAway
    finds.emit('asked')
    await once(finds, 'go on')
    if (fails) throw new Error('the storage is away')
  }
  const { server, events } = await compare({
    storage: {
      ...storage,
      records: (model) => ({ ...storage.records(model), ...(model === 'Client' && { find }) }),
    },
  })
  const { app } = server
  const create = app.createContext.bind(app)
  app.createContext = (req, res) => {
    req.once('close', () => app.emit('closed'))
    return create(req, res)
  }
  for (isAway of [false, true]) {
    const closed = once(app, 'closed')
    const headers = { 'content-type': formType, ...basic({ client_id: 'nobody' }, 'guessed') }
    const options = { method: 'POST', agent: false, headers } as const
    const message = request(`${server.issuer}/oauth/token/introspect`, options)
    message.on('error', () => undefined)
    const asked = once(finds, 'asked')
    message.end('token=unknown')
    await asked
    message.destroy()
    await closed
    finds.emit('go on')
  }
  await expect.poll(() => namesOf(events)).toEqual(['server_error temporarily_unavailable'])
})
