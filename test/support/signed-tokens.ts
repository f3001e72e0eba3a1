import {
  customFetch,
  jwksCache,
  validateJwtAccessToken,
  type ExportedJWKSCache,
} from 'oauth4webapi'
import type { AuthorizationServerOptions, ClientMetadata, Storage } from '../../lib/index.ts'
import { post } from './flow.ts'
import { basic, pause } from './requests.ts'
import { audience } from './server.ts'

/** What the servers of one test are called, wherever they listen. */
const sharedIssuer = 'https://auth.example.test'

/** A client that gets tokens for itself. */
export const machine: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'machine',
  client_secret: 'the-secret-of-a-machine',
  grant_types: ['client_credentials'],
  response_types: [],
  redirect_uris: [],
  scope: 'companies:read',
}

/** Seconds: a rotation that does not take days. */
const shortTimes = { accessToken: 3, keyAnnouncement: 4, keyRetirement: 9 }

/** Access tokens that are signed, with keys in the storage. */
export const signing: Partial<AuthorizationServerOptions> = {
  issuer: sharedIssuer,
  signingKeys: 'stored',
  lifetimes: shortTimes,
  configure: (configuration) => ({
    ...configuration,
    features: {
      ...configuration.features,
      clientCredentials: { enabled: true },
      resourceIndicators: {
        ...configuration.features?.resourceIndicators,
        enabled: true,
        getResourceServerInfo: () => ({
          audience,
          scope: 'companies:read',
          accessTokenFormat: 'jwt',
        }),
      },
    },
  }),
}

export const addMachine = (storage: Storage): Promise<void> =>
  storage.records('Client').upsert(machine.client_id, { ...machine })

/** A token from the server that listens there; `undefined` where that cannot give one now. */
export async function tokenFrom(origin: string): Promise<string | undefined> {
  const fields = { grant_type: 'client_credentials', resource: audience }
  const answer = await post(`${origin}/oauth/token`, fields, basic(machine)).catch(() => undefined)
  if (answer?.status === 200) return String(answer.body['access_token'])
  if (!answer || answer.status === 503) return undefined
  throw new Error(`no token: ${answer.status} ${JSON.stringify(answer.body)}`)
}

/** The header of a token. */
export const headerOf = (token: string): { readonly kid: string } =>
  JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }

export async function publishedBy(origin: string): Promise<readonly string[]> {
  const response = await fetch(`${origin}/oauth/jwks`)
  const { keys } = (await response.json()) as { readonly keys: readonly { readonly kid: string }[] }
  return keys.map(({ kid }) => kid)
}

/**
 * An API that verifies tokens with the keys of whichever server answers, and keeps those for as long as it may: it asks
 * for no key that it does not know.
 */
function createVerifier(origins: () => readonly string[]): (token: string) => Promise<void> {
  let cache: ExportedJWKSCache | Record<string, never> = {}
  let keepUntil = 0
  let turn = 0
  const load = async (attempt = 0): Promise<Response> => {
    if (attempt === 0) turn += 1
    const all = origins()
    try {
      const response = await fetch(`${all[(turn + attempt) % all.length]}/oauth/jwks`)
      const maxAge = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1]
      keepUntil = performance.now() + Number(maxAge) * 1000
      return response
    } catch (error) {
      // That one was killed: another one is asked, as behind a proxy.
      if (attempt > 5) throw error
      return load(attempt + 1)
    }
  }
  return async (token) => {
    if (performance.now() > keepUntil) cache = {}
    await validateJwtAccessToken(
      { issuer: sharedIssuer, jwks_uri: `${sharedIssuer}/oauth/jwks` },
      new Request(audience, { headers: { authorization: `Bearer ${token}` } }),
      audience,
      { [customFetch]: () => load(), [jwksCache]: cache },
    )
  }
}

/** Gets tokens from each server in turn, and has each verified at once, and again for as long as it lives. */
export function startTraffic(origins: () => readonly string[]): {
  /** Which keys tokens were signed with, in the order in which they first were. */
  readonly kids: readonly string[]
  /** Fails as soon as a verification did. */
  readonly running: Promise<void>
  /** Fails where a verification did. */
  stop(): Promise<{ readonly tokens: number; readonly verifications: number }>
} {
  const verifiers = [createVerifier(origins), createVerifier(origins), createVerifier(origins)]
  const kids: string[] = []
  let [tokens, verifications] = [0, 0]
  const stopping = new AbortController()
  let living: { readonly token: string; readonly until: number }[] = []
  const run = async (): Promise<void> => {
    for (let turn = 0; !stopping.signal.aborted; turn += 1) {
      const all = origins()
      const token = await tokenFrom(all[turn % all.length] ?? '')
      if (token !== undefined) {
        tokens += 1
        const { kid } = headerOf(token)
        if (!kids.includes(kid)) kids.push(kid)
        living.push({ token, until: performance.now() + shortTimes.accessToken * 1000 - 1500 })
      }
      living = living.filter(({ until }) => until > performance.now()).slice(-10)
      const checks = living.flatMap((one) => verifiers.map((verify) => verify(one.token)))
      verifications += checks.length
      await Promise.all(checks)
      await pause(20)
    }
  }
  const running = run()
  // It is reported by who stops it.
  running.catch(() => undefined)
  return {
    kids,
    running,
    async stop() {
      stopping.abort()
      await running
      return { tokens, verifications }
    },
  }
}
