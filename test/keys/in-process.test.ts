import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import { connect } from '../support/flow.ts'
import { withJwts } from '../support/jwt-server.ts'
import { storageKeys } from '../support/redis-harness.ts'
import { useRedis } from '../support/redis-server.ts'
import { pause } from '../support/requests.ts'
import { startServer, type RunningServer } from '../support/server.ts'

// A process that nobody asks over HTTP, such as that of an API with `local()`.

const closing: (() => Promise<void>)[] = []
const redis = useRedis()
afterAll(() => Promise.all(closing.map((close) => close())))

async function start(issuer?: string): Promise<RunningServer> {
  const client = new Redis(redis.url, recommendedRedisOptions)
  client.on('error', () => undefined)
  const server = await startServer({
    ...withJwts,
    ...(issuer !== undefined && { issuer }),
    signingKeys: 'stored',
    lifetimes: { keyAnnouncement: 4, keyRetirement: 960 },
    storage: createRedisAdapter({ client, keys: storageKeys }),
  })
  closing.push(async () => {
    await server.close()
    client.disconnect()
  })
  return server
}

test('introspection in the process follows the keys in the storage, and never says of what it cannot know', async () => {
  const asked = await start()
  const silent = await start(asked.issuer)
  const first = await connect(asked.issuer)
  expect(await silent.introspect(first.access_token)).toMatchObject({ active: true })

  await asked.signingKeys.rotate({ now: true })
  const second = await connect(asked.issuer)
  await pause(1100)
  expect(await silent.introspect(second.access_token)).toMatchObject({ active: true })
  expect(await silent.introspect(first.access_token)).toEqual({ active: false })

  await redis.kill()
  const late = await start(asked.issuer)
  await expect(late.introspect(second.access_token)).rejects.toMatchObject({
    error: 'temporarily_unavailable',
  })
  await redis.restart()
})
