import { stripVTControlCharacters } from 'node:util'
import { Redis } from 'ioredis'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRedisAdapter, recommendedRedisOptions } from '../../adapters/redis.ts'
import type { Storage } from '../../lib/index.ts'
import { createStandalone, type Administration } from '../../lib/administration.ts'
import { runCommandWith, startCommandOnTerminal } from '../support/cli.ts'
import { useRunning } from '../support/fixtures.ts'
import { grantMany } from '../support/many-grants.ts'
import { useRedis } from '../support/redis-server.ts'
import { keys, type TerminalCommand } from '../support/terminal.ts'

const key = 'a-storage-key-of-the-tests-long-enough'
let storage: Storage
let clients: Administration['clients']
const redis = useRedis()
const connection = useRunning(() => new Redis(redis.url, recommendedRedisOptions))
beforeAll(async () => {
  storage = createRedisAdapter({ client: connection, keys: [key] })
  clients = createStandalone(storage).clients
})

const settings = (): Record<string, string> => ({ REDIS_URL: redis.url, STORAGE_KEYS: key })
const start = (...args: readonly string[]): TerminalCommand =>
  startCommandOnTerminal(settings(), 'clients', ...args)

async function register(client_name: string): Promise<string> {
  const redirect_uris = ['https://a.test/cb']
  const { client } = await clients.create({ client_name, redirect_uris, scope: 'companies:read' })
  return client.clientId
}

const names = async (): Promise<readonly unknown[]> =>
  (await clients.list()).map(({ metadata }) => metadata.client_name)

describe('clients create on a terminal', () => {
  test('asks for what is left out, and registers that', async () => {
    const command = start('create', '--name', 'Known')
    await command.said(/Redirect URIs, separated by spaces: /)
    command.type(`https://a.test/cb, https://b.test/cb${keys.enter}`)
    await command.said(/Scopes, separated by spaces: /)
    command.type(` users:read companies:read ${keys.enter}`)
    const { code, output } = await command.ended
    expect(code).toBe(0)
    expect(output).not.toContain('Name, as people see it')
    const id = /client id +(\S+)/.exec(output)?.[1] ?? ''
    expect((await clients.find(id))?.metadata).toMatchObject({
      client_name: 'Known',
      redirect_uris: ['https://a.test/cb', 'https://b.test/cb'],
      scope: 'users:read companies:read',
    })
  })

  test('asks once more for what is wrong, and for nothing else', async () => {
    const command = start('create')
    await register('Taken Already')
    // Each answer is checked when it is typed, and what is pasted behind a wrong one is left out.
    const answers = [
      [/see it: /, `Pleo Ledger${keys.enter}http://never.test`],
      [/client_name: must not contain[^]*see it: /, 'taken already'],
      [/client_name: looks to people like[^]*see it: /, 'Asked Again'],
      [/URIs, separated by spaces: /, 'https://a.test/cb http://a.test/cb'],
      [/redirect_uris\[1\]: must use https[^]*separated by spaces: /, 'https://a.test/cb'],
      [/Scopes, separated by spaces: /, 'users:read companies:raed'],
      [/scope\[1\] \(companies:raed\): .*[^]*"companies:read"[^]*spaces: /, 'companies:read'],
    ] as const
    for (const [question, answer] of answers) {
      await command.said(question)
      command.type(answer + keys.enter)
    }
    const { code, output } = await command.ended
    expect(code).toBe(0)
    expect(output).not.toContain('The metadata is invalid')
    expect(await names()).toContain('Asked Again')
  })

  test('says which scopes there are, and takes commas between them', async () => {
    const command = start('create', '--name', 'Commas', '--redirect-uri', 'https://a.test/cb')
    await command.said(
      /Scopes there are:\s[^]*\s{2}companies:read +See companies[^]*Scopes, separated by spaces: /,
    )
    command.type(`companies:read,users:read${keys.enter}`)
    const { code, output } = await command.ended
    expect([code, output]).toEqual([0, expect.any(String)])
    const id = /client id +(\S+)/.exec(output)?.[1] ?? ''
    expect((await clients.find(id))?.metadata.scope).toBe('companies:read users:read')
  })

  test('asks again at once for an answer that is empty', async () => {
    const command = start('create')
    await command.said(/people see it: /)
    command.type(keys.enter)
    await command.said(/people see it: /)
    command.type(`Not Empty${keys.enter}`)
    await command.said(/Redirect URIs, separated by spaces: /)
    command.type(keys.ctrlC)
    expect((await command.ended).output).not.toContain('metadata is invalid')
  })

  test('takes answers that are pasted all at once', async () => {
    const command = start('create')
    await command.said(/: /)
    command.type(['Pasted', 'https://a.test/cb', 'companies:read', ''].join(keys.enter))
    expect((await command.ended).code).toBe(0)
    expect(await names()).toContain('Pasted')
  })

  test('asks nothing where an option is wrong as well', async () => {
    const command = start('create', '--name', 'Never', '--redirect-uri', 'http://a.test')
    await command.said(/Scopes, separated by spaces: /)
    command.type(`companies:read${keys.enter}`)
    const { code, output } = await command.ended
    expect(code).toBe(1)
    expect(output).toContain('redirect_uris[0]: must use https')
    expect(await names()).not.toContain('Never')
  })

  test.each([
    ['Ctrl+C', keys.ctrlC],
    ['Ctrl+D', keys.ctrlD],
  ])('ends with %s, and registers nothing', async (_, pressed) => {
    const before = await names()
    const command = start('create')
    await command.said(/people see it: /)
    command.type(`Left Alone${keys.enter}`)
    await command.said(/Redirect URIs, separated by spaces: /)
    command.type(pressed)
    const { code, output } = await command.ended
    expect(code).toBe(1)
    expect(output).toMatch(/[^\n]\nerror: nothing was changed\n$/)
    expect(await names()).toEqual(before)
  })
})

