import { Redis } from 'ioredis'
import { beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { createConnections } from '../../lib/grants/connections.ts'
import { createConnectionTeller } from '../../lib/grants/events.ts'
import { grantIdOf } from '../../lib/grants/token-values.ts'
import { connect, introspect, type Tokens } from '../support/flow.ts'
import { useRunning } from '../support/fixtures.ts'
import { createRandom } from '../support/fuzzing.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis, waitUntil } from '../support/redis-server.ts'
import { basic, pause, sendForm, sendRefresh, toJson, type RawAnswer } from '../support/requests.ts'
import { confidential } from '../support/server.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'

// Two processes on one Redis at full load, while Redis is killed and one of the processes is restarted, again and again.

const seconds = Number(process.env['SOAK_SECONDS'] || 60)
const workers = 16
const mostConnections = 300
/** So many connections are left for the others if one is revoked. */
const spare = 5
const random = createRandom()
const between = (least: number, most: number): number => least + random() * (most - least)

const redis = useRedis({ appendOnly: true })
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
const servers = useRunning(async () => {
  const start = (): Promise<ServerProcess> => startServerProcess(redis.url)
  const running = await Promise.all([start(), start()])
  return {
    /** Where a client is sent by a load balancer. */
    issuer: () => running[random() < 0.5 ? 0 : 1].issuer,
    async restart() {
      await running[1].kill()
      running[1] = await start()
    },
    kill: () => Promise.all(running.map((one) => one.kill())),
  }
})

/** A connection, as its client knows it. */
interface Connection {
  tokens: Tokens
  isBusy: boolean
  state: 'connected' | 'revoked'
}

const toConnection = (tokens: Tokens): Connection => ({
  tokens,
  isBusy: false,
  state: 'connected',
})

const all: Connection[] = []
const count = { connected: 0, refreshed: 0, introspected: 0, revoked: 0, ended: 0, retried: 0 }
/** Answers that no client that keeps to the protocol may get. */
const wrong: unknown[] = []

/** Ends all loops below. */
const over = new AbortController()
const { signal } = over

/** Sends a request until it is answered: a client repeats what got no answer, or 503. */
async function insist(
  send: (issuer: string) => Promise<RawAnswer | undefined>,
): Promise<RawAnswer> {
  for (;;) {
    const answer = await send(servers.issuer()).catch(() => undefined)
    if (answer && answer.status !== 503) return answer
    count.retried += 1
    await pause(between(20, 200))
  }
}

const post = (path: string, token: string) => (issuer: string) =>
  sendForm(`${issuer}${path}`, new URLSearchParams({ token }).toString(), {
    headers: basic(confidential),
  })

async function refresh(connection: Connection): Promise<void> {
  const { refresh_token: value } = connection.tokens
  const answer = await insist((issuer) => sendRefresh(issuer, value))
  if (answer.status === 200) connection.tokens = toJson(answer) as unknown as Tokens
  else wrong.push(['refresh', answer.status, answer.text])
  count.refreshed += 1
}

async function ask({ tokens }: Connection): Promise<void> {
  const answer = await insist(post('/oauth/token/introspect', tokens.access_token))
  if (toJson(answer)['active'] !== true) wrong.push(['introspection', answer.status, answer.text])
  count.introspected += 1
}

async function revoke(connection: Connection): Promise<void> {
  connection.state = 'revoked'
  const answer = await insist(post('/oauth/token/revoke', connection.tokens.refresh_token))
  if (answer.status !== 200) wrong.push(['revocation', answer.status, answer.text])
  count.revoked += 1
}

/** A worker of the client: takes a connection that no other worker has, and does something with it. */
async function work(): Promise<void> {
  while (!signal.aborted) {
    const free = all.filter(({ isBusy, state }) => !isBusy && state === 'connected')
    const connection = free[Math.floor(random() * free.length)]
    if (!connection) {
      await pause(20)
      continue
    }
    connection.isBusy = true
    const draw = random()
    if (draw < 0.02 && free.length > spare) await revoke(connection)
    else await (draw < 0.6 ? refresh(connection) : ask(connection))
    connection.isBusy = false
  }
}

/** A person after the other signs in and agrees. A flow that an outage broke off is begun anew, as a person would. */
async function visit(): Promise<void> {
  while (!signal.aborted) {
    if (all.length >= mostConnections) return
    const tokens = await connect(servers.issuer()).catch(() => undefined)
    if (!tokens) continue
    all.push(toConnection(tokens))
    count.connected += 1
  }
}

/** Somebody at Pleo ends a connection, by its grant. */
async function end(): Promise<void> {
  const connections = createConnections(
    createRedisAdapter({ client, keys: storageKeys }).grants,
    createConnectionTeller(),
  )
  while (!signal.aborted) {
    await pause(between(500, 1500))
    const connection = all.find(({ isBusy, state }) => !isBusy && state === 'connected')
    if (!connection) continue
    connection.state = 'revoked'
    const grantId = grantIdOf(connection.tokens.refresh_token) ?? ''
    for (;;) {
      const ended = await connections.revoke({ grantId }).catch(() => undefined)
      if (ended !== undefined) break
      await pause(100)
    }
    count.ended += 1
  }
}

const killed = { redis: 0, process: 0 }

async function killRedis(): Promise<void> {
  while (!signal.aborted) {
    await pause(between(2000, 6000))
    await redis.kill()
    await pause(between(0, 1000))
    await redis.restart()
    killed.redis += 1
  }
}

async function killProcess(): Promise<void> {
  while (!signal.aborted) {
    await pause(between(2000, 6000))
    await servers.restart()
    killed.process += 1
  }
}

beforeAll(async () => {
  client.on('error', () => undefined)
  const some = await Promise.all(Array.from({ length: workers }, () => connect(servers.issuer())))
  all.push(...some.map((tokens) => toConnection(tokens)))
})

test(`after ${seconds} s of outages at full load, each connection is there, and each that was revoked is not`, async () => {
  const working = [
    ...Array.from({ length: workers }, work),
    ...Array.from({ length: 3 }, visit),
    end(),
    killRedis(),
    killProcess(),
  ]
  await Promise.race([pause(seconds * 1000), Promise.all(working)])
  over.abort()
  await Promise.all(working)
  await waitUntil('Redis answers', async () => (await client.ping()) === 'PONG')

  expect(wrong).toEqual([])
  for (const connection of all) {
    const { tokens, state } = connection
    const isConnected = state === 'connected'
    const { active } = await introspect(servers.issuer(), tokens.access_token)
    const answer = await insist((issuer) => sendRefresh(issuer, tokens.refresh_token))
    expect({ state, active, status: answer.status }).toEqual({
      state,
      active: isConnected,
      status: isConnected ? 200 : 400,
    })
  }
  // It was a soak: much was done, and much was broken off.
  expect(killed.redis).toBeGreaterThanOrEqual(Math.floor(seconds / 15))
  expect(killed.process).toBeGreaterThanOrEqual(Math.floor(seconds / 15))
  for (const [name, times] of Object.entries(count)) expect([name, times > 0]).toEqual([name, true])
  expect(count.refreshed).toBeGreaterThan(seconds * 10)
  process.stdout.write(`soak: ${JSON.stringify({ ...count, killed, connections: all.length })}\n`)
})
