import type { StoredGrant, GrantStorage, NewToken, StoredPayload } from '../storage.ts'
import type { ConnectionTeller } from './events.ts'
import type { TokenValues } from './token-values.ts'

/** A request for tokens, apart from the code or refresh token that it presents. */
export interface TokenRequest {
  readonly client: RequestingClient
  /** The values of `resource`. One that equals the audience has the spelling of the audience. */
  readonly resources: readonly string[]
  /** The DPoP proof, if the request has one: its signature, method, URL and time are right. */
  readonly proof: Proof | undefined
}

/** The client of a request, as it is registered now. */
export interface RequestingClient {
  readonly clientId: string
  readonly scope: string | undefined
  /** Whether it has no credentials. */
  readonly isPublic: boolean
  /** Whether it is registered for tokens that are bound to a key. */
  readonly needsProof: boolean
  readonly getsRefreshTokens: boolean
}

/** A proof of possession of a key. */
export interface Proof {
  /** Thumbprint of the key. */
  readonly jkt: string
  /** Uses the proof up. Throws if it was used before. */
  use(): Promise<void>
}

/** A request, and what was found for it. */
export interface Found {
  readonly request: TokenRequest
  readonly grant: StoredGrant
  /** The code or refresh token, as it was stored. */
  readonly presented: StoredPayload
}

/** The server, as the redemption of a code and a refresh need it. `oidc/token-endpoint.ts` makes it. */
export interface IssuingServer {
  readonly grants: Pick<GrantStorage, 'load' | 'exchange' | 'end'>
  readonly values: TokenValues
  readonly teller: ConnectionTeller
  readonly audience: string
  /** Seconds. */
  readonly lifetimes: { readonly accessToken: number; readonly refreshToken: number }
  /** Called once, when the code or refresh token and the proof are good: hosts may see both from then on. */
  onAccepted(found: Found): void
  /** Finds how tokens are made for an API now, by the name that the grant has for it. */
  findApi(resource: string): Promise<Api>
}

/** An API, as tokens are made for it. */
export interface Api {
  /** The scopes that the client may have there, separated by spaces. */
  readonly scope: string
  /** Writes an access token, as an opaque value or as a JWT. */
  write(token: AccessToken): Promise<WrittenToken>
}

/** An access token that is to be written. */
export interface AccessToken {
  /** The value of an opaque token. A JWT gets its identifier from it. */
  readonly value: string
  /** Seconds. */
  readonly lifetime: number
  readonly members: {
    readonly accountId: string
    readonly grantId: string
    readonly gty: string
    readonly scope: string
    readonly jkt: string | undefined
    readonly sessionUid: string | undefined
    readonly sid: string | undefined
  }
}

/** An access token as the client gets it, and as it is stored. */
export interface WrittenToken {
  readonly text: string
  /** Undefined for a JWT that nobody can look up. */
  readonly stored: NewToken | undefined
}

/** The tokens that a request gets. */
export interface IssuedTokens {
  readonly accessToken: WrittenToken
  readonly refreshToken: NewToken | undefined
  /** Seconds. */
  readonly expiresIn: number
  readonly scope: string
  readonly tokenType: 'Bearer' | 'DPoP'
}
