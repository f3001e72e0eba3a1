import { ProtocolError } from '../errors.ts'
import type { EndedGrant, StoredPayload } from '../storage.ts'
import { missingProof } from '../validation/dpop-proof.ts'

// What the redemption of a code and a refresh check alike.

/** A request for tokens, apart from the code or refresh token that it gives up. */
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
  readonly grant: EndedGrant
  /** The code or refresh token. */
  readonly used: StoredPayload
}

/**
 * The refusal of a code or refresh token. Many reasons have the same description, so that nobody learns whether a token of
 * another client is good.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2 RFC 6749, Section 5.2}
 */
export class InvalidGrant extends ProtocolError {
  /** The reason, for the host alone. */
  readonly error_detail: string

  constructor(detail: string, description = 'unknown, revoked, or of another client') {
    super('invalid_grant', description)
    this.error_detail = detail
  }
}

/** Checks that a code or refresh token is of the client, and that neither it nor its grant has expired. */
export function checkOwner({ request: { client }, grant, used }: Found): void {
  if (used.clientId !== client.clientId) throw new InvalidGrant('client mismatch')
  if (isOver(used)) {
    const kind = used['kind'] === 'RefreshToken' ? 'refresh token' : 'authorization code'
    throw new InvalidGrant(`${kind} is expired`, `the ${kind} has expired`)
  }
  if (isOver(grant.payload)) throw new InvalidGrant('grant is expired', 'the grant has expired')
  if (grant.payload.clientId !== client.clientId) throw new InvalidGrant('client mismatch')
}

/** The time in seconds since the epoch, as tokens have it. */
export const secondsNow = (): number => Math.floor(Date.now() / 1000)

const isOver = ({ exp }: StoredPayload): boolean => Number(exp) <= secondsNow()

/**
 * Checks that a request has a proof if it needs one. This is not `invalid_grant`: after that, clients throw away a refresh
 * token that is good.
 *
 * @param jkt - the key that the code or refresh token is bound to, if it is bound
 * @see {@link https://www.rfc-editor.org/rfc/rfc9449.html#section-5 RFC 9449, Section 5}
 */
export function requireProof({ client, proof }: TokenRequest, jkt?: unknown): void {
  if (proof || (!client.needsProof && jkt === undefined)) return
  throw new ProtocolError('invalid_dpop_proof', missingProof)
}

/** Checks that the key of a request is the one that its code or refresh token is bound to. */
export function checkKey({ proof }: TokenRequest, jkt: unknown): void {
  if (jkt === undefined || proof?.jkt === jkt) return
  throw new InvalidGrant(
    'failed jkt verification',
    'bound to another key than that of the DPoP proof',
  )
}

/** Checks that a request names no other API, and that the grant is of the same person as what came of it. */
export function checkTarget({ request, grant, used }: Found, audience: string): void {
  if (request.resources.some((resource) => resource !== audience)) {
    throw new ProtocolError('invalid_target', `resource must be ${audience}`)
  }
  if (used['accountId'] !== grant.payload['accountId']) throw new InvalidGrant('accountId mismatch')
}
