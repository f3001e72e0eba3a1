import { readFile } from 'node:fs/promises'
import type { Redis } from 'ioredis'
import { exportJWK, importJWK, type JWK } from 'jose'
import { createRedisAdapter } from '../../adapters/redis.ts'
import type {
  AuthorizationServer,
  AuthorizationServerOptions,
  ClientMetadata,
  Connection,
  RegisteredClient,
} from '../../lib/index.ts'
import type { Cookie } from '../support/browser.ts'
import { createProofKeys, prove, type ProofKeys } from '../support/dpop.ts'
import { post, type Answer, type Consented, type Json, type Tokens } from '../support/flow.ts'
import { bakery, nordlysDenmark, nordlysGermany, nordlysGroup } from '../support/people.ts'
import { keysOf } from '../support/redis-dump.ts'
import type { Credentials } from '../support/registered.ts'
import { basic } from '../support/requests.ts'
import type { SelfRegistered } from '../support/self-registered.ts'
import { audience, startServer, type RunningServer } from '../support/server.ts'

/** All that a version stored, and what its clients and a browser held then. */
export interface KeptDump {
  readonly madeAt: number
  readonly settings: KeptSettings
  readonly held: Held
  readonly entries: readonly KeptEntry[]
}

/** The options that a server must have to go on with a dump. */
export interface KeptSettings {
  readonly issuer: string
  readonly storageKeys: readonly string[]
  readonly cookieKeys: readonly string[]
  readonly clients: readonly ClientMetadata[]
}

export interface Held {
  readonly connections: readonly HeldConnection[]
  /** Not redeemed yet. */
  readonly code: HeldCode
  readonly requestUri: string
  readonly proof: Readonly<Record<string, string>>
  readonly machine: Credentials & HeldToken
  readonly oneSecret: Credentials
  /** With the older secret beside the newer one. */
  readonly twoSecrets: Credentials & { readonly older_secret: string }
  readonly selfRegistered: SelfRegistered
  readonly openlyRegistered: Credentials
  readonly initialAccessToken: string
  readonly cookies: Readonly<Record<string, Cookie>>
  /** The consent page that waits. */
  readonly open: { readonly path: string; readonly verifier: string }
  /** The path of the one that was answered. */
  readonly declined: string
  readonly listed: Listed
}

/** What the host is told. */
interface Listed {
  readonly clients: readonly RegisteredClient[]
  readonly connections: readonly Connection[]
}

/** What the holder of an access token has, and what introspection said of the token. */
export interface HeldToken {
  readonly access_token: string
  readonly introspection: Json
}

export type HeldCode = Pick<Consented, 'code' | 'verifier'>

/** With the code that it came of. */
export interface HeldConnection extends HeldCode, Tokens, HeldToken {
  readonly name: string
  readonly client: ClientMetadata
  readonly subject: string
  readonly format: TokenFormat
  /** The refresh token that was given up for this one. */
  readonly used?: string
  readonly proofKey?: JWK
}

export type TokenFormat = 'opaque' | 'jwt'

/** Bytes, as text if they are ASCII. */
type Bytes = string | { readonly base64: string }

/** A key with its value: the fields of a hash, or the members of a sorted set with their scores. */
type KeptEntry = { readonly key: string } & (
  | { readonly type: 'hash'; readonly value: Readonly<Record<string, Bytes>> }
  | { readonly type: 'zset'; readonly value: Readonly<Record<string, string>> }
)

export const dumpFile: URL = new URL('dump/version-1.json', import.meta.url)

export const readKeptDump = async (): Promise<KeptDump> =>
  JSON.parse(await readFile(dumpFile, 'utf8')) as KeptDump

/** Everything that is in a Redis, without how long it stays there. */
export async function takeDump(redis: Redis): Promise<readonly KeptEntry[]> {
  const keys = [...(await keysOf(redis))].toSorted()
  return Promise.all(keys.map((key) => toEntry(redis, key)))
}

async function toEntry(redis: Redis, key: string): Promise<KeptEntry> {
  const type = await redis.type(key)
  if (type === 'hash') {
    const fields = Object.entries(await redis.hgetallBuffer(key))
    return { key, type, value: Object.fromEntries(fields.map(([f, v]) => [f, toBytes(v)])) }
  }
  if (type !== 'zset') throw new Error(`nothing is known of the type ${type} of ${key}`)
  const value: Record<string, string> = {}
  for (const member of await redis.zrange(key, '0', '-1')) {
    value[member] = String(await redis.zscore(key, member))
  }
  return { key, type, value }
}

