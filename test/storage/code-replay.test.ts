import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { consent, createPkce, redeem, type Consented, type Tokens } from '../support/flow.ts'
import { useRedis, waitUntil } from '../support/redis-server.ts'
import { areActive, sendCode, toJson } from '../support/requests.ts'
import { startServerProcess, type ServerProcess } from '../support/server-process.ts'
import { confidential, publicClient } from '../support/server.ts'

// Two server processes, one Redis, whose clock says how long ago a code was used.

let servers: [ServerProcess, ServerProcess]
const redis = useRedis()
const client = useRunning(() => new Redis(redis.url))
beforeAll(async () => {
  servers = await Promise.all([startServerProcess(redis.url), startServerProcess(redis.url)])
})
afterAll(() => Promise.all(servers.map((server) => server.kill())))

const clock = async (): Promise<number> => {
  const [seconds, microseconds] = await client.time()
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}

const redeemed = async (): Promise<{ given: Consented; tokens: Tokens }> => {
  const given = await consent(servers[0].issuer)
  const answer = await sendCode(servers[0].issuer, given)
  return { given, tokens: toJson(answer) as unknown as Tokens }
}

const areAlive = ({ access_token, refresh_token }: Tokens): Promise<readonly unknown[]> =>
  areActive(servers[1].issuer, [access_token, refresh_token])

/** Waits until a second is over in Redis; junk comes to both processes meanwhile. */
async function passSecond({ given }: { given: Consented }): Promise<void> {
  const end = (await clock()) + 1001
  await waitUntil('a second is over in Redis', async () => {
    await redeem(servers[0].issuer, given, publicClient)
    await redeem(servers[1].issuer, given, confidential, { code_verifier: createPkce().verifier })
    return (await clock()) > end
  })
}

test('another process only refuses a code that was just used', async () => {
  const tokens = await waitUntil('two redemptions come within a second', async () => {
    const start = await clock()
    const made = await redeemed()
    expect((await sendCode(servers[1].issuer, made.given)).status).toBe(400)
    return (await clock()) - start < 1000 ? made.tokens : undefined
  })
  expect(tokens && (await areAlive(tokens))).toEqual([true, true])
})

test('another process ends the grant of a code that was used more than a second ago, in spite of junk', async () => {
  const { given, tokens } = await redeemed()
  await passSecond({ given })
  expect(await areAlive(tokens)).toEqual([true, true])
  expect((await sendCode(servers[1].issuer, given)).status).toBe(400)
  expect(await areAlive(tokens)).toEqual([false, false])
})

test('it ends also if the process that redeemed the code died', async () => {
  const { given, tokens } = await redeemed()
  await servers[0].kill()
  servers[0] = await startServerProcess(redis.url)
  await passSecond({ given })
  expect((await sendCode(servers[0].issuer, given)).status).toBe(400)
  expect(await areAlive(tokens)).toEqual([false, false])
})
