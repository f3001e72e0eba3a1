import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type * as ResourceServer from 'pleo-oauth-server/resource-server'
import { startRedis } from '../support/redis-server.ts'
import { connectionCount } from './fixture.ts'
import { runFlow } from './flow.ts'
import { connect } from './http-client.ts'
import { loadOurServer } from './servers/our-server.ts'
import { toSpread, toText } from './spread.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

/** How many connections there are in the storage. Each has one access token. */
const tokenCount = 2000

/**
 * Measures `local()`: how many access tokens the API verifies in a second if it runs in the process of the authorization server.
 * Returns lines for a person.
 */
export async function measureLocal(rounds: number, seconds: number): Promise<string> {
  const redis = await startRedis()
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const server = (await loadOurServer(checkout))(origin, redis.url)
  const handle = server.app.callback()
  http.on('request', (request, response) => void handle(request, response))
  const { local } = (await import(
    `${checkout}/dist/lib/resource-server/index.js`
  )) as typeof ResourceServer
  const verify = local(server)
  const tokens = await createTokens(origin)
  const few = tokens.slice(0, connectionCount)
  const lines: string[] = []
  for (const [name, asked] of [
    [`the same ${few.length} tokens again and again`, few],
    [`${tokens.length} tokens in turn`, tokens],
  ] as const) {
    const rates: number[] = []
    await runRound(verify, asked, seconds)
    for (let round = 0; round < rounds; round += 1) {
      rates.push(await runRound(verify, asked, seconds))
    }
    lines.push(`local(), ${name}: ${toText(toSpread(rates))} per second`)
  }
  await redis.stop()
  return lines.join('\n')
}

async function createTokens(origin: string): Promise<readonly string[]> {
  const tokens: string[] = []
  const connections = Array.from({ length: connectionCount }, () => connect(origin))
  await Promise.all(
    connections.map(async (connection) => {
      while (tokens.length < tokenCount) tokens.push((await runFlow(connection)).accessToken)
      connection.close()
    }),
  )
  return tokens
}

/** Verifies tokens in turn, as many at once as there are connections. Returns how many in a second. */
async function runRound(
  verify: ResourceServer.TokenVerifier,
  tokens: readonly string[],
  seconds: number,
): Promise<number> {
  const start = performance.now()
  const end = start + seconds * 1000
  let count = 0
  await Promise.all(
    Array.from({ length: connectionCount }, async () => {
      while (performance.now() < end) {
        const token = tokens[count % tokens.length] ?? ''
        count += 1
        if (!(await verify(token))) throw new Error('a living access token was refused')
      }
    }),
  )
  return (count / (performance.now() - start)) * 1000
}
