import type { Context } from 'koa'
import type { toApplication } from '../pages/shown-client.ts'

const host: unique symbol = Symbol('context of the host')
const client: unique symbol = Symbol('client')

/** Remembers in which context of the host's application a request came in. */
export function setHostContext(own: Context, of: Context): void {
  Object.assign(own, { [host]: of })
}

/** The context of the host's application, which has the host's session. Without a host, it is the context of this server. */
export function hostContext(own: object): Context {
  return ((own as { readonly [host]?: Context })[host] ?? own) as Context
}

/** A client, as far as a page of an error shows it. */
export type KnownClient = Parameters<typeof toApplication>[0] & {
  redirectUriAllowed(redirectUri: string): boolean
}

/** A request, as far as the framework knows it. */
export interface RequestOfFramework {
  readonly client?: KnownClient | undefined
  readonly params?: Readonly<Record<string, unknown>> | undefined
}

interface Remembering {
  readonly [client]?: KnownClient
  readonly oidc?: RequestOfFramework
  readonly query?: Readonly<Record<string, unknown>>
}

/** Remembers the client of a request whose redirect URI was verified. */
export function rememberClient(ctx: object, verified: KnownClient): void {
  Object.assign(ctx, { [client]: verified })
}

/** The client that a request names. Anybody can name one. */
export const namedClient = (ctx: Remembering): KnownClient | undefined =>
  ctx[client] ?? ctx.oidc?.client

/**
 * The client of a request, if it is certain that the request came from there, or that its answer goes there: the request named one
 * of the redirect URIs of that client.
 */
export function verifiedClient(ctx: Remembering): KnownClient | undefined {
  if (ctx[client]) return ctx[client]
  const { client: named, params = ctx.query } = ctx.oidc ?? {}
  const redirectUri = params?.['redirect_uri']
  const isVerified = typeof redirectUri === 'string' && named?.redirectUriAllowed(redirectUri)
  return isVerified ? named : undefined
}
