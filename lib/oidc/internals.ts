import { hash } from 'node:crypto'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Client, JWK, KoaContextWithOIDC, ResourceServer } from 'oidc-provider'
// @ts-expect-error -- no types come with it
import { get as internalsOf } from 'oidc-provider/lib/helpers/weak_cache.js'
import { proofWindow } from '../validation/dpop-proof.ts'
import type { MatchSecret } from '../clients/secrets.ts'
import type { RecordStorage, StoredPayload } from '../storage.ts'
import { createGrantId, type TokenValues } from '../grants/token-values.ts'
import type { ReadParameters } from './read-parameters.ts'

// All changes to undocumented parts of oidc-provider are in this file.
// test/provider/internals.test.ts fails if an upgrade changes these parts, or others that this package relies on.

/** A grant as this server makes them. */
export type Grant = InstanceType<Provider['Grant']> & {
  /** URN of the company or organization it is for. */
  subject?: string
  /** The scopes of the authorization request, which may be more than the person granted. Older grants do not have it. */
  requestedScope?: string
}

/** Makes grants keep the members that this server adds. Call it before any grant is made: the list is read once. */
export function keepOwnMembersInGrants(provider: Provider): void {
  const model = provider.Grant as unknown as { readonly IN_PAYLOAD: readonly string[] }
  Object.defineProperty(model, 'IN_PAYLOAD', {
    value: [...model.IN_PAYLOAD, 'subject', 'requestedScope'],
  })
}

/** Gives grants short ids, and codes values that begin with the id of their grant. */
export function nameGrantInTokens(provider: Provider, values: TokenValues): void {
  prototypeOf(provider.Grant).generateTokenId = createGrantId
  prototypeOf(provider.AuthorizationCode).generateTokenId = function (this: Token): string {
    return values.create(this.grantId)
  }
}

interface Token {
  readonly grantId: string
}

const prototypeOf = (model: {
  readonly prototype: unknown
}): { generateTokenId: (this: Token) => string } => model.prototype as never

/** Writes an access token that has this id: its text, and what is to be stored of it. The framework stores nothing of a JWT. */
export async function writeToken(
  token: InstanceType<Provider['AccessToken']>,
  id: string,
  format: 'opaque' | 'jwt',
): Promise<{ readonly text: string; readonly payload: StoredPayload }> {
  const writable = Object.assign(token, { jti: id, format }) as unknown as WritableToken
  const { value: text, payload } = await writable.getValueAndPayload()
  if (payload) return { text, payload }
  const { IN_PAYLOAD: members } = token.constructor as unknown as { readonly IN_PAYLOAD: string[] }
  const known = Object.entries(token).filter(
    ([name, value]) => members.includes(name) && value !== undefined,
  )
  return { text, payload: Object.fromEntries(known) }
}

interface WritableToken {
  getValueAndPayload(): Promise<{ readonly value: string; readonly payload?: StoredPayload }>
}

/** The public keys of the provider, as it publishes them; another list when they change. */
export const publicKeysOf = (provider: Provider): readonly JWK[] => internals(provider).jwks.keys

/** The signature algorithms of DPoP proofs, after `configure` had its word. */
export const proofAlgorithmsOf = (provider: Provider): readonly string[] =>
  internals(provider).configuration.dPoPSigningAlgValues

/** Who may introspect or revoke a token, after `configure` had its word. */
export const policyOf = (
  provider: Provider,
  endpoint: 'introspection' | 'revocation',
): TokenPolicy => internals(provider).configuration.features[endpoint].allowedPolicy

/** Whether revoking a token ends its grant, after `configure` had its word. */
export const revokeGrantPolicyOf = (
  provider: Provider,
): ((ctx: KoaContextWithOIDC) => Promise<boolean> | boolean) =>
  internals(provider).configuration.revokeGrantPolicy

/** Whether the token endpoint knows a grant type. */
export const hasGrantType = (provider: Provider, grantType: string): boolean =>
  internals(provider).grantTypeHandlers.has(grantType)

/** How tokens are made for an API, after `configure` had its word. */
export const resourceServerInfoOf = (provider: Provider): ResourceServerInfo =>
  internals(provider).configuration.features.resourceIndicators.getResourceServerInfo

/** Where everything answers below the path of the issuer, by name, after `configure` had its word. */
export const routesOf = (provider: Provider): Readonly<Record<string, string>> =>
  internals(provider).configuration.routes

/** The grant types that a client can register. */
export const grantTypesOf = (provider: Provider): ReadonlySet<string> =>
  internals(provider).configuration.grantTypes

/** The values of `prompt` that the provider knows. */
export const promptsOf = (provider: Provider): ReadonlySet<string> =>
  internals(provider).configuration.prompts

