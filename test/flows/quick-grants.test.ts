import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { ClientMetadata, Storage } from '../../lib/index.ts'
import { comparable, startCompared, type ComparedServer } from '../support/compared-servers.ts'
import { createProofKeys, prove } from '../support/dpop.ts'
import { connect, consent, post } from '../support/flow.ts'
import { createRandom, times } from '../support/fuzzing.ts'
import { nordlysGroup } from '../support/people.ts'
import { register } from '../support/registered.ts'
import { basic, oneConnection, send, type RawAnswer } from '../support/requests.ts'
import {
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
  startServer,
} from '../support/server.ts'
import { drawTokenRequest, type KnownConnection } from '../support/token-requests.ts'
import { createTwinStorages } from '../support/twin-storage.ts'

// Ordinary requests for tokens do not pass the framework. Nobody may see a difference. Two servers with equal storages get the same
// requests, one after the other; the framework answers all those of the second.

const withoutRefresh: ClientMetadata = {
  ...organizationClient,
  client_id: 'once',
  grant_types: ['authorization_code'],
  scope: 'companies:read users:read',
}
const boundClient: ClientMetadata = {
  ...confidential,
  client_id: 'bound',
  client_name: 'Bound Books',
  dpop_bound_access_tokens: true,
}
const clients = [
  confidential,
  publicClient,
  organizationClient,
  resourceServer,
  withoutRefresh,
  boundClient,
]

let quick: ComparedServer
let usual: ComparedServer
let begin: () => Promise<void>
let callers: readonly ClientMetadata[]
const connections: KnownConnection[] = []
const told: [quick: string[], usual: string[]] = [[], []]
const closing: (() => Promise<void>)[] = []
const minute = 60_000

/** Notes all that the server stores for its tokens. */
function noting(storage: Storage, notes: string[]): Storage {
  const exchange: typeof storage.grants.exchange = (grantId, given) => {
    notes.push(JSON.stringify(given))
    return storage.grants.exchange(grantId, given)
  }
  return { ...storage, grants: { ...storage.grants, exchange } }
}

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  const { first, second, both } = createTwinStorages()
  const given = await startServer({ storage: both, clients })
  const { issuer } = given
  const registered = await register(given.clients)
  const suspended = await register(given.clients)
  const removed = await register(given.clients)
  const narrowed = await register(given.clients)
  const nobody = { client_id: 'nobody', client_secret: 'guessed' }
  callers = [...clients, registered, suspended, removed, narrowed, nobody]
  const others = [confidential, registered, organizationClient, publicClient, withoutRefresh]
  const toOptions = (client: ClientMetadata) => ({
    client,
    ...(client.subject_type_preference === 'organization' && {
      as: 'jonas',
      subject: nordlysGroup,
    }),
  })
  const agree = async (client: ClientMetadata): Promise<KnownConnection> => {
    const { code, verifier } = await consent(issuer, toOptions(client))
    return { client, codes: [{ code, verifier }], refreshTokens: [], accessTokens: [] }
  }
  /** Both servers have the tokens of this one. */
  const connectBoth = async (client: ClientMetadata): Promise<KnownConnection> => {
    const tokens = await connect(issuer, toOptions(client))
    const { refresh_token, access_token } = tokens
    const refreshTokens = refresh_token === undefined ? [] : [refresh_token]
    return { client, codes: [], refreshTokens, accessTokens: [access_token] }
  }
  let begun = 0
  begin = async () => {
    const client = begun % 3 === 0 ? others[(begun / 3) % others.length] : confidential
    begun += 1
    connections.push(await (begun % 2 === 0 ? agree : connectBoth)(client ?? confidential))
    // The first four stay.
    if (connections.length > 12) connections.splice(4, 1)
  }
  const bound = await agree(boundClient)
  const [issued] = bound.codes
  const fields = {
    grant_type: 'authorization_code',
    code: issued?.code,
    code_verifier: issued?.verifier,
  }
  const url = `${issuer}/oauth/token`
  const { body } = await post(
    url,
    { ...fields, redirect_uri: boundClient.redirect_uris?.[0] },
    { ...basic(boundClient), ...(await prove(await createProofKeys(), url)) },
  )
  bound.refreshTokens.push(String(body['refresh_token']))
  bound.accessTokens.push(String(body['access_token']))
  connections.push(bound, await connectBoth(suspended), await connectBoth(removed))
  connections.push(await connectBoth(narrowed))
  for (let count = 0; count < 6; count += 1) await begin()
  await given.clients.suspend(suspended.client_id)
  await given.clients.remove(removed.client_id)
  await given.clients.update(narrowed.client_id, { grant_types: ['authorization_code'] })
  quick = await startCompared({ clients, issuer, storage: noting(first, told[0]) })
  usual = await startCompared({ clients, issuer, storage: noting(second, told[1]) })
  // With it, the framework answers everything.
  usual.server.provider.use((_ctx, next) => next())
  closing.push(given.close, quick.server.close, usual.server.close)
  for (const [index, { server }] of [quick, usual].entries()) {
    for (const name of ['created', 'refreshed', 'refresh_repeated', 'revoked'] as const) {
      server.connections.events.on(`connection.${name}`, (event: object) => {
        told[index]?.push(`${name} ${JSON.stringify(event)}`)
      })
    }
  }
})
afterAll(async () => {
  vi.useRealTimers()
  await Promise.all(closing.map((close) => close()))
})

