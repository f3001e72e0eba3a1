import { Redis } from 'ioredis'
import { expect, test } from 'vitest'
import { recommendedRedisOptions, type RedisAdapterOptions } from '../../adapters/redis.ts'
import type { ClientMetadata } from '../../lib/index.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, refresh, type Answer, type Tokens } from '../support/flow.ts'
import {
  longestAnswer,
  startOutageServer,
  startWaiting,
  type OutageServer,
} from '../support/outage.ts'
import { startSentinel, type SentinelGroup } from '../support/redis-sentinel.ts'
import { waitUntil, withClient } from '../support/redis-server.ts'
import { areActive, pause } from '../support/requests.ts'
import { confidential, publicClient, resourceServer } from '../support/server.ts'

// A primary that is lost, and the replica that takes its place, which may not know the latest.

interface World {
  readonly group: SentinelGroup
  readonly server: OutageServer
}

async function start(options: Pick<RedisAdapterOptions, 'waitForReplicas'> = {}): Promise<World> {
  const group = endAfterTest(await startSentinel())
  const { name, sentinel } = group
  const settings = { sentinels: [sentinel], name, ...recommendedRedisOptions }
  const server = endAfterTest(await startOutageServer(() => new Redis(settings), options))
  // A replica that is new gets nothing until it has said for the first time how far it is.
  await connect(server.issuer)
  await group.waitForReplica()
  return { group, server }
}

/** A partner's worker: it has the tokens of the last answer that reached it. */
interface Worker {
  readonly client: ClientMetadata
  tokens: Tokens
  /** How often it was told to try again. */
  unavailable: number
}

const startWorkers = (
  { server }: World,
  client: ClientMetadata,
  count: number,
): Promise<readonly Worker[]> =>
  Promise.all(
    Array.from({ length: count }, async () => {
      return { client, tokens: await connect(server.issuer, { client }), unavailable: 0 }
    }),
  )

/** Refreshes with what it has until that is answered, as clients do that are told to try again. */
async function refreshOnce({ server }: World, worker: Worker): Promise<void> {
  for (let tries = 1; tries < 100; tries += 1) {
    const { status, body, took } = await send(server, worker)
    expect(took).toBeLessThan(longestAnswer)
    if (status === 200) {
      worker.tokens = body as unknown as Tokens
      return
    }
    expect([status, body]).toEqual([
      503,
      expect.objectContaining({ error: 'temporarily_unavailable' }),
    ])
    worker.unavailable += 1
    await pause(100)
  }
  throw new Error('never answered')
}

async function send(
  { issuer }: OutageServer,
  { tokens, client }: Worker,
): Promise<Answer & { readonly took: number }> {
  const waited = startWaiting()
  const answer = await refresh(issuer, tokens.refresh_token, client)
  return { ...answer, took: waited() }
}

/** Whether the access tokens are good, as the API sees it. */
async function activeOf({ server }: World, workers: readonly Worker[]): Promise<unknown[]> {
  const answers = workers.map(({ tokens: { access_token } }) =>
    areActive(server.issuer, [access_token], resourceServer),
  )
  return (await Promise.all(answers)).flat()
}

test.each([
  { how: 'killed', lose: ({ primary }: SentinelGroup) => primary.kill() },
  { how: 'hung', lose: async ({ primary }: SentinelGroup) => primary.pause() },
])('the primary is $how while clients refresh: all go on at the new one', async ({ lose }) => {
  const world = await start()
  const workers = [
    ...(await startWorkers(world, confidential, 30)),
    ...(await startWorkers(world, publicClient, 5)),
  ]
  const over = new AbortController()
  const working = workers.map(async (worker) => {
    // Nobody refreshes twice while there may be two primaries.
    for (; !over.signal.aborted; await pause(300)) await refreshOnce(world, worker)
  })
  await pause(300)
  await lose(world.group)
  await world.group.waitForPromotion()
  // One that was hung comes back, and has to learn that it is a replica now.
  world.group.primary.resume()
  await pause(1000)
  over.abort()
  await Promise.all(working)
  const unavailable = workers.reduce((sum, worker) => sum + worker.unavailable, 0)
  expect(unavailable).toBeGreaterThan(0)
  for (const worker of workers) await refreshOnce(world, worker)
  expect(await activeOf(world, workers)).toEqual(workers.map(() => true))
})

