import { AsyncLocalStorage } from 'node:async_hooks'
import type { KoaContextWithOIDC } from 'oidc-provider'
import type { GrantStorage, LoadedGrant } from '../storage.ts'

type Context = KoaContextWithOIDC | undefined

type LoadedGrants = Map<string, Promise<LoadedGrant | undefined>>

const requests = new WeakMap<object, LoadedGrants>()

const callers = new AsyncLocalStorage<object>()

/** Runs a call from outside of a request, which then reads a grant once, as a request does. */
export const asOneRequest = <T>(call: () => Promise<T>): Promise<T> => callers.run({}, call)

/** The grants that the current request or call has read. */
function grantsOf(context: Context): LoadedGrants {
  const ctx = context ?? callers.getStore()
  const loaded: LoadedGrants = (ctx && requests.get(ctx)) ?? new Map()
  if (ctx) requests.set(ctx, loaded)
  return loaded
}

/**
 * Reads a grant once for a request: the framework asks for code, tokens and grant one by one.
 * Whatever is decided on it is decided again, atomically, where it is stored.
 */
export function loadOnce(
  ctx: Context,
  grants: GrantStorage,
  grantId: string,
): Promise<LoadedGrant | undefined> {
  const loaded = grantsOf(ctx)
  const existing = loaded.get(grantId)
  if (existing) return existing
  const loading = grants.load(grantId)
  loaded.set(grantId, loading)
  return loading
}

/** Makes the next look at the grant read it again. */
export function forgetLoaded(ctx: Context, grantId: string): void {
  grantsOf(ctx).delete(grantId)
}
