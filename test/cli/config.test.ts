import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { isClientSecret } from '../../lib/index.ts'
import { runCommand } from '../support/cli.ts'
import { createFolder } from '../support/folder.ts'

/** A module of a host. */
const write = (text: string): string => join(createFolder({ 'server.mjs': text }), 'server.mjs')

const library = JSON.stringify(join(import.meta.dirname, '../../lib/index.ts'))
const host = `import { createAuthorizationServer } from ${library}
  setInterval(() => {}, 1000)
  export const server = createAuthorizationServer({
    issuer: 'http://localhost:3000', cookieKeys: ['x'], signingKeys: 'ephemeral',
    accounts: { find: () => undefined, subjects: () => [], authenticate: () => undefined },
    resourceServer: { audience: 'https://api.example.test', scopes: { 'own:read': { description: { en: 'x' }, access: 'read' } } },
  })`

/** Why a list of the clients of a module was refused. */
async function refusal(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand('clients', 'list', ...args)
  expect([[1, 2].includes(code ?? 0), stdout]).toEqual([true, ''])
  return stderr
}

describe('--config', () => {
  test('uses the authorization server of the host, and ends although that goes on', async () => {
    const uri = ['--redirect-uri', 'https://nordvind.example.test/callback']
    const given = ['--name', 'Nordvind Regnskab', ...uri, '--config', write(host)]
    const good = await runCommand('clients', 'create', ...given, '--scope', 'own:read', '--json')
    expect(good.code).toBe(0)
    const { secret } = JSON.parse(good.stdout) as { readonly secret: string }
    expect(isClientSecret(secret)).toBe(true)
    const bad = await runCommand('clients', 'create', ...given, '--scope', 'companies:read')
    expect([bad.code, bad.stdout]).toEqual([1, ''])
    expect(bad.stderr).toContain('scope[0] (companies:read): names a scope')
  })

  test('says that it is not known what came of it where the storage of the host fails', async () => {
    const adapter = JSON.stringify(join(import.meta.dirname, '../../adapters/memory.ts'))
    const failing = `import { createMemoryAdapter } from ${adapter}
      const memory = createMemoryAdapter()
      const fail = () => Promise.reject(new Error('Connection is closed.'))
      const storage = { ...memory, records: (model) => ({ ...memory.records(model), ids: fail }) }
      ${host.replace('signingKeys:', 'storage, signingKeys:')}`
    expect(await refusal('--config', write(failing))).toBe(
      `error: the storage failed on the way: Connection is closed.
The change was made or not: look before you run the command again.\n`,
    )
  })

  test('says what a file lacks', async () => {
    const file = write('export const server = {}')
    expect(await refusal('--config', file)).toContain('must export an authorization server')
    const clients = 'clients: { rotateSecret: () => {}, list: () => [] }'
    const connections = 'connections: { revoke: () => {}, events: { listenerCount: () => 0 } }'
    for (const parts of [clients, `${clients}, ${connections}`]) {
      const part = write(`export const server = { ${parts} }`)
      expect(await refusal('--config', part)).toContain('must export an authorization server')
    }
    const both = await refusal('--config', file, '--key-prefix', 'x:')
    expect(both).toContain("'--key-prefix <prefix>' cannot be used with")
    expect(await refusal('--config', '/nowhere.mjs')).toBe('error: there is no file /nowhere.mjs\n')
    const tried = join(process.cwd(), 'nowhere.mjs')
    expect(await refusal('--config', 'nowhere.mjs')).toBe(`error: there is no file ${tried}\n`)
  })

  test.each([
    ['throws', "throw new Error('no settings')", 'no settings'],
    ['throws what is no error', 'throw undefined', 'it threw something that is not an error'],
    ['is no JavaScript', 'export const server =', 'Unexpected end of input'],
    ['imports what is not there', "import 'nothing-like-this'", "Cannot find package 'nothing-"],
  ])('says why a module cannot be imported that %s', async (_, text, reason) => {
    const file = write(text)
    const said = await refusal('--config', file)
    expect(said).toContain(`error: ${file} cannot be imported: `)
    expect(said).toContain(reason)
    expect(said).not.toContain('    at ')
  })

  test.each([
    ['with nothing to wait for', ''],
    ['and goes on', 'setInterval(() => {}, 1000);'],
  ])('gives up on a module that waits for ever %s', async (_, before) => {
    const file = write(`${before} await new Promise(() => {})`)
    expect(await refusal('--config', file)).toBe(
      `error: ${file} cannot be imported: it did not end within 10 seconds\n`,
    )
  })
})
