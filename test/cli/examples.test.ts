import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { createProgram } from '../../lib/cli/program.ts'
import { readCalls } from '../support/shell-examples.ts'

const withCommands = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap((one) => withCommands(one)),
]
const nameOf = (command: Command): string =>
  command.parent ? `${nameOf(command.parent)} ${command.name()}`.trim() : ''

/** Calls the command line with everything but what commands do; answers which command that was. */
async function call(args: readonly string[]): Promise<string | undefined> {
  const program = createProgram()
  let called: Command | undefined
  for (const command of withCommands(program)) {
    command.exitOverride().configureOutput({ outputError: () => undefined })
    if (command.commands.length === 0) command.action(() => void (called = command))
  }
  await program.parseAsync(args, { from: 'user' })
  // Some commands take arguments that begin like options.
  expect(called?.args.filter((arg) => arg.startsWith('-'))).toEqual([])
  return called && nameOf(called)
}

/** Lines of a shell, those that go on in the next one as one. */
const toLines = (text: string): readonly string[] => text.replaceAll('\\\n', ' ').split('\n')

function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp()
  return help
}

const examples = withCommands(createProgram()).flatMap((command) => {
  const [, text = ''] = helpOf(command).split('\nExamples:\n')
  const lines = toLines(text).filter((line) => line.includes('pleo-oauth'))
  return lines.map((line) => [nameOf(command), line.trim()] as const)
})

const root = join(import.meta.dirname, '../..')
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
const documented = documents
  .filter((name) => name.endsWith('.md'))
  .flatMap((name) => {
    const blocks = readFileSync(join(root, name), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)
    const lines = [...blocks].flatMap(([, text = '']) => toLines(text))
    return lines
      .filter((line) => line.includes('npx pleo-oauth '))
      .map((line) => [name, line] as const)
  })

const commands = withCommands(createProgram()).filter((command) => command.commands.length === 0)

test.each(commands.map((command) => [nameOf(command)]))('%s --help has examples of it', (name) => {
  const own = examples.filter(([of, line]) => of === name && line.includes(`pleo-oauth ${name}`))
  expect(own.length).toBeGreaterThan(0)
})

test('the documents have examples', () => {
  expect(documented.length).toBeGreaterThan(20)
})

test.each([...examples, ...documented])('%s: %s', async (_, line) => {
  const calls = readCalls(line)
  expect(calls.length).toBeGreaterThan(0)
  for (const args of calls) expect(await call(args)).toBeDefined()
})

test.each([
  ['pleo-oauth clients rotate <client-id> --nou', "unknown option '--nou'"],
  ['pleo-oauth clients rotates <client-id>', "unknown command 'rotates'"],
  ['pleo-oauth clients show', "missing required argument 'client-id'"],
  ['pleo-oauth connections revoke <grant-id> --all', '--all'],
  ['pleo-oauth keys rotate --cookies --now', 'cannot be used with'],
  ['pleo-oauth try --issuer https://a.example --client-id x --timeout never', 'is invalid'],
])('an example that is wrong is found: %s', async (line, reason) => {
  for (const args of readCalls(line)) await expect(call(args)).rejects.toThrow(reason)
})
