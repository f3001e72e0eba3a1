import type { AsyncLocalStorage } from 'node:async_hooks'
import { hash } from 'node:crypto'
import type { Context } from 'koa'
import type Provider from 'oidc-provider'
import type { Client, JWK, KoaContextWithOIDC, ResourceServer } from 'oidc-provider'
// @ts-expect-error -- no types come with it
import requests from 'oidc-provider/lib/helpers/als.js'
// @ts-expect-error -- no types come with it
import { get } from 'oidc-provider/lib/helpers/weak_cache.js'
import { proofWindow } from '../validation/dpop-proof.ts'
import { isSameSecret, type SecretComparison } from '../clients/secrets.ts'
import type { RecordStorage, StoredPayload } from '../storage.ts'
import { createGrantId, type TokenValues } from '../grants/token-values.ts'
import { createRequestValue } from '../http/request-context.ts'
import type { ReadParameters, ReadRequest } from './read-parameters.ts'
import type { TokenPolicy } from './token-policy.ts'

// All changes to undocumented parts of oidc-provider are in this file.
// test/provider/internals.test.ts fails if an upgrade changes these parts, or others that this package relies on.

interface Internals {
  /** The private keys. Of several that could sign, the framework takes the first. */
  readonly keystore: { clear(): void; add(key: JWK): void }
  /** The public keys as they are published; another list when they change. */
  readonly jwks: { keys: readonly JWK[] }
  /**
   * How each response mode answers, by its name. A change to the map counts from then on. The framework's own way to register
   * modes keeps those that are there.
   */
  readonly responseModes: Map<
    string,
    (ctx: Context, redirectUri: string, answer: Readonly<Record<string, string>>) => void
  >
  /** By grant type, for those that the token endpoint knows. */
  readonly grantTypeHandlers: ReadonlyMap<string, unknown>
  /** Complete, after `configure` was applied. */
  readonly configuration: {
    /** Whether revoking a token ends its grant. */
    readonly revokeGrantPolicy: (ctx: KoaContextWithOIDC) => Promise<boolean> | boolean
    /** Where everything answers below the path of the issuer, by name. */
    readonly routes: Readonly<Record<string, string>>
    /** The signature algorithms of DPoP proofs. */
    readonly dPoPSigningAlgValues: readonly string[]
    /** The values of `prompt` that the provider knows. */
    readonly prompts: ReadonlySet<string>
    /** The ways to authenticate that a client can register. */
    readonly clientAuthMethods: ReadonlySet<string>
    /** The grant types that a client can register. */
    readonly grantTypes: ReadonlySet<string>
    readonly features: {
      readonly introspection: { readonly enabled: boolean; readonly allowedPolicy: TokenPolicy }
      readonly jwtIntrospection: { readonly enabled: boolean }
      readonly attestClientAuth: { readonly additionalSecuritySignal: unknown }
      readonly clientIdMetadataDocument: { readonly enabled: boolean }
      readonly revocation: { readonly allowedPolicy: TokenPolicy }
      readonly resourceIndicators: {
        /** How tokens are made for an API. */
        readonly getResourceServerInfo: (
          ctx: KoaContextWithOIDC,
          resource: string,
          client: Client,
        ) => Promise<ResourceServer> | ResourceServer
      }
    }
  }
}

/** The private parts of a provider that this package reads. */
export const internalsOf = get as (provider: Provider) => Internals

/** Runs work as a part of a request: `Provider.ctx` is its context, and its waits for the storage are added up. */
export const asRequest = <T>(ctx: object, work: () => T): T =>
  (requests as AsyncLocalStorage<object>).run(ctx, work)

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
  Object.assign(provider.Grant.prototype, { generateTokenId: createGrantId })
  Object.assign(provider.AuthorizationCode.prototype, {
    generateTokenId(this: { readonly grantId: string }): string {
      return values.create(this.grantId)
    },
  })
}

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

/** Changes the parameters of each request as soon as they are read. The framework compares `resource` before it calls a hook. */
export function changeParameters(
  provider: Provider,
  change: (params: ReadParameters, request: ReadRequest) => void,
): void {
  const read = createRequestValue<ReadParameters>('parameters')
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

/**
 * Compares the secret of a client with its hash if the framework knows only `hashed`. In a request, `guard` is around each comparison.
 * The hook is the one that its maintainer names for this (issue 631 of node-oidc-provider).
 */
export function compareHashedSecrets(
  provider: Provider,
  hashed: string,
  { match, guard }: SecretComparison,
): void {
  const prototype = provider.Client.prototype as unknown as ClientPrototype
  prototype.compareClientSecret = function (this: ClientPrototype, actual: string) {
    const compare = () =>
      this.clientSecret === hashed
        ? match(this.clientId, actual)
        : isSameSecret(this.clientSecret, actual)
    const ctx = (requests as AsyncLocalStorage<Context>).getStore()
    return ctx ? guard(ctx, this.clientId, compare) : compare()
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
  const unique = (issuer: string, jti: string, exp: number): Promise<boolean> => {
    const id = hash('sha256', JSON.stringify([issuer, jti]), 'base64url')
    const now = Math.floor(Date.now() / 1000)
    return records.insert(id, {}, Math.max(1, exp - now) + proofWindow)
  }
  Object.assign(provider.ReplayDetection, { unique })
}

/**
 * Makes the provider sign with the first of these private keys, and publish and accept all of them. The provider
 * takes keys only at its construction. Its feature for keys elsewhere (`externalSigningSupport`) is an experiment
 * that stops the server at an upgrade, and it has one key for each algorithm.
 */
export function replaceSigningKeys(provider: Provider, keys: readonly JWK[]): void {
  const { keystore, jwks } = internalsOf(provider)
  const published = keys.map((key) => toPublicKey(key))
  keystore.clear()
  for (const key of [...keys.slice(0, 1), ...published.slice(1)]) keystore.add(key)
  jwks.keys = published
}

/** RFC 7518, Section 6.2.2 and 6.3.2 */
const toPublicKey = ({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...key }: JWK): JWK => key
