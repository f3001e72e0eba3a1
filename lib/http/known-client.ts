import type { Client, KoaContextWithOIDC } from 'oidc-provider'

const key = Symbol('client')

/** Remembers the client of a request whose redirect URI was verified. */
export function rememberClient(ctx: object, client: Client): void {
  Object.assign(ctx, { [key]: client })
}

type Remembering = Partial<KoaContextWithOIDC> & { readonly [key]?: Client }

/** The client that a request is of, as far as it is known. Anybody can name one. */
export const namedClient = (ctx: object): Client | undefined => {
  const { [key]: remembered, oidc } = ctx as Remembering
  return remembered ?? oidc?.client
}

/**
 * The client that a request is of, if it is certain that the request came from there or that its answer goes there: it named one
 * of the redirect URIs of that client.
 */
export function verifiedClient(ctx: object): Client | undefined {
  const { [key]: remembered, oidc, query } = ctx as Remembering
  if (remembered) return remembered
  const { client, params = query } = oidc ?? {}
  const redirectUri = params?.['redirect_uri']
  const isVerified = typeof redirectUri === 'string' && client?.redirectUriAllowed(redirectUri)
  return isVerified ? client : undefined
}