/** Puts a dump into an empty Redis. */
export async function restore(redis: Redis, entries: readonly KeptEntry[]): Promise<void> {
  for (const { key, type, value } of entries) {
    if (type === 'hash') {
      for (const [field, bytes] of Object.entries(value))
        await redis.hset(key, field, toBuffer(bytes))
    } else {
      for (const [member, score] of Object.entries(value)) await redis.zadd(key, score, member)
    }
  }
}

const toBytes = (value: Buffer): Bytes =>
  /^[\x20-\x7E]*$/.test(value.toString('latin1'))
    ? value.toString()
    : { base64: value.toString('base64') }

const toBuffer = (bytes: Bytes): Buffer =>
  typeof bytes === 'string' ? Buffer.from(bytes) : Buffer.from(bytes.base64, 'base64')

/** The client that the host stored itself. */
export const machineId = 'machine'

/** Seconds: the dump must outlive those who wrote the test. */
export const fiftyYears: number = 50 * 365 * 86_400

const lifetimes: NonNullable<AuthorizationServerOptions['lifetimes']> = {
  accessToken: fiftyYears,
  refreshToken: fiftyYears,
  grant: fiftyYears,
  authorizationCode: fiftyYears,
  interaction: fiftyYears,
  session: fiftyYears,
  // A rotation that was begun is over when the dump is made.
  keyAnnouncement: 1,
}

/** Starts a server with the options of the dump. */
export const startKeptServer = (
  redis: Redis,
  { storageKeys, ...settings }: Omit<KeptSettings, 'issuer'> & Partial<KeptSettings>,
  accessTokenFormat: TokenFormat = 'opaque',
): Promise<RunningServer> =>
  startServer({
    ...settings,
    storage: createRedisAdapter({ client: redis, keys: storageKeys }),
    resourceServer: { audience, clientIds: ['api'], accessTokenFormat },
    signingKeys: 'stored',
    registration: { initialAccessToken: false },
    lifetimes,
    configure: (configuration) => ({
      ...configuration,
      features: { ...configuration.features, clientCredentials: { enabled: true } },
    }),
  })

/** All clients and connections, without when those end: the keys of a dump have no end. */
export async function listAll({ clients, connections }: AuthorizationServer): Promise<Listed> {
  const subjects = [bakery, nordlysDenmark, nordlysGermany, nordlysGroup]
  const all = await Promise.all(subjects.map((subject) => connections.list({ subject })))
  const withoutEnd = all.flat().map(({ grants, ...connection }) => ({
    ...connection,
    grants: grants.map((grant) => ({ ...grant, endsAt: 0 })),
  }))
  // The secret of a client that the host stored has another id each time.
  const registered = (await clients.list()).filter(({ clientId }) => clientId !== machineId)
  return { clients: registered, connections: withoutEnd }
}

/** A request to the token endpoint at that origin, with a proof for the one of the issuer if there is a key. */
export async function requestTokens(
  { origin, issuer }: { readonly origin: string; readonly issuer: string },
  { client, proofKey }: Pick<HeldConnection, 'client' | 'proofKey'>,
  fields: Record<string, string | undefined>,
): Promise<Answer> {
  const isPublic = client.client_secret === undefined
  const proof = proofKey && (await prove(await toProofKeys(proofKey), `${issuer}/oauth/token`))
  return post(
    `${origin}/oauth/token`,
    { ...fields, ...(isPublic && { client_id: client.client_id }) },
    { ...(!isPublic && basic(client)), ...proof },
  )
}

export const createProofKey = async (): Promise<JWK> =>
  exportJWK((await createProofKeys()).privateKey)

export async function toProofKeys({ d, ...jwk }: JWK): Promise<ProofKeys> {
  const [privateKey, publicKey] = await Promise.all(
    [{ ...jwk, d }, jwk].map((key) => importJWK(key as JWK, 'ES256', { extractable: true })),
  )
  return { privateKey, publicKey } as ProofKeys
}
