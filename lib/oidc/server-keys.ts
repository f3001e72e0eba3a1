import type { Middleware } from 'koa'
import type Provider from 'oidc-provider'
import type { Config } from '../config/config.ts'
import { replaceSigningKeys, routesOf } from './internals.ts'
import { createKeyFollower, toMaxAge } from '../keys/key-follower.ts'
import { createKeyMiddleware } from '../keys/key-middleware.ts'
import type { KeyTimes } from '../keys/schedule.ts'
import type { SigningKeys } from '../keys/signing-keys.ts'
import { createGivenKeys, createStoredKeys } from '../keys/stored-keys.ts'

/** The signing keys of a server, and what they ask of its requests. */
export interface ServerKeys {
  readonly signingKeys: SigningKeys
  /** Sees every request. */
  readonly middleware: Middleware
  /**
   * To be awaited before anything is verified that came without a request.
   *
   * @throws what the storage throws, where no key is known yet
   */
  readonly follow: () => Promise<void>
}

/** Has the provider use the keys in the storage, where the options say so. */
export function createServerKeys(provider: Provider, config: Config): ServerKeys {
  const { keyAnnouncement: announcement, keyRetirement: retirement } = config.lifetimes
  const times: KeyTimes = { announcement, retirement }
  const parts = { routes: routesOf(provider), maxAge: toMaxAge(times) }
  if (!config.hasStoredKeys)
    return {
      signingKeys: createGivenKeys(),
      middleware: createKeyMiddleware(parts),
      follow: async () => undefined,
    }
  const records = config.storage.records('SigningKeys')
  const install = (keys: Parameters<typeof replaceSigningKeys>[1]): void =>
    replaceSigningKeys(provider, keys)
  // It was constructed with one of nobody, and cannot be without: nothing must be signed with that.
  install([])
  const follower = createKeyFollower({ records, times, install })
  return {
    signingKeys: createStoredKeys(records, (schedule) => follower.change(schedule)),
    middleware: createKeyMiddleware({ ...parts, follower }),
    follow: () => follower.follow(),
  }
}
