import { hash } from 'node:crypto'
import Provider from 'oidc-provider'
import type { RecordStorage } from '../storage.ts'
import { createGrantId, type TokenValues } from '../tokens/token-values.ts'
import { tokenKeyOf } from './grant-request.ts'

// What this server changes of oidc-provider beyond its documented interface stands here;
// test/provider/internals.test.ts fails when an upgrade changes this, or what other files rely on.

/** A grant as this server makes them. */
export type Grant = InstanceType<Provider['Grant']> & {
  /** URN of the company or organization it is for. */
  subject?: string
}

/** Makes grants keep their subject. Call it before any grant is made: the list is read once. */
export function keepSubjectInGrants(provider: Provider): void {
  const model = provider.Grant as unknown as { readonly IN_PAYLOAD: readonly string[] }
  Object.defineProperty(model, 'IN_PAYLOAD', { value: [...model.IN_PAYLOAD, 'subject'] })
}

interface Token {
  readonly grantId: string
  readonly scope: string | undefined
  readonly jkt: string | undefined
  readonly format: string | undefined
}

/** Gives grants short ids, and codes and tokens values that begin with them. */
export function nameGrantInTokens(provider: Provider, values: TokenValues): void {
  prototypeOf(provider.Grant).generateTokenId = createGrantId
  prototypeOf(provider.AuthorizationCode).generateTokenId = function (this: Token): string {
    return values.create(this.grantId)
  }
  prototypeOf(provider.RefreshToken).generateTokenId = function (this: Token): string {
    const used = rotatedRefreshToken()
    return used
      ? values.successorOf(used, tokenKeyOf(Provider.ctx))
      : values.createRefreshToken(this.grantId)
  }
  const accessToken = prototypeOf(provider.AccessToken)
  const original = accessToken.generateTokenId
  accessToken.generateTokenId = function (this: Token): string {
    // It also decides on the format, and a JWT names what it likes.
    const value = original.call(this)
    if (this.format === 'jwt') return value
    const used = rotatedRefreshToken()
    return used
      ? values.accessTokenFor(used, this, tokenKeyOf(Provider.ctx))
      : values.create(this.grantId)
  }
}

const prototypeOf = (model: {
  readonly prototype: unknown
}): { generateTokenId: (this: Token) => string } => model.prototype as never

/** The refresh token that this request gives up. */
const rotatedRefreshToken = (): string | undefined =>
  Provider.ctx?.oidc.entities.RotatedRefreshToken?.jti

/**
 * Lets a proof or assertion pass once. The framework looks first and stores then: of two at once, both
 * saw nothing.
 */
export function acceptProofsOnce(provider: Provider, records: RecordStorage): void {
  const model = provider.ReplayDetection as unknown as {
    unique: (issuer: string, jti: string, exp: number) => Promise<boolean>
  }
  model.unique = (issuer, jti, exp) => {
    const id = hash('sha256', JSON.stringify([issuer, jti]), 'base64url')
    const now = Math.floor(Date.now() / 1000)
    return records.insert(id, {}, Math.max(1, exp - now))
  }
}
