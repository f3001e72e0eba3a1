import { decodeJwt, type JWK } from 'jose'
import type { AuthorizationServerOptions } from '../../lib/index.ts'
import { connectBound } from './bound-tokens.ts'
import { createProofKeys, type ProofKeys } from './dpop.ts'
import { connect, consent, redeem, revoke } from './flow.ts'
import { createSigningKey, signAnew, startJwtServer, withJwts } from './jwt-server.ts'
import { bakery, idOf, nordlysDenmark, nordlysGermany, nordlysGroup } from './people.ts'
import { pause } from './requests.ts'
import {
  audience,
  organizationClient,
  publicClient,
  startServer,
  type RunningServer,
} from './server.ts'
import { createTestStorage } from './storage.ts'

/** How an API may verify tokens. */
export type Kind = 'opaque' | 'jwt' | 'jwt, offline' | 'another'

/** What somebody may send to an API. */
export interface SentToken {
  readonly value: string | undefined
  /** The companies that it is for. */
  readonly own: readonly string[]
  /** Which APIs take it; none where it is good nowhere. */
  readonly at: readonly Kind[]
  /** The key that it is bound to. */
  readonly keys?: ProofKeys
}

/** The servers behind the APIs, and one of another API. */
export interface Servers {
  readonly opaque: RunningServer
  readonly jwt: RunningServer
  readonly foreign: RunningServer
  readonly signingKey: JWK
  readonly storage: NonNullable<AuthorizationServerOptions['storage']>
}

const other = 'https://other.example.test'

/** Of the same server, what one client gets is for another API. */
const twoApis =
  (accessTokenFormat: 'opaque' | 'jwt'): NonNullable<AuthorizationServerOptions['configure']> =>
  (configuration) => ({
    ...configuration,
    features: {
      ...configuration.features,
      resourceIndicators: {
        ...configuration.features?.resourceIndicators,
        getResourceServerInfo: (_ctx, _resource, client) => ({
          audience: client.clientId === publicClient.client_id ? other : audience,
          scope: client.scope ?? '',
          accessTokenFormat,
        }),
      },
    },
  })

export async function startServers(): Promise<Servers> {
  const [signingKey, storage] = [await createSigningKey('one'), await createTestStorage()]
  const signingKeys = { keys: [signingKey] }
  return {
    opaque: await startServer({ configure: twoApis('opaque') }),
    jwt: await startJwtServer({ configure: twoApis('jwt'), storage, signingKeys }),
    foreign: await startServer({ resourceServer: { audience: other } }),
    signingKey,
    storage,
  }
}

const [bakeryId, denmarkId, germanyId] = [bakery, nordlysDenmark, nordlysGermany].map(idOf) as [
  string,
  string,
  string,
]
const jonas = { as: 'jonas', subject: nordlysDenmark }
const ofGroup = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
const bad = (value: string | undefined): SentToken => ({ value, own: [], at: [] })

type Tokens = Readonly<Record<string, SentToken>>

/** Tokens of all kinds of a server, good ones and others. */
async function tokensOf({ issuer }: RunningServer, at: readonly Kind[]): Promise<Tokens> {
  const [bakeries, denmark] = [await connect(issuer), await connect(issuer, jonas)]
  const group = await connect(issuer, ofGroup)
  const elsewhere = await connect(issuer, { client: publicClient })
  const revoked = await connect(issuer)
  await revoke(issuer, revoked.access_token)
  const keys = await createProofKeys()
  return {
    bakery: { value: bakeries.access_token, own: [bakeryId], at },
    denmark: { value: denmark.access_token, own: [denmarkId], at },
    group: { value: group.access_token, own: [denmarkId, germanyId], at },
    bound: { value: await connectBound(issuer, keys, jonas), own: [denmarkId], at, keys },
    // Whoever asks nobody learns of no revocation.
    revoked: {
      value: revoked.access_token,
      own: [bakeryId],
      at: at.filter((kind) => kind === 'jwt, offline'),
    },
    'longer by a letter': bad(`${bakeries.access_token}x`),
    refresh: bad(bakeries.refresh_token),
    'of another API of the same server': bad(elsewhere.access_token),
  }
}

/** JWTs that somebody made of a good one. */
async function forge(token: string): Promise<Tokens> {
  const [header, , signature] = token.split('.')
  const claims = {
    ...decodeJwt(token),
    sub: denmarkId,
    'urn:pleo:params:oauth:subject_urn': nordlysDenmark,
  }
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return {
    'with another subject': bad(`${header}.${payload}.${signature}`),
    'of another key': bad(await signAnew(token, await createSigningKey('one'), { claims })),
  }
}

async function expiredOf({ jwt, storage, signingKey }: Servers): Promise<Tokens> {
  const lifetimes = { accessToken: 1 }
  const [opaque, signed] = [
    await startServer({ lifetimes }),
    await startServer({
      ...withJwts,
      lifetimes,
      storage,
      issuer: jwt.issuer,
      signingKeys: { keys: [signingKey] },
    }),
  ]
  const { access_token } = await connect(opaque.issuer)
  const { body } = await redeem(signed.issuer, await consent(jwt.issuer))
  await pause(1100)
  await Promise.all([opaque.close(), signed.close()])
  return { expired: bad(access_token), 'JWT expired': bad(String(body['access_token'])) }
}

const named = (prefix: string, tokens: Tokens): Tokens =>
  Object.fromEntries(Object.entries(tokens).map(([name, token]) => [`${prefix} ${name}`, token]))

/** Everything that somebody may send, by name. */
export async function collectTokens(servers: Servers): Promise<Tokens> {
  const jwts = await tokensOf(servers.jwt, ['jwt', 'jwt, offline'])
  const { access_token: ofForeign } = await connect(servers.foreign.issuer)
  return {
    none: bad(undefined),
    'of another server': bad(ofForeign),
    ...(await tokensOf(servers.opaque, ['opaque'])),
    ...named('JWT', jwts),
    ...named('JWT', await forge(jwts['bakery']?.value ?? '')),
    ...(await expiredOf(servers)),
  }
}
