import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Redis } from 'ioredis'
import type * as Package from 'pleo-oauth-server'
import type * as RedisAdapter from 'pleo-oauth-server/adapters/redis'
import {
  audience,
  client,
  cookieKeys,
  lifetimes,
  storageKey,
  toAccountId,
  toSubject,
  toUsername,
} from '../fixture.ts'
import { countCommands } from '../serve.ts'

const boundless = { count: 1_000_000_000, seconds: 3600 }

/** Makes this server from the package as it is built in a checkout. */
export async function loadOurServer(
  checkout: string,
): Promise<(issuer: string, redisUrl: string) => Package.AuthorizationServer> {
  const load = (file: string): Promise<unknown> =>
    import(pathToFileURL(join(checkout, 'dist', file)).href)
  const { createAuthorizationServer } = (await load('lib/index.js')) as typeof Package
  const { createRedisAdapter, recommendedRedisOptions } = (await load(
    'adapters/redis.js',
  )) as typeof RedisAdapter

  // A busy machine must not end a run. The timers are set all the same.
  const patient = { ...recommendedRedisOptions, commandTimeout: 30_000, socketTimeout: 60_000 }
  return (issuer, redisUrl) =>
    createAuthorizationServer({
      issuer,
      storage: createRedisAdapter({
        client: countCommands(new Redis(redisUrl, patient)),
        keys: [storageKey],
        timeout: patient.commandTimeout,
      }),
      // All requests of a run come from people who have not signed in, and none may push another one out.
      anonymousRequests: { count: 10_000_000, bytes: 2 ** 40 },
      // They are counted, as in production, and all come from one address.
      limits: {
        signInAccount: boundless,
        signInAddress: boundless,
        clientAuthentication: boundless,
        clientAddress: boundless,
        authorization: boundless,
        pushedRequest: boundless,
      },
      cookieKeys,
      signingKeys: 'stored',
      lifetimes,
      resourceServer: { audience },
      clients: [client],
      accounts: {
        find: (id) => ({ accountId: id, name: 'Sofia Lind', email: toUsername(id) }),
        subjects: (id, { type }) =>
          type === 'company'
            ? [{ urn: toSubject(id), name: 'Bright Bakery', mayConnect: true }]
            : [],
        authenticate: ({ username }) => toAccountId(username),
      },
    })
}
