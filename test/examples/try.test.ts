import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startCommand } from '../support/cli.ts'
import { startExample } from '../support/example.ts'
import { agree, urlOf } from '../support/trying.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const [, line = ''] = /^npx pleo-oauth (try .*)$/m.exec(readme) ?? []
const [, password = ''] = /the password `(\S+)`/.exec(readme) ?? []
const [, username = ''] = /^\| `(\S+@\S+)`/m.exec(readme) ?? []

test('the README has pleo-oauth try walk the whole way with the example', async () => {
  const example = await startExample()
  const args = line.replace('http://localhost:3000', example.issuer).split(' ')
  const command = startCommand(...args, '--json')
  try {
    await fetch(await agree(await urlOf(command), { credentials: { username, password } }))
    const { code, stdout } = await command.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      tokens: { scope: 'companies:read' },
      introspection: null,
    })
  } finally {
    command.kill('SIGKILL')
    await example.close()
  }
})
