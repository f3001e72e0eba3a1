import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createBackend } from './backend.ts'
import { createLogger } from './logger.ts'
import { signIns } from './people.ts'
import { readSettings, settingNames, type Settings } from './settings.ts'
import { findNearMisses } from '../server/near-misses.ts'
import { endOnSignal } from '../signals.ts'

const logger = createLogger((line) => console.error(line))
// What this package finds wrong with how it is mounted comes as a warning of the process.
process.on('warning', (warning) => logger.error('warning', warning))

const http = createServer()
for (const line of findNearMisses(process.env, settingNames)) console.error(line)
const settings = readSettings(process.env)
if ('port' in settings) listen(settings)
else {
  console.error(settings.join('\n'))
  process.exitCode = 1
}

function listen({ port, host, keepAlive }: Settings): void {
  // Node wants more time for headers than a connection may be idle, and for a request no less than for its headers.
  http.keepAliveTimeout = keepAlive * 1000
  http.headersTimeout = Math.max(http.headersTimeout, http.keepAliveTimeout + 5000)
  http.requestTimeout = Math.max(http.requestTimeout, http.headersTimeout)
  http.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') {
      console.error(`port ${port} is taken: set PORT to another one, or to 0 for a free one`)
    } else logger.error('error', error)
    process.exitCode = 1
  })
  http.listen(port, host, () => void start())
}

async function start(): Promise<void> {
  const origin = `http://localhost:${(http.address() as AddressInfo).port}`
  const place = { origin, issuer: `${origin}/auth`, audience: `${origin}/api` }
  const { app, server } = createBackend(place, logger)
  const handle = app.callback()
  http.on('request', (request, response) => void handle(request, response))
  endOnSignal(() => server.close({ server: http }))
  try {
    await server.check()
    await server.checkMounting()
  } catch (error) {
    logger.error('mounting', error)
  }
  console.log(`
Backend               ${place.origin}
Authorization server  ${place.issuer}
API                   ${place.audience}

Sign in as
${signIns.map(({ email = '', password }) => `  ${email}, password ${password}`).join('\n')}

Connect an application to it, and call the API with the access token:
  npx pleo-oauth try --issuer ${place.issuer} --client-id ledger --public --scope vendors:read companies:read --show-tokens
  curl -H 'Authorization: Bearer <access token>' ${place.audience}/companies

Ctrl+C ends it.`)
}
