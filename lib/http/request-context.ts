import type { Context } from 'koa'
import type { toApplication } from '../pages/shown-client.ts'

/** A value that belongs to a request. */
interface RequestValue<Value> {
  readonly get: (ctx: object) => Value | undefined
  readonly set: (ctx: object, value: Value | undefined) => void
}

/**
 * Creates a value of each request. It is a member of its context. A `WeakMap` by the context would keep all that belonged to requests
 * that are over, until the next whole garbage collection.
 */
export function createRequestValue<Value>(name: string): RequestValue<Value> {
  const member = Symbol(name)
  return {
    get: (ctx) => (ctx as { readonly [member]?: Value })[member],
    set(ctx: { [member]?: Value | undefined }, value) {
      ctx[member] = value
    },
  }
}

const host = createRequestValue<Context>('context of the host')
const client = createRequestValue<KnownClient>('client')

/** Remembers in which context of the host's application a request came in. */
export const setHostContext: (own: Context, of: Context) => void = host.set

/** The context of the host's application, which has the host's session. Without a host, it is the context of this server. */
export const hostContext = (own: object): Context => host.get(own) ?? (own as Context)

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
  readonly oidc?: RequestOfFramework
  readonly query?: Readonly<Record<string, unknown>>
}

/** Remembers the client of a request whose redirect URI was verified. */
export const rememberClient: (ctx: object, verified: KnownClient) => void = client.set

/** The client that a request names. Anybody can name one. */
export const namedClient = (ctx: Remembering): KnownClient | undefined =>
  client.get(ctx) ?? ctx.oidc?.client

/**
 * The client of a request, if it is certain that the request came from there, or that its answer goes there: the request named one
 * of the redirect URIs of that client.
 */
export function verifiedClient(ctx: Remembering): KnownClient | undefined {
  const remembered = client.get(ctx)
  if (remembered) return remembered
  const { client: named, params = ctx.query } = ctx.oidc ?? {}
  const redirectUri = params?.['redirect_uri']
  const isVerified = typeof redirectUri === 'string' && named?.redirectUriAllowed(redirectUri)
  return isVerified ? named : undefined
}
