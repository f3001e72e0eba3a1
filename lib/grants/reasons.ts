import { hash } from 'node:crypto'
import type { LoadedGrant, StoredPayload } from '../storage.ts'
import { toClock, toLength } from '../validation/reason-words.ts'
import { generationOf, grantIdOf, refreshTokenLength, type TokenValues } from './token-values.ts'

// Why a code or refresh token is refused, in one sentence each: for the log of the host alone. None has a value of the request.

export const kindOf = ({ kind }: StoredPayload): string =>
  kind === 'RefreshToken' ? 'refresh token' : 'authorization code'

/** Says whose a code or refresh token is that another client sent. */
export const whyOtherClient = (stored: StoredPayload, sender: string): string =>
  `the ${kindOf(stored)} was issued to the client ${stored.clientId}, and ${sender} sent it`

/** Says why no refresh token was found for a value. */
export function whyNoRefreshToken(
  value: string,
  loaded: LoadedGrant | undefined,
  values: TokenValues,
): string {
  const generation = generationOf(value)
  if (grantIdOf(value) === undefined || generation === undefined) {
    return toFormFault('refresh_token', value, refreshTokenLength)
  }
  if (!values.isGenuine(value)) {
    return 'this server never issued this refresh token, or no longer has the storage key that it was issued with'
  }
  if (!loaded?.refreshToken) {
    return 'the connection of this refresh token has ended: it was revoked or disconnected, it expired, or a used token was sent again'
  }
  return `the storage has forgotten refreshes, as after a failover: this token came of ${generation}, and the storage knows of ${loaded.refreshToken.generation}`
}

/** Says why no code was found for a value. */
export function whyNoCode(value: string, loaded: LoadedGrant | undefined): string {
  const grantId = grantIdOf(value)
  if (grantId === undefined || value.length === refreshTokenLength) {
    return toFormFault('code', value, codeLength)
  }
  if (!loaded) {
    return 'no connection has this code: it was never issued here, it expired, or its connection has ended'
  }
  return loaded.refreshToken
    ? 'the code was used before, and has expired since: its connection has a refresh token'
    : 'the code has expired, or it is not the code of this connection'
}

const codeLength = 65

function toFormFault(name: string, value: string, length: number): string {
  if (value.length === length)
    return `${name} has a character that no ${name} of this server can have`
  const other = value.length === codeLength ? 'a code or an access token' : 'a refresh token'
  const isOther = grantIdOf(value) !== undefined
  return isOther
    ? `${name} has the form of ${other}`
    : `${name} has ${toLength(value)}, and one of this server has ${length}`
}

/** Says when a refresh token was used, that is no longer the newest one. */
export function whenRefreshed({ refreshToken }: LoadedGrant, generation: number): string {
  const { generation: newest = generation, rotatedAt } = refreshToken ?? {}
  const count = newest - generation
  if (count < 1 || rotatedAt === undefined) {
    return 'another request used this refresh token at the same time'
  }
  const ago = `${count} ${count === 1 ? 'refresh' : 'refreshes'} ago`
  return `this refresh token was used ${ago}; the latest refresh was at ${toClock(rotatedAt)}`
}

/** Says when a code was used. */
export const whenRedeemed = ({ consumed }: StoredPayload): string =>
  consumed === undefined
    ? 'another request used this code at the same time'
    : `this code was used before, at ${toClock(consumed)}`

/** Says what is wrong with a code verifier that has the right form. */
export function whyOtherVerifier(verifier: string, challenge: unknown): string {
  if (challenge === undefined) {
    return 'code_verifier was sent, and the authorization request had no code_challenge'
  }
  if (verifier === challenge) {
    return 'code_challenge was the code_verifier itself, as the method plain has it: it must be the SHA-256 of it (S256)'
  }
  return hash('sha256', verifier, 'hex') === challenge
    ? 'code_challenge was the SHA-256 of the code_verifier in hexadecimal digits: it must be in base64url'
    : 'code_verifier does not match the code_challenge of the authorization request'
}

/** Says that somebody ended the grant while the request was answered. */
export const endedMeanwhile = 'the connection was ended while this request was answered'
