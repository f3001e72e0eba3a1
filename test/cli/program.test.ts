import { readFileSync } from 'node:fs'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../lib/cli/program.ts'
import { runInProcess } from '../support/cli-in-process.ts'
import { runCommand, startCommandOnTerminal } from '../support/cli.ts'
import { createFolder } from '../support/folder.ts'

test('--version is that of the package', async () => {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { readonly version: string }
  expect(await runCommand('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
})

test.each([
  [['clints'], 'clints', 'clients'],
  [['clients', 'lst'], 'lst', 'list'],
  [['connections', 'revok'], 'revok', 'revoke'],
])('%j is no command, and the one that was meant is named', async (args, wrong, meant) => {
  const { code, stdout, stderr } = await runCommand(...args)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toBe(`error: unknown command '${wrong}'\n(Did you mean ${meant}?)\n`)
})

test.each([[[]], [['clients']], [['connections']]])(
  '%j --help names its commands',
  async (...[args]) => {
    const { code, stdout, stderr } = await runCommand(...args, '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const commands = /^Commands:\n([^]*?)\n(\n|$)/m.exec(stdout)?.[1] ?? ''
    expect(commands.split('\n').length).toBeGreaterThan(2)
  },
)

const withCommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap((one) => withCommands(one)),
]
const pathOf = (command: Command): readonly string[] =>
  command.parent ? [...pathOf(command.parent), command.name()] : []

test.each(withCommands(createProgram()).map((command) => [pathOf(command)]))(
  '%j --help has no line that is longer than 80 characters, and none that is broken early',
  async (path) => {
    const { stdout } = await runInProcess({}, ...path, '--help')
    const lines = stdout.split('\n')
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    const early = lines.filter((line, index) => {
      const next = /^\S+/.exec(lines[index + 1] ?? '')?.[0]
      return /^\S/.test(line) && next !== undefined && `${line} ${next}`.length <= 80
    })
    expect(early).toEqual([])
  },
)

test('help is as wide as the terminal', async () => {
  const { output } = await startCommandOnTerminal({}, 'keys', 'rotate', '--help').ended
  expect(output).toContain(
    '\nIt fails, and changes nothing, while the key that was announced last is not in\nuse yet.\n',
  )
})

test('examples stay what can be copied, however narrow the terminal is', async () => {
  const { output } = await startCommandOnTerminal({ COLUMNS: '50' }, 'try', '--help').ended
  expect(output).toContain(
    '  pleo-oauth try --issuer http://localhost:3000 --client-id try --public \\\n',
  )
  expect(output.split('\n').filter((line) => /^\S/.test(line) && line.length > 50)).toEqual([])
})

test('a setting that is missing may be in a file .env, which is not read: that is said', async () => {
  const before = process.cwd()
  const none = { REDIS_URL: '', STORAGE_KEYS: '', COOKIE_KEYS: '' }
  const said = async (): Promise<readonly string[]> => {
    const listed = await runInProcess(none, 'clients', 'list')
    const rotated = await runInProcess(none, 'keys', 'rotate', '--cookies')
    return [listed.stderr, rotated.stderr]
  }
  try {
    process.chdir(createFolder())
    for (const one of await said()) expect(one).toMatch(/^error: .* must be set.*\n$/)
    process.chdir(createFolder({ '.env': 'REDIS_URL=redis://localhost' }))
    for (const one of await said())
      expect(one).toMatch(/must be set.*\nThe file .env here is not read/)
  } finally {
    process.chdir(before)
  }
})

test('a variable that is spelled nearly like a missing setting is named', async () => {
  const none = { REDIS_URL: '', STORAGE_KEYS: '', COOKIE_KEYS: '' }
  const near = {
    ...none,
    REDIS_URI: 'redis://secret',
    STORAGE_KEY: 'secret',
    COOKIES_KEY: 'secret',
  }
  const listed = await runInProcess(near, 'clients', 'list')
  expect(listed.stderr).toMatch(
    /must be set.*\nREDIS_URI is not read: did you mean REDIS_URL\?\nSTORAGE_KEY is not read: did you mean STORAGE_KEYS\?\n/,
  )
  const rotated = await runInProcess(near, 'keys', 'rotate', '--cookies')
  expect(rotated.stderr).toContain('\nCOOKIES_KEY is not read: did you mean COOKIE_KEYS?\n')
})
