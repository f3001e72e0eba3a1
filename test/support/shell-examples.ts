import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createFolder } from './folder.ts'
import { bakery } from './people.ts'

/** What stands for what whoever reads an example is to put there. */
const values: Readonly<Record<string, string>> = {
  '<client-id>': '0b8f7f3e-6f0c-4b53-9a26-6f4f2c1c7f5a',
  '<grant-id>': 'GJXfaNzMFXj2fUkMd3j52',
  '<subject>': bakery,
  '<uuid>': '0b8f7f3e-6f0c-4b53-9a26-6f4f2c1c7f5a',
}

/** What the shell knows: a command notes its arguments, one in a line, and an empty line behind them. */
const shell = `
pleo_oauth() { for argument; do printf '%s\\n' "$argument" >&3; done; echo >&3; }
npx() { shift; pleo_oauth "$@"; }
jq() { cat; }
diff() { :; }
`

/**
 * Runs an example in a shell, with the command line replaced by something that only notes what it was called with.
 *
 * @returns the arguments of every call
 */
export function readCalls(example: string): readonly (readonly string[])[] {
  const filled = example.replaceAll(/<[a-z-]+>/g, (name) => {
    const value = values[name]
    if (value === undefined) throw new Error(`nothing is known for ${name}`)
    return value
  })
  // A function of a shell has no hyphen in its name; with npx it is an argument.
  const script = `set -eu\n${shell}\n${filled.replaceAll(/(?<!npx )pleo-oauth(?= )/g, 'pleo_oauth')}\n`
  const folder = createFolder({ 'registered.json': '{}' })
  execFileSync('sh', ['-c', `exec 3>calls\n${script}`], {
    cwd: folder,
    env: { PATH: process.env['PATH'], STORAGE_KEYS: 'of before' },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const calls = readFileSync(join(folder, 'calls'), 'utf8').split('\n\n').slice(0, -1)
  return calls.map((call) => call.split('\n'))
}
