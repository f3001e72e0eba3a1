import { expect, test } from 'vitest'
import { runCommandWith, startCommandOnTerminal } from '../support/cli.ts'
import { useRedis } from '../support/redis-server.ts'
import { keys } from '../support/terminal.ts'

const key = 'a-storage-key-of-the-tests-long-enough'
const redis = useRedis()

async function register(name: string): Promise<string> {
  const settings = { REDIS_URL: redis.url, STORAGE_KEYS: key }
  const uri = ['--redirect-uri', 'https://a.test/cb']
  const given = ['--name', name, ...uri, '--scope', 'companies:read', '--json']
  const { stdout } = await runCommandWith(settings, 'clients', 'create', ...given)
  return (JSON.parse(stdout) as { readonly client: { readonly clientId: string } }).client.clientId
}

/** What goes wrong, how, how it is put right, and what is said of it. */
const faults: readonly (readonly [string, () => unknown, () => unknown, string])[] = [
  ['hangs', () => redis.pause(), () => redis.resume(), 'the storage failed on the way: '],
  ['is killed', () => redis.kill(), () => redis.restart(), 'the storage failed on the way: '],
  ['is back, empty', () => redis.restart(), () => undefined, 'no such client is registered'],
]

test.each(faults)(
  'a Redis that %s while a command asks: the command ends, and says so',
  async (what, go, putRight, reason) => {
    const id = await register(`Left While It ${what}`)
    const settings = { REDIS_URL: redis.url, STORAGE_KEYS: key }
    const command = startCommandOnTerminal(settings, 'clients', 'suspend', id)
    await command.said(/\[y\/N\] /)
    await go()
    command.type(`y${keys.enter}`)
    // Before Redis is there again, or it would not end by itself.
    const { code, output } = await command.ended
    await putRight()
    expect(code).toBe(1)
    expect(output).toContain(`error: ${reason}`)
    expect(output).not.toContain('    at ')
  },
)
