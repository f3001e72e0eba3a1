/** All of a backend that has to do with running an authorization server: its health and its end. */
import { ConfigurationError } from 'pleo-oauth-server'
import { close, server } from './server.ts'
import { setting } from './setting.ts'

server.app.use(server.health.middleware())
server.app.on('refused', (refused) => console.log('refused', JSON.stringify(refused)))

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
  await close()
  process.exit(0)
}
process.once('SIGTERM', () => void end())
process.once('SIGINT', () => void end())
