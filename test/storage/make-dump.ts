/**
 * Fills a Redis with all that this version stores, and keeps it as `dump/version-1.json`. Run it again only before a release
 * has stored anything: afterwards, the file is what others have in their Redis.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { format } from 'prettier'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser, type Browser, urlOfInteraction } from '../support/browser.ts'
import { prove } from '../support/dpop.ts'
import {
  authorizationUrl,
  consent,
  createPkce,
  goToConsent,
  introspect,
  post,
  type Answer,
  type Tokens,
} from '../support/flow.ts'
import { bakery, nordlysDenmark, nordlysGermany, nordlysGroup } from '../support/people.ts'
import { startRedis } from '../support/redis-server.ts'
import { registration, toCredentials, type Credentials } from '../support/registered.ts'
import { basic, toJson } from '../support/requests.ts'
import { selfRegister, sendJson } from '../support/self-registered.ts'
import {
  confidential,
  organizationClient,
  publicClient,
  resourceServer,
  type RunningServer,
} from '../support/server.ts'
import {
  createProofKey,
  dumpFile,
  fiftyYears,
  listAll,
  machineId,
  requestTokens,
  startKeptServer,
  takeDump,
  toProofKeys,
  type Held,
  type HeldConnection,
  type HeldToken,
  type KeptDump,
  type TokenFormat,
} from './kept-dump.ts'

const bound: ClientMetadata = {
  ...publicClient,
  client_id: 'bound',
  client_name: 'Bound Books',
  dpop_bound_access_tokens: true,
}

/** Stored as a host can store it: with its secret as it is. */
const machine: Credentials = {
  client_id: machineId,
  client_secret: 'machine-secret-of-32-characters-at-least',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'companies:read',
}

const settings = {
  storageKeys: ['a storage key of the dump, long enough'],
  cookieKeys: ['a cookie key of the dump, long enough'],
  clients: [confidential, publicClient, organizationClient, resourceServer, bound],
}

interface Servers {
  readonly opaque: RunningServer
  readonly jwt: RunningServer
  readonly issuer: string
}

const bodyOf = ({ status, body }: Answer): Answer['body'] => {
  if (status >= 300) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

const withIntrospection = async (
  { issuer }: Servers,
  access_token: string,
): Promise<HeldToken> => ({
  access_token,
  introspection: await introspect(issuer, access_token, resourceServer),
})

interface ConnectOptions {
  readonly client: ClientMetadata
  readonly as: string
  readonly browser: Browser
  readonly subject: string
  readonly format?: TokenFormat
  readonly isBound?: boolean
  readonly isRefreshed?: boolean
}

async function connect(
  servers: Servers,
  options: ConnectOptions,
): Promise<Omit<HeldConnection, 'name'>> {
  const { client, format: tokenFormat = 'opaque', isBound, isRefreshed, ...person } = options
  const at = { origin: servers[tokenFormat].issuer, issuer: servers.issuer }
  const proofKey = isBound && (await createProofKey())
  const holder = { client, ...(proofKey && { proofKey }) }
  const { code, verifier } = await consent(servers.issuer, { client, ...person })
  const redirect_uri = client.redirect_uris?.[0]
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri }
  let tokens = bodyOf(await requestTokens(at, holder, grant)) as unknown as Tokens
  const { refresh_token: used } = tokens
  if (isRefreshed) {
    const again = { grant_type: 'refresh_token', refresh_token: used }
    tokens = bodyOf(await requestTokens(at, holder, again)) as unknown as Tokens
  }
  const token = await withIntrospection(servers, tokens.access_token)
  const { subject } = person
  return {
    ...holder,
    code,
    verifier,
    ...tokens,
    ...token,
    subject,
    format: tokenFormat,
    ...(isRefreshed && { used }),
  }
}

async function connectAll(
  servers: Servers,
  { oneSecret, selfRegistered, openlyRegistered }: Registered,
): Promise<Held['connections']> {
  const jonas = { as: 'jonas', browser: createBrowser() }
  const atBakery = { as: 'sofia', browser: createBrowser(), subject: bakery }
  const inDenmark = { ...jonas, subject: nordlysDenmark }
  const inGermany = { ...jonas, subject: nordlysGermany }
  const ofGroup = { ...jonas, subject: nordlysGroup }
  const all: Readonly<Record<string, ConnectOptions>> = {
    'one of a confidential client': { client: confidential, ...atBakery, isRefreshed: true },
    'one of a public client': { client: publicClient, ...atBakery, isRefreshed: true },
    'one for an organization': { client: organizationClient, ...ofGroup },
    'one of a stored client': { client: oneSecret, ...atBakery },
    // Their first connection keeps them for ever.
    'one of a self-registered client': { client: selfRegistered, ...inDenmark },
    'one of an openly registered client': { client: openlyRegistered, ...inDenmark },
    'one bound to a key': { client: bound, ...atBakery, isBound: true, isRefreshed: true },
    'one of a confidential client, bound to a key': {
      client: confidential,
      ...inGermany,
      isBound: true,
    },
    'one with JWTs': { client: confidential, ...inDenmark, format: 'jwt' },
    'one with JWTs bound to a key': { client: bound, ...inDenmark, format: 'jwt', isBound: true },
  }
  const connections: HeldConnection[] = []
  for (const [name, options] of Object.entries(all)) {
    connections.push({ name, ...(await connect(servers, options)) })
  }
  return connections
}

