import { Redis } from 'ioredis'
import { beforeAll, expect } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { AuthorizationServerOptions, Storage } from '../../lib/index.ts'
import { runInProcess } from './cli-in-process.ts'
import type { CommandResult } from './cli.ts'
import { readFrom, useRunning } from './fixtures.ts'
import { useRedis, type RedisServer } from './redis-server.ts'
import { useServer, type RunningServer } from './server.ts'

/**
 * A Redis, a server that keeps everything there, and the command line for the same Redis: in this process, as there are many
 * commands.
 */
export interface RedisCommands {
  readonly redis: RedisServer
  readonly storage: Storage
  readonly server: RunningServer
  /** What the command line is told of the Redis. */
  readonly environment: { readonly REDIS_URL: string; readonly STORAGE_KEYS: string }
  /** Runs a command of the group. */
  readonly run: (...args: readonly string[]) => Promise<CommandResult>
  /** What a command has said that went well, and said nothing else. */
  readonly ok: (...args: readonly string[]) => Promise<string>
  /** Why a command was refused, which said nothing else. */
  readonly refusal: (...args: readonly string[]) => Promise<string>
}

/**
 * Starts them before the tests of a file, and stops them afterwards.
 *
 * @param group - what every command begins with
 */
export function startRedisCommands(
  group: readonly string[],
  options: Partial<AuthorizationServerOptions> = {},
): RedisCommands {
  const key = 'a-storage-key-of-the-tests-long-enough'
  const redis = useRedis()
  const client = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
  let storage: Storage | undefined
  beforeAll(() => void (storage = createRedisAdapter({ client, keys: [key] })))
  const server = useServer(() => ({ ...options, ...(storage && { storage }) }))
  const commands: RedisCommands = {
    redis,
    storage: readFrom(() => storage),
    server,
    get environment() {
      return { REDIS_URL: redis.url, STORAGE_KEYS: key }
    },
    run: (...args) => runInProcess(commands.environment, ...group, ...args),
    ok: async (...args) => {
      const { code, stdout, stderr } = await commands.run(...args)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).not.toContain('\u001B')
      return stdout
    },
    refusal: async (...args) => {
      const { code, stdout, stderr } = await commands.run(...args)
      // 2 if the command was called wrongly; test/cli/exit-codes.test.ts has which is which.
      expect([[1, 2].includes(code ?? 0), stdout]).toEqual([true, ''])
      return stderr
    },
  }
  return commands
}
