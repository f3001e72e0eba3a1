import { hash } from 'node:crypto'
import Provider from 'oidc-provider'
import type { RecordStorage } from '../storage.ts'
import { createGrantId, type TokenValues } from '../tokens/token-values.ts'
import { retryKeyOf } from './grant-request.ts'

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
  readonly grantId?: string
  readonly scope?: string
  readonly jkt?: string
  format?: string
}

type GenerateTokenId = (this: Token) => string

/** Gives grants short ids, and codes and tokens values that begin with them. */
export function nameGrantInTokens(provider: Provider, values: TokenValues): void {
  const replace = (
    model: { readonly prototype: unknown },
    make: (token: Token) => string,
  ): void => {
    const prototype = model.prototype as { generateTokenId: GenerateTokenId }
    const original = prototype.generateTokenId
    prototype.generateTokenId = function (this: Token): string {
      const value = original.call(this)
      // A token without a grant has nothing to name; a JWT names what it likes.
      return this.grantId === undefined || this.format === 'jwt' ? value : make(this)
    }
  }
  const grant = provider.Grant.prototype as unknown as { generateTokenId: GenerateTokenId }
  grant.generateTokenId = createGrantId
  replace(provider.AuthorizationCode, ({ grantId = '' }) => values.create(grantId))
  replace(provider.RefreshToken, ({ grantId = '' }) => {
    const used = rotatedRefreshToken()
    return used
      ? values.successorOf(used, retryKeyOf(Provider.ctx))
      : values.createRefreshToken(grantId)
  })
  replace(provider.AccessToken, ({ grantId = '', scope, jkt }) => {
    const used = rotatedRefreshToken()
    return used
      ? values.accessTokenFor(used, { scope, jkt }, retryKeyOf(Provider.ctx))
      : values.create(grantId)
  })
}

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
