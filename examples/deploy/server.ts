/** The authorization server. Commands use it, too: `npx pleo-oauth doctor --config ./server.ts`. */
import { setTimeout as pause } from 'node:timers/promises'
import { createAuthorizationServer, type AuthorizationServer } from 'pleo-oauth-server'
import { createRedisAdapter } from 'pleo-oauth-server/adapters/redis'
import { accounts } from './accounts.ts' // yours
import { client, subscriber } from './redis.ts'
import { list, setting } from './setting.ts'

export const server: AuthorizationServer = createAuthorizationServer({
  issuer: setting('ISSUER'),
  accounts,
  cookieKeys: list('COOKIE_KEYS'),
  signingKeys: 'stored',
  storage: createRedisAdapter({ client, subscriber, keys: list('STORAGE_KEYS') }),
  resourceServer: { audience: setting('API_AUDIENCE'), clientIds: ['api'] },
  // The API, which introspects access tokens. All other clients are in the storage.
  clients: [
    {
      client_id: 'api',
      client_secret: setting('API_CLIENT_SECRET'),
      grant_types: [],
      response_types: [],
    },
  ],
  trustedProxies: list('TRUSTED_PROXIES'),
})
server.provider.on('server_error', (_ctx, error) => console.error(error))

/** Closes what is open. */
export async function close(): Promise<void> {
  const quit = Promise.allSettled([client.quit(), subscriber.quit()])
  await Promise.race([quit, pause(1000)]) // Redis may be away
}
