import { describe, expect, test } from 'vitest'
import { runCommandForNobody, runCommandOnFullDisk, runCommandWith } from '../support/cli.ts'
import { useRedis } from '../support/redis-server.ts'

const key = 'a-storage-key-of-the-tests-long-enough'
const redis = useRedis()

const settings = () => ({ REDIS_URL: redis.url, STORAGE_KEYS: key, COOKIE_KEYS: 'c'.repeat(32) })

interface Shown {
  readonly clientId: string
  readonly secrets: readonly unknown[]
}
const list = async (): Promise<readonly Shown[]> =>
  JSON.parse(
    (await runCommandWith(settings(), 'clients', 'list', '--json')).stdout,
  ) as readonly Shown[]

/** What is said where the answer of a command cannot be written. */
async function lost(...args: readonly string[]): Promise<string> {
  const { code, stderr } = await runCommandOnFullDisk(settings(), ...args)
  expect(code).toBe(1)
  const first = 'error: it is done, but the answer cannot be written: ENOSPC\n'
  expect(stderr.slice(0, first.length)).toBe(first)
  return stderr.slice(first.length)
}

describe('where the answer cannot be written, the command ends with 1 and says', () => {
  test('how to make another secret', async () => {
    const uri = ['--redirect-uri', 'https://nordvind.example.test/callback']
    const given = ['--name', 'Nordvind Regnskab', ...uri, '--scope', 'companies:read']
    const created = await lost('clients', 'create', ...given, '--json')
    const [client] = await list()
    const advice = `The new secret is lost. To make another one: pleo-oauth clients rotate ${client?.clientId}\n`
    expect(created).toBe(advice)
    for (const format of [[], ['--json']]) {
      expect(await lost('clients', 'rotate', client?.clientId ?? '', '--yes', ...format)).toBe(
        advice,
      )
    }
    expect((await list())[0]?.secrets).toHaveLength(2)
  })

  test('that a token is lost, and when it ends', async () => {
    const words =
      /^There is a token that nobody has, and that ends at \d{4}-\S+Z: make another one\.\n$/
    expect(await lost('clients', 'invite')).toMatch(words)
  })

  test.each([
    ['generate', '--cookie'],
    ['generate', '--storage'],
    ['generate', '--signing'],
  ])('that nobody has the key: keys %s %s', async (...args) => {
    expect(await lost('keys', ...args)).toBe('Nobody has the key: run the command again.\n')
  })

  test('that nobody has the new key: keys rotate --cookies', async () => {
    expect(await lost('keys', 'rotate', '--cookies')).toMatch(/^Nobody has the new key: run /)
  })

  test('nothing more where nothing is lost', async () => {
    expect(await lost('clients', 'list')).toBe('')
  })
})

describe('where nobody reads the answer', () => {
  test('a command that only shows something ends quietly', async () => {
    for (const args of [['list'], ['list', '--json']])
      expect(await runCommandForNobody(settings(), 'clients', ...args)).toMatchObject({
        code: 0,
        stderr: '',
      })
  })

  test('a command that says something once says that it is lost', async () => {
    const { code, stderr } = await runCommandForNobody(settings(), 'clients', 'invite')
    expect(code).toBe(1)
    expect(stderr).toMatch(/cannot be written: EPIPE\nThere is a token that nobody has, /)
  })
})
