/** All of a backend that has to do with running an authorization server: its settings, its health and its end. */
import { setTimeout as pause } from 'node:timers/promises'
import { ConfigurationError, createAuthorizationServer } from 'pleo-oauth-server'
import { createRedisAdapter } from 'pleo-oauth-server/adapters/redis'
import { accounts } from './accounts.ts' // yours
import { client, subscriber } from './redis.ts'
import { list, setting } from './setting.ts'

const server = createAuthorizationServer({
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
server.app.use(server.health.middleware())

// Redis may come later: until then, requests are answered with 503.
await server.check().catch((error: Error) => {
  console.error(error.message)
  if (error instanceof ConfigurationError) process.exit(1)
})

const http = server.app.listen(Number(setting('PORT')), setting('HOST'), () => {
  console.log(`${setting('ISSUER')} listens on ${setting('HOST')}:${setting('PORT')}`)
})
// Longer than the 60 seconds for which nginx keeps an idle connection.
http.keepAliveTimeout = 65_000
http.headersTimeout = 70_000

async function end(): Promise<void> {
  await server.close({ server: http, timeout: 8000 })
  const quit = Promise.allSettled([client.quit(), subscriber.quit()])
  await Promise.race([quit, pause(1000)]) // Redis may be away
  process.exit(0)
}
process.once('SIGTERM', () => void end())
process.once('SIGINT', () => void end())
