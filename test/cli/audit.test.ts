import { readFileSync, statSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { AuditEvent } from '../../lib/index.ts'
import { outside } from '../support/audited.ts'
import { runCommand } from '../support/cli.ts'
import { connect } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { register } from '../support/registered.ts'

// Who did it, of what is done on the command line.

const commands = startRedisCommands([], { signingKeys: 'stored' })
const { ok, refusal } = commands

const newLog = (): string => join(createFolder({}), 'audit.jsonl')

const read = (log: string): readonly AuditEvent[] =>
  readFileSync(log, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AuditEvent)

const operator = (name: string) => ({ kind: 'operator', how: 'command line', name })

test.each(['', '-'])('refuses %j as the file of the events', async (file) => {
  const { code, stderr } = await runCommand('clients', 'resume', 'x', '--audit-log', file)
  expect([code, stderr]).toEqual([2, expect.stringContaining('It must be the path of a file.')])
})

test('each command that changes something writes its events with the name of the operator', async () => {
  const log = newLog()
  const who = ['--as', 'Ida Berg', '--audit-log', log]
  const { client_id: id } = await register(commands.server.clients)
  await connect(commands.server.issuer)
  await fetch(`${commands.server.issuer}/oauth/jwks`)
  const uri = 'https://ledger.example/callback'
  await ok(
    'clients',
    'create',
    '--name',
    'Beaver',
    '--redirect-uri',
    uri,
    '--scope',
    'companies:read',
    ...who,
  )
  await ok('clients', 'update', id, '--name', 'Beaver Books', ...who)
  await ok('clients', 'rotate', id, ...who)
  await ok('clients', 'end-old-secrets', id, '--yes', ...who)
  await ok('clients', 'suspend', id, '--yes', ...who)
  await ok('clients', 'resume', id, ...who)
  await ok('clients', 'remove', id, '--yes', ...who)
  await ok('clients', 'invite', ...who)
  await ok('connections', 'revoke', '--client', 'ledger', '--yes', ...who)
  await ok('keys', 'rotate', '--now', '--yes', ...who)
  const events = read(log)
  expect(events.map(({ type }) => type)).toEqual([
    'client.created',
    'client.changed',
    'client.secret_rotated',
    'client.old_secrets_ended',
    'client.suspended',
    'client.resumed',
    'client.removed',
    'initial_access_token.created',
    'connection.disconnected',
    'signing_key.rotated',
  ])
  for (const event of events)
    expect(event).toMatchObject({ ...outside, actor: operator('Ida Berg') })
  // Nobody else may read who did what.
  expect(statSync(log).mode & 0o777).toBe(0o600)
})

test('without --as, the name is that of the user here, and a file is appended to', async () => {
  const log = newLog()
  const { client_id: id } = await register(commands.server.clients)
  await ok('clients', 'suspend', id, '--yes', '--audit-log', log)
  await ok('clients', 'resume', id, '--audit-log', log)
  const by = operator(userInfo().username)
  expect(read(log).map(({ type, actor }) => [type, actor])).toEqual([
    ['client.suspended', by],
    ['client.resumed', by],
  ])
})

test('nothing is changed if the log cannot be written, or the name is empty', async () => {
  const { client_id: id } = await register(commands.server.clients)
  const folder = createFolder({})
  const suspend = ['clients', 'suspend', id, '--yes'] as const
  expect(await refusal(...suspend, '--audit-log', folder)).toBe(
    `error: ${folder} cannot be written: it is a folder\n`,
  )
  const nowhere = join(folder, 'nowhere', 'log')
  expect(await refusal(...suspend, '--audit-log', nowhere)).toBe(
    `error: ${nowhere} cannot be written: there is no such folder\n`,
  )
  expect(await refusal(...suspend, '--as', ' ')).toContain('It must not be empty.')
  expect((await commands.server.clients.find(id))?.suspendedAt).toBeUndefined()
})

test('with --config, the listeners of the module hear it, and are waited for', async () => {
  const library = JSON.stringify(join(import.meta.dirname, '../../lib/index.ts'))
  const log = newLog()
  const module = `import { createAuthorizationServer } from ${library}
    import { appendFile } from 'node:fs/promises'
    import { setTimeout } from 'node:timers/promises'
    export const server = createAuthorizationServer({
      issuer: 'http://localhost:3000', cookieKeys: ['x'], signingKeys: 'ephemeral',
      accounts: { find: () => undefined, subjects: () => [], authenticate: () => undefined },
      resourceServer: { audience: 'https://api.example.test' },
    })
    server.audit.on(async (event) => {
      await setTimeout(200)
      await appendFile(${JSON.stringify(log)}, JSON.stringify(event) + '\\n')
    })`
  const config = join(createFolder({ 'server.mjs': module }), 'server.mjs')
  const uri = ['--redirect-uri', 'https://nordvind.example.test/callback']
  const client = ['--name', 'Heron', ...uri, '--scope', 'companies:read']
  const { code, stderr } = await runCommand(
    'clients',
    'create',
    ...client,
    '--config',
    config,
    '--as',
    'per',
  )
  expect([code, stderr]).toEqual([0, ''])
  expect(read(log)).toEqual([
    {
      ...outside,
      type: 'client.created',
      actor: operator('per'),
      clientId: expect.any(String) as string,
      name: 'Heron',
      isVerified: false,
    },
  ])
})