/** Has the replica not get anything any more, without the primary minding. */
async function cutReplication({ primary, replica }: SentinelGroup): Promise<void> {
  await withClient(primary, async (client) => {
    await client.call('ACL', 'SETUSER', 'default', '-psync', '-sync')
    await client.call('CLIENT', 'KILL', 'TYPE', 'replica')
  })
  await waitUntil('the replica is alone', async () =>
    (await withClient(replica, (client) => client.info('replication'))).includes(
      'master_link_status:down',
    ),
  )
}

test('a refresh that the replica never got is made up for, for everybody', async () => {
  const world = await start()
  const workers = [
    ...(await startWorkers(world, confidential, 10)),
    ...(await startWorkers(world, publicClient, 10)),
  ]
  await world.group.waitForReplica()
  await cutReplication(world.group)
  for (const worker of workers) await refreshOnce(world, worker)
  await world.group.failover()
  await waitUntil('the new primary has forgotten them indeed', async () =>
    (await activeOf(world, workers)).every((active) => active === false),
  )
  for (let turn = 0; turn < 2; turn += 1) {
    for (const worker of workers) await refreshOnce(world, worker)
    expect(await activeOf(world, workers)).toEqual(workers.map(() => true))
  }
})

test('workers that share a token go on if the new primary has forgotten the refresh of one of them', async () => {
  const world = await start()
  const { issuer } = world.server
  const shared = [
    ...(await startWorkers(world, confidential, 5)),
    ...(await startWorkers(world, publicClient, 5)),
  ]
  await world.group.waitForReplica()
  await cutReplication(world.group)
  const ahead = shared.map((worker) => ({ ...worker }))
  for (const worker of ahead) await refreshOnce(world, worker)
  await world.group.failover()
  await waitUntil('the new primary has forgotten them indeed', async () =>
    (await activeOf(world, ahead)).every((active) => active === false),
  )
  // The slower one sends the token of before, the faster one goes on with what it got.
  for (const worker of shared) await refreshOnce(world, worker)
  expect(shared.map(({ tokens }) => tokens.refresh_token)).toEqual(
    ahead.map(({ tokens }) => tokens.refresh_token),
  )
  for (const worker of ahead) await refreshOnce(world, worker)
  expect(await activeOf(world, ahead)).toEqual(ahead.map(() => true))
  expect((await refresh(issuer, shared[0]?.tokens.refresh_token ?? '')).status).toBe(200)
})

test('a worker that is behind a forgotten refresh is refused, and ends nothing', async () => {
  const world = await start()
  const { issuer } = world.server
  const [worker] = (await startWorkers(world, confidential, 1)) as [Worker]
  const before = worker.tokens.refresh_token
  await world.group.waitForReplica()
  await cutReplication(world.group)
  await refreshOnce(world, worker)
  await world.group.failover()
  await waitUntil(
    'the new primary has forgotten it indeed',
    async () => (await activeOf(world, [worker]))[0] === false,
  )
  await refreshOnce(world, worker)
  expect((await refresh(issuer, before)).body['error_description']).toContain('was replaced')
  await refreshOnce(world, worker)
  expect(await activeOf(world, [worker])).toEqual([true])
})

test.each([
  { who: 'a confidential client', client: confidential },
  { who: 'a public client', client: publicClient },
])(
  'with waitForReplicas, $who is told to try again while no replica has its refresh',
  async (given) => {
    const world = await start({ waitForReplicas: { count: 1, timeout: 100 } })
    const { group, server } = world
    const [worker] = (await startWorkers(world, given.client, 1)) as [Worker]
    const prompt = await send(server, worker)
    expect(prompt.status).toBe(200)
    worker.tokens = prompt.body as unknown as Tokens

    group.replica.pause()
    for (let tries = 0; tries < 3; tries += 1) {
      const { status, body, took } = await send(server, worker)
      expect([status, body['error']]).toEqual([503, 'temporarily_unavailable'])
      expect(took).toBeLessThan(longestAnswer)
    }
    expect(server.takeErrors().map(({ cause }) => String(cause))).toContain(
      'ReplicationError: 0 of 1 replicas have the refresh',
    )
    group.replica.resume()
    await group.waitForReplica()
    await refreshOnce(world, worker)
    const answered = worker.tokens

    // What was answered the replica has: a failover forgets nothing.
    await group.failover()
    await waitUntil('the token is active at the new primary', async () => {
      const [active] = await activeOf(world, [worker])
      return active === true
    })
    // There is no replica any more, and still it is not lost.
    const { status } = await send(server, worker)
    expect(status).toBe(503)
    expect(worker.tokens).toBe(answered)
  },
)