describe('what cannot be undone is asked for on a terminal', () => {
  test.each([
    ['n', 'n'],
    ['nothing', ''],
    ['another word', 'yesterday'],
  ])('%s means no', async (what, answer) => {
    const id = await register(`Kept from ${what}`)
    const command = start('remove', id)
    expect(await command.said(/Remove .*\[y\/N\] /)).toContain(`Kept from ${what}`)
    command.type(answer + keys.enter)
    const { code, output } = await command.ended
    expect(code).toBe(1)
    expect(output).toMatch(/error: nothing was changed\n$/)
    expect(await clients.find(id)).toBeDefined()
  })

  test.each([
    ['Ctrl C', keys.ctrlC],
    ['Ctrl D', keys.ctrlD],
  ])('%s means no', async (what, pressed) => {
    const id = await register(`Kept from ${what}`)
    const command = start('remove', id)
    await command.said(/\[y\/N\] /)
    command.type(pressed)
    const { code, output } = await command.ended
    expect(code).toBe(1)
    expect(output).toMatch(/[^\n]\nerror: nothing was changed\n$/)
    expect(await clients.find(id)).toBeDefined()
  })

  test.each(['y', 'Y', 'yes'])('%s means yes', async (answer) => {
    const id = await register(`Gone ${answer}`)
    const command = start('remove', id)
    await command.said(/\[y\/N\] /)
    command.type(answer + keys.enter)
    expect(await command.ended).toMatchObject({ code: 0 })
    expect(await clients.find(id)).toBeUndefined()
  })

  test('connections revoke says whose, and how many', async () => {
    const id = await register('Connected')
    const subject = 'urn:pleo:company:00000000-0000-4000-8000-000000000001'
    await grantMany(storage, 2, { clientId: id, subject })
    const of = ['revoke', '--client', id, '--subject', subject]
    const command = startCommandOnTerminal(settings(), 'connections', ...of)
    const asked = await command.said(/[^]*\[y\/N\] /)
    expect(asked).toContain(`End what Connected (${id}) was granted for ${subject}, 2 grants now?`)
    command.type(`n${keys.enter}`)
    expect((await command.ended).code).toBe(1)
  })

  test('end-old-secrets ends nothing where the secrets have changed since it asked', async () => {
    const id = await register('Changed Meanwhile')
    await clients.rotateSecret(id)
    const command = start('end-old-secrets', id)
    await command.said(/\[y\/N\] /)
    await clients.rotateSecret(id)
    command.type(`y${keys.enter}`)
    const { code, output } = await command.ended
    expect(code).toBe(1)
    expect(output).toMatch(/error: nothing was changed: the secrets have changed .*look again\n$/)
    expect((await clients.find(id))?.secrets).toHaveLength(2)
  })

  test('rotate says which secrets there are, where one of two ends', async () => {
    const id = await register('Twice Rotated')
    await clients.rotateSecret(id)
    const command = start('rotate', id)
    const asked = await command.said(/[^]*\[y\/N\] /)
    expect(asked.match(/ one made \S+Z \(never used\): (?:goes on|ends now)/g)).toHaveLength(2)
    expect(asked).toContain('Whatever uses the one that ends stops working')
    command.type(`n${keys.enter}`)
    const { code, output } = await command.ended
    expect(code).toBe(1)
    expect(output).toMatch(/error: nothing was changed\n$/)
    expect((await clients.find(id))?.secrets).toHaveLength(2)
  })

  test('end-old-secrets says what it costs', async () => {
    const id = await register('In Use')
    await clients.rotateSecret(id)
    const command = start('end-old-secrets', id)
    const asked = await command.said(/[^]*\[y\/N\] /)
    expect(asked).toContain('not safe to end yet')
    expect(asked).toContain('stops working')
    command.type(`y${keys.enter}`)
    expect((await command.ended).code).toBe(0)
    expect((await clients.find(id))?.secrets).toHaveLength(1)
  })
})