/** The tokens of the second server, by those of the first: the tokens of a code are drawn at random. */
const twins = new Map<string, string>()

/** Returns a text of the first server as the second one has it. */
const toTwin = (text: string): string =>
  text.replaceAll(/[\w-]{65,93}/g, (token) => twins.get(token) ?? token)

/** Returns a text without members that are drawn at random, or that only the framework sets before a refusal. */
const known = (text: string): string =>
  text.replaceAll(/"jti":"[\w-]{22,36}"/g, '').replaceAll(/ \| AccessToken \{[^|]*\}(?= \||$)/g, '')

const tokensIn = (text: string): readonly string[] => text.match(/[\w-]{65,93}/g) ?? []

/** Learns the tokens that two equal texts have at the same places, if they are new. */
function learnTwins(ours: string, theirs: string): void {
  const others = tokensIn(theirs)
  for (const [index, token] of tokensIn(ours).entries()) {
    if (!twins.has(token)) twins.set(token, others[index] ?? '')
  }
}

/** Adds the tokens of an answer to their connection. */
function addTokens({ accessTokens, refreshTokens }: KnownConnection, { text }: RawAnswer): void {
  for (const token of tokensIn(text)) {
    const list = token.length === 65 ? accessTokens : refreshTokens
    if (!list.includes(token)) list.push(token)
  }
}

const outcomes = [
  '/oauth/token 200 ',
  '/oauth/token 400 refresh token missing requested scope',
  '/oauth/token 400 requested grant type is not allowed for this client',
  '/oauth/token 400 resource must be https://api.example.test',
  '/oauth/token 400 the authorization code was already used',
  '/oauth/token 400 the refresh token was already used',
  '/oauth/token 400 this refresh token was replaced: use the newest one',
  '/oauth/token 400 unknown, revoked, or of another client',
  '/oauth/token 401 client authentication failed',
  '/oauth/token/introspect 200 ',
  '/oauth/token/revoke 200 ',
  '/oauth/token/revoke 401 client authentication failed',
]

test('4 000 requests get the same answers, and do the same, as with the framework', async () => {
  const random = createRandom()
  const agents = [oneConnection(), oneConnection()] as const
  const count = times(4000)
  const seen = new Set<string>()
  for (let sent = 0; sent < count; sent += 1) {
    if (sent % 12 === 0) await begin()
    if (random() < 0.15) vi.setSystemTime(Date.now() + random() * 8000)
    if (random() < 0.002) vi.setSystemTime(Date.now() + random() * 90 * minute)
    const request = drawTokenRequest(random, connections, callers)
    const { path, init } = request
    const body = toTwin(String(init.body))
    const ours = await send(quick.server.issuer + path, { ...init, agent: agents[0] })
    const twin = { ...init, ...(init.body !== undefined && { body }), agent: agents[1] }
    const theirs = await send(usual.server.issuer + path, twin)
    learnTwins([...told[0], ours.text].join('\n'), [...told[1], theirs.text].join('\n'))
    if (ours.status === 200) addTokens(request.of, ours)
    // The tokens of a refresh come of the token that is used.
    const isTwin = (token: string): boolean => (twins.get(token) ?? token) === token
    const { refreshToken } = request
    const hasTwin = refreshToken !== undefined && isTwin(refreshToken)
    expect(hasTwin ? tokensIn(ours.text).filter((token) => !isTwin(token)) : []).toEqual([])
    const [answer, expected] = [ours, theirs].map((one) => ({
      ...comparable(one),
      text: known(one.text),
    })) as [RawAnswer, RawAnswer]
    expect({ ...request, ...answer, text: toTwin(answer.text) }).toEqual({
      ...request,
      ...expected,
    })
    const isEqual = (list: string[], others: readonly string[]): void =>
      expect(list.splice(0).map((text) => known(toTwin(text)))).toEqual(
        others.map((text) => known(text)),
      )
    isEqual(told[0], told[1].splice(0))
    isEqual(quick.events, usual.events.splice(0))
    const [, description = ''] = /"error_description":"([^"]*)/.exec(expected.text) ?? []
    seen.add(`${path.split('?')[0]} ${expected.status} ${description}`)
  }
  for (const agent of agents) agent.destroy()
  expect([...seen]).toEqual(expect.arrayContaining(outcomes))
  expect(usual.framework).toBeGreaterThan(count * 0.8)
  expect(quick.framework).toBeGreaterThan(count * 0.3)
  expect(quick.framework).toBeLessThan(count * 0.7)
})