/** Changes the parameters of each request as soon as they are read. The framework compares `resource` before it calls a hook. */
export function changeParameters(
  provider: Provider,
  change: (params: ReadParameters, request: ReadRequest) => void,
): void {
  const read = new WeakMap<ReadRequest, ReadParameters | undefined>()
  Object.defineProperty(provider.OIDCContext.prototype, 'params', {
    get(this: ReadRequest) {
      return read.get(this)
    },
    set(this: ReadRequest, params: ReadParameters | undefined) {
      read.set(this, params)
      if (params) change(params, this)
    },
  })
}

/** A request whose parameters the framework has just read. The types of the framework lack `ctx`. */
type ReadRequest = Pick<KoaContextWithOIDC['oidc'], 'route'> & { readonly ctx: Context }

/** How each response mode answers, by its name. A change to the map counts from then on. */
export const responseModesOf = (provider: Provider): ResponseModes =>
  internals(provider).responseModes

/** The response modes of a provider. Its own way to register them keeps those that are there. */
type ResponseModes = Map<
  string,
  (ctx: Context, redirectUri: string, answer: Readonly<Record<string, string>>) => void
>

/** Decides whether a client may introspect or revoke a token. */
export type TokenPolicy = (
  ctx: KoaContextWithOIDC,
  client: Client,
  token: InstanceType<Provider['AccessToken' | 'ClientCredentials' | 'RefreshToken']>,
) => Promise<boolean> | boolean

type ResourceServerInfo = (
  ctx: KoaContextWithOIDC,
  resource: string,
  client: Client,
) => Promise<ResourceServer> | ResourceServer

const internals = internalsOf as (provider: Provider) => {
  readonly jwks: { readonly keys: readonly JWK[] }
  readonly responseModes: ResponseModes
  readonly grantTypeHandlers: ReadonlyMap<string, unknown>
  readonly configuration: {
    readonly revokeGrantPolicy: (ctx: KoaContextWithOIDC) => Promise<boolean> | boolean
    readonly routes: Readonly<Record<string, string>>
    readonly dPoPSigningAlgValues: readonly string[]
    readonly prompts: ReadonlySet<string>
    readonly grantTypes: ReadonlySet<string>
    readonly features: Readonly<
      Record<'introspection' | 'revocation', { readonly allowedPolicy: TokenPolicy }>
    > & { readonly resourceIndicators: { readonly getResourceServerInfo: ResourceServerInfo } }
  }
}

/**
 * Compares the secret of a client with its hash if the framework knows only `hashed`. The hook is the one
 * that its maintainer names for this (issue 631 of node-oidc-provider).
 */
export function compareHashedSecrets(provider: Provider, hashed: string, match: MatchSecret): void {
  const prototype = provider.Client.prototype as unknown as ClientPrototype
  // eslint-disable-next-line typescript/unbound-method -- called with the client below
  const original = prototype.compareClientSecret
  prototype.compareClientSecret = function (this: ClientPrototype, actual: string) {
    return this.clientSecret === hashed ? match(this.clientId, actual) : original.call(this, actual)
  }
}

interface ClientPrototype {
  readonly clientId: string
  readonly clientSecret: string
  compareClientSecret(actual: string): Promise<boolean> | boolean
}

/**
 * Checks the redirect URI again before an error goes there. The framework checks it only once, which may be an hour ago: the
 * client may have lost the URI since then.
 */
export function recheckRedirectUris(provider: Provider): void {
  const property = { get: () => false, set: () => undefined }
  Object.defineProperty(provider.OIDCContext.prototype, 'redirectUriCheckPerformed', property)
}

/**
 * Lets a proof or assertion pass once. The framework looks first and stores then: of two at once, both
 * saw nothing. It also forgets a proof after the accepted age: a proof of a client whose clock is ahead is good for longer.
 */
export function acceptProofsOnce(provider: Provider, records: RecordStorage): void {
  const model = provider.ReplayDetection as unknown as {
    unique: (issuer: string, jti: string, exp: number) => Promise<boolean>
  }
  model.unique = (issuer, jti, exp) => {
    const id = hash('sha256', JSON.stringify([issuer, jti]), 'base64url')
    const now = Math.floor(Date.now() / 1000)
    return records.insert(id, {}, Math.max(1, exp - now) + proofWindow)
  }
}

/**
 * Makes the provider sign with the first of these private keys, and publish and accept all of them. The provider
 * takes keys only at its construction. Its feature for keys elsewhere (`externalSigningSupport`) is an experiment
 * that stops the server at an upgrade, and it has one key for each algorithm.
 */
export function replaceSigningKeys(provider: Provider, keys: readonly JWK[]): void {
  const { keystore, jwks } = (internalsOf as (of: Provider) => ProviderInternals)(provider)
  const published = keys.map((key) => toPublicKey(key))
  keystore.clear()
  // Of several that could sign, it takes the first.
  for (const key of [...keys.slice(0, 1), ...published.slice(1)]) keystore.add(key)
  jwks.keys = published
}

interface ProviderInternals {
  readonly keystore: { clear(): void; add(key: JWK): void }
  readonly jwks: { keys: readonly JWK[] }
}

/** RFC 7518, Section 6.2.2 and 6.3.2 */
const toPublicKey = ({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...key }: JWK): JWK => key