describe('what is shown', () => {
  const bold = '\u001B[1mNAME\n  CLIENT ID '
  const doing = /[\p{Cc}\p{Bidi_Control}]/u

  test('is bold on a terminal, unless NO_COLOR is set, and never elsewhere', async () => {
    await register('Shown')
    expect((await start('list').ended).output).toContain(bold)
    const plain = startCommandOnTerminal({ ...settings(), NO_COLOR: '1' }, 'clients', 'list')
    expect((await plain.ended).output).not.toContain('\u001B')
    const { stdout } = await runCommandWith(settings(), 'clients', 'list')
    expect(stdout).not.toContain('\u001B')
  })

  test('fits the terminal, and is whole elsewhere', async () => {
    const name = `Long ${'Name '.repeat(38)}End`
    const id = await register(name)
    const { output } = await start('list').ended
    const lines = stripVTControlCharacters(output).split('\n')
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
    expect(output).toMatch(
      new RegExp(`^Long Name .*…\\n +${id} +active +\\d{4}-\\d\\d-\\d\\d +-$`, 'm'),
    )
    const { stdout } = await runCommandWith(settings(), 'clients', 'list')
    expect(stdout).toMatch(new RegExp(`^${id} +${name} +active +\\S+Z +-$`, 'm'))
  })

  test('has nothing that a name could do to the terminal', async () => {
    const id = await register('Hostile')
    const record = await storage.records('Client').find(id)
    const name = 'Hostile\u001B]0;title\u0007\u009B2J\u202Egnp\r\nnext'
    const { client_id: _, ...rest } = record ?? {}
    const stored = JSON.parse(
      JSON.stringify({ client_id: id, ...rest }).replaceAll('"Hostile"', JSON.stringify(name)),
    ) as object
    await storage.records('Client').upsert(id, { ...stored })
    expect((await clients.find(id))?.metadata.client_name).toBe(name)
    for (const args of [['list'], ['list', '--json'], ['show', id]]) {
      const { output } = await start(...args).ended
      expect(output).toContain('Hostile')
      expect(stripVTControlCharacters(output).replaceAll('\n', '')).not.toMatch(doing)
    }
    const command = start('remove', id)
    expect(await command.said(/Remove [^]*\[y\/N\] /)).not.toMatch(/\p{Bidi_Control}/u)
    command.type(keys.ctrlC)
    await command.ended
  })
})
