import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runCommand } from '../support/cli.ts'

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
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
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
