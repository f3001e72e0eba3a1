import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { createStandalone } from '../../lib/administration.ts'
import { useRunning } from '../support/fixtures.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis, waitUntil } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { addMachine, publishedBy, startTraffic } from '../support/signed-tokens.ts'

// Processes of their own that are killed and started again all the way through a rotation.

const main = fileURLToPath(new URL('key-server.ts', import.meta.url))

let processes: ServerProcess[]
const redis = useRedis()
const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
beforeAll(async () => {
  await addMachine(createRedisAdapter({ client, keys: storageKeys }))
  processes = await Promise.all([1, 2, 3].map(() => startServerProcess(redis.url, { main })))
})
afterAll(() => Promise.all(processes.map((one) => one.kill())))

test('processes are killed and started all through a rotation that nobody of them began: no verification fails', async () => {
  const origins = (): readonly string[] => processes.map(({ issuer }) => issuer)
  const [old = ''] = await publishedBy(origins()[0] ?? '')
  const traffic = startTraffic(origins)
  const { signingKeys } = createStandalone(createRedisAdapter({ client, keys: storageKeys }))
  const [, next] = await signingKeys.rotate()

  let kills = 0
  const isRetired = async (): Promise<boolean> =>
    (await signingKeys.list()).every(({ kid }) => kid !== old)
  // On a busy machine the rotation may be over before the second process is up again.
  while (!(await isRetired()) || kills < 2) {
    const index = kills % processes.length
    await processes[index]?.kill()
    kills += 1
    processes[index] = await startServerProcess(redis.url, { main })
    await pause(100)
  }
  await waitUntil('the old key is gone everywhere', async () => {
    const sets = await Promise.all(origins().map((origin) => publishedBy(origin)))
    return sets.every((set) => set.join() === next?.kid)
  })
  const { tokens } = await traffic.stop()
  expect([kills > 1, tokens > 30]).toEqual([true, true])
  expect(traffic.kids).toEqual([old, next?.kid])
})
