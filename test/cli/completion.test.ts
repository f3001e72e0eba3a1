import { execFileSync } from 'node:child_process'
import type { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { createProgram } from '../../lib/cli/program.ts'
import { runInProcess } from '../support/cli-in-process.ts'

const scriptFor = async (shell: string): Promise<string> => {
  const { code, stdout, stderr } = await runInProcess({}, 'completion', shell)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

/** What bash offers at the end of a line. */
async function complete(line: string): Promise<readonly string[]> {
  const words = line.split(' ')
  const script = `${await scriptFor('bash')}
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
    _pleo_oauth || true; printf '%s\\n' "\${COMPREPLY[@]}"`
  const said = execFileSync('bash', ['-euc', script], { encoding: 'utf8' })
  return said.split('\n').filter(Boolean)
}

describe('bash', () => {
  test.each([
    ['pleo-oauth c', ['clients', 'connections', 'completion']],
    ['pleo-oauth clients rot', ['rotate', 'rotate-registration-token']],
    ['pleo-oauth clients rotate --n', ['--now']],
    ['pleo-oauth clients rotate some-id --old', ['--old-ends-in']],
    ['pleo-oauth keys rotate --c', ['--cookies', '--config']],
    ['pleo-oauth connections re', ['revoke']],
    ['pleo-oauth completion ', ['bash', 'zsh', 'fish', '--help']],
    ['pleo-oauth clients nothing --n', []],
    ['pleo-oauth --vers', ['--version']],
  ])('completes %s', async (line, offered) => {
    expect((await complete(line)).toSorted()).toEqual(offered.toSorted())
  })
})

test.each(['bash', 'zsh', 'fish'])('%s knows every command and every option', async (shell) => {
  const script = await scriptFor(shell)
  const look = (command: Command): void => {
    for (const one of command.commands) {
      expect(script).toMatch(new RegExp(`[ ("']${one.name()}[ )"';]`))
      look(one)
    }
    for (const { long = '' } of command.options) {
      expect(script).toMatch(new RegExp(shell === 'fish' ? `-l ${long.slice(2)} ` : `${long}[ )"]`))
    }
  }
  look(createProgram())
})

test('another shell is refused', async () => {
  const { code, stderr } = await runInProcess({}, 'completion', 'tcsh')
  expect([code, stderr]).toEqual([2, expect.stringContaining('bash, zsh, fish')])
})
