import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { useRedis } from '../support/redis-server.ts'
import { keys, startOnTerminal, type TerminalCommand } from '../support/terminal.ts'

const cli = fileURLToPath(new URL('../../lib/cli.ts', import.meta.url))

const redis = useRedis()

const started: TerminalCommand[] = []
afterEach(() => {
  for (const command of started.splice(0)) command.kill('SIGKILL')
})

/** Types a command into a shell that has jobs, and that says `$?` behind each. */
function startInShell(command: string): TerminalCommand {
  const shell = startOnTerminal('bash', ['--norc', '--noprofile', '--noediting', '-i'], {
    REDIS_URL: redis.url,
    STORAGE_KEYS: 'a-storage-key-of-the-tests-long-enough',
    PS1: 'ready$?> ',
  })
  // As npx does it: the command is not the one that the shell knows.
  started.push(shell)
  shell.type(`sh -c '"${process.execPath}" "${cli}" ${command}; exit $?'${keys.enter}`)
  return shell
}

async function stopAndGoOn(shell: TerminalCommand): Promise<void> {
  shell.type(keys.ctrlZ)
  await shell.said(/Stopped[^]*ready\d+> /)
  shell.type(`fg${keys.enter}`)
}

async function leave(shell: TerminalCommand): Promise<void> {
  shell.type(`exit${keys.enter}`)
  await shell.ended
}

test('Ctrl+Z at a question stops the whole job, and after fg the question goes on', async () => {
  const shell = startInShell('clients create')
  await shell.said(/people see it: /)
  shell.type('Halfway')
  await shell.said(/Halfway/)
  for (const _ of [1, 2]) {
    await stopAndGoOn(shell)
    await shell.said(/people see it: Halfway/)
  }
  shell.type(` There${keys.enter}`)
  await shell.said(/Redirect URIs/)
  shell.type(keys.ctrlC)
  expect(await shell.said(/error: [^]*ready1> /)).toContain('nothing was changed')
  await leave(shell)
})

test('a secret is not shown after Ctrl+Z and fg either', async () => {
  const shell = startInShell('try --issuer http://127.0.0.1:9 --client-id some-client')
  await shell.said(/Client secret .*: /)
  shell.type('the first half')
  await stopAndGoOn(shell)
  await shell.said(/Client secret .*: /)
  shell.type(` the second half${keys.enter}`)
  await shell.said(/error: http:\/\/127.0.0.1:9 cannot be reached[^]*ready1> /)
  expect(shell.output()).not.toMatch(/first half|second half/)
  await leave(shell)
})

test('without a shell there is nothing to go back to: Ctrl+Z changes nothing', async () => {
  const command = startOnTerminal(process.execPath, [
    cli,
    'try',
    '--issuer',
    'http://127.0.0.1:9',
    '--client-id',
    'x',
  ])
  started.push(command)
  await command.said(/Client secret .*: /)
  command.type(keys.ctrlZ)
  await command.said(/Client secret .*: /)
  command.type(`not to be seen${keys.enter}`)
  const { code, output } = await command.ended
  expect(code).toBe(1)
  expect(output).not.toContain('not to be seen')
})