type Registered = Pick<
  Held,
  'oneSecret' | 'twoSecrets' | 'selfRegistered' | 'openlyRegistered' | 'initialAccessToken'
>

async function registerAll({ opaque, issuer }: Servers): Promise<Registered> {
  const { clients } = opaque
  const oneSecret = await clients.create({ ...registration, client_name: 'Nordvind Regnskab' })
  const older = await clients.create({ ...registration, client_name: 'Søndre Bogføring' })
  const newer = await clients.rotateSecret(older.client.clientId, { oldEndsIn: fiftyYears })
  const open = await sendJson(`${issuer}/oauth/register`, { ...registration, client_name: 'Åben' })
  const { token } = await clients.createInitialAccessToken({
    lifetime: fiftyYears,
    scopes: ['companies:read'],
  })
  return {
    oneSecret: toCredentials(oneSecret),
    twoSecrets: { ...toCredentials(newer), older_secret: String(older.secret) },
    selfRegistered: await selfRegister(opaque),
    openlyRegistered: toJson(open) as unknown as Credentials,
    initialAccessToken: token,
  }
}

/** A browser in which a person has declined one request, and is looking at another. */
async function browse({ issuer }: Servers): Promise<Pick<Held, 'cookies' | 'open' | 'declined'>> {
  const browser = createBrowser()
  const { page } = await goToConsent(issuer, { browser })
  await browser.submit(page, { decision: 'decline' })
  const open = await goToConsent(issuer, { browser, client: publicClient })
  return {
    cookies: Object.fromEntries(browser.cookies),
    open: { path: urlOfInteraction(open.page).pathname, verifier: open.verifier },
    declined: urlOfInteraction(page).pathname,
  }
}

/** A pushed request that nobody has opened, with the proof that it came with. */
async function push({ issuer }: Servers): Promise<Pick<Held, 'requestUri' | 'proof'>> {
  const request = authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge })
  const fields = Object.fromEntries(new URL(request).searchParams)
  const proof = await prove(await toProofKeys(await createProofKey()), `${issuer}/oauth/par`)
  const pushed = await post(`${issuer}/oauth/par`, fields, { ...basic(confidential), ...proof })
  return { requestUri: String(bodyOf(pushed)['request_uri']), proof }
}

async function fill(servers: Servers): Promise<Omit<Held, 'listed'>> {
  const registered = await registerAll(servers)
  const connections = await connectAll(servers, registered)
  const { code, verifier } = await consent(servers.issuer)
  const fields = { grant_type: 'client_credentials' }
  const own = bodyOf(await post(`${servers.issuer}/oauth/token`, fields, basic(machine)))
  return {
    ...registered,
    ...(await browse(servers)),
    ...(await push(servers)),
    connections,
    code: { code, verifier },
    machine: { ...machine, ...(await withIntrospection(servers, String(own['access_token']))) },
  }
}

const server = await startRedis()
const redis = new Redis(server.url, recommendedRedisOptions)
const storage = createRedisAdapter({ client: redis, keys: settings.storageKeys })
await storage.records('Client').upsert(machine.client_id, {
  ...machine,
  client_id_issued_at: 1_700_000_000,
})
const opaque = await startKeptServer(redis, settings)
const { issuer } = opaque
const jwt = await startKeptServer(redis, { ...settings, issuer }, 'jwt')
const held = await fill({ opaque, jwt, issuer })
// The JWTs are signed with the key before the one in use.
await opaque.signingKeys.rotate()
// Then, what is remembered of removed records is gone.
await pause(11_000)
const listed = await listAll(opaque)
const dump: KeptDump = {
  madeAt: Date.now(),
  settings: { ...settings, issuer },
  held: { ...held, listed },
  entries: await takeDump(redis),
}
await mkdir(new URL('.', dumpFile), { recursive: true })
await writeFile(dumpFile, await format(JSON.stringify(dump), { parser: 'json', printWidth: 100 }))
await Promise.all([opaque.close(), jwt.close()])
redis.disconnect()
await server.stop()
