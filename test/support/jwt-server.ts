import {
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  SignJWT,
  type JWK,
  type JWTPayload,
} from 'jose'
import type { AuthorizationServerOptions } from '../../lib/index.ts'
import { audience, resourceServer, startServer, type RunningServer } from './server.ts'

/** A private key to sign with, ES256. */
export async function createSigningKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  return { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid }
}

/** The options of a server whose access tokens are JWTs. */
export const withJwts: Required<Pick<AuthorizationServerOptions, 'resourceServer'>> = {
  resourceServer: {
    audience,
    clientIds: [resourceServer.client_id],
    accessTokenFormat: 'jwt',
  },
}

/** Starts a server whose access tokens are JWTs. */
export const startJwtServer = (
  options: Partial<AuthorizationServerOptions> = {},
): Promise<RunningServer> => startServer({ ...withJwts, ...options })

/** Signs the claims of a token anew, with other ones and another header, by that key. */
export async function signAnew(
  token: string,
  key: JWK | Uint8Array,
  { claims = {}, header = {} }: { claims?: JWTPayload; header?: Record<string, unknown> } = {},
): Promise<string> {
  const kid = key instanceof Uint8Array ? undefined : key.kid
  const protectedHeader = { alg: 'ES256', typ: 'at+jwt', kid, ...header }
  return new SignJWT({ ...decodeJwt(token), ...claims })
    .setProtectedHeader(protectedHeader as never)
    .sign(key instanceof Uint8Array ? key : await importJWK(key))
}
