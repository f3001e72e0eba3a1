import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { runCommand } from '../support/cli.ts'
import { connect } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { bakery, nordlysDenmark } from '../support/people.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { registration } from '../support/registered.ts'

const commands = startRedisCommands([], { registration: { initialAccessToken: false } })
const { ok, refusal } = commands

async function register(client_name: string): Promise<{ id: string; secret: string }> {
  const { client, secret = '' } = await commands.server.clients.create({
    client_name,
    redirect_uris: ['https://ledger.example.test/callback'],
    scope: 'companies:read',
  })
  return { id: client.clientId, secret }
}

test('a client is named by its name, wherever one is taken', async () => {
  const name = 'Bergen Books'
  const { id } = await register(name)
  const clients = (...args: readonly string[]) => ok('clients', ...args)
  expect(await clients('show', name)).toContain(id)
  expect(await clients('show', ' bergen books ')).toContain(id)
  expect(await clients('update', name, '--test')).toContain(id)
  expect(await clients('rotate', name)).toContain(id)
  expect(await clients('end-old-secrets', name, '--yes')).toContain(id)
  expect(await clients('suspend', name, '--yes')).toContain(id)
  expect(await clients('resume', name)).toContain(id)
  const client = (await commands.server.clients.find(id))?.metadata
  const secret = JSON.parse(await clients('rotate', name, '--now', '--yes', '--json')) as {
    readonly secret: string
  }
  const granted = { ...client, client_id: id, client_secret: secret.secret } as never
  await connect(commands.server.issuer, { client: granted, as: 'sofia', subject: bakery })
  expect(await ok('connections', 'list', bakery, '--client', name)).toContain(id)
  expect(await ok('connections', 'revoke', '--client', name, '--yes')).toBe('Ended 1 grant.\n')
  expect(await clients('remove', name, '--yes')).toContain(`Removed ${name} (${id})`)
})

test('a name that several have is refused with their ids, and nothing is changed', async () => {
  // Clients from open registration claim no name until they are verified.
  const registerItself = async (client_name: string): Promise<string> => {
    const answer = await fetch(`${commands.server.issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...registration, client_name }),
    })
    return ((await answer.json()) as { readonly client_id: string }).client_id
  }
  const [id, other] = [await registerItself('Twin Ledger'), await registerItself('TWIN Ledger')]
  for (const args of [
    ['clients', 'suspend', 'Twin Ledger', '--yes'],
    ['connections', 'revoke', '--client', 'Twin Ledger', '--yes'],
  ]) {
    const said = await refusal(...args)
    expect(said).toMatch(/^error: nothing was changed: 2 clients are called Twin Ledger\./)
    expect(said).toMatch(new RegExp(`^ +${id} +registered itself \\d`, 'm'))
    expect(said).toMatch(new RegExp(`^ +${other} +registered itself \\d`, 'm'))
  }
  expect(await ok('clients', 'show', id)).toMatch(/status +active/)
})

test('a name that none has is refused with the one that was meant', async () => {
  await register('Aarhus Accounts')
  expect(await refusal('clients', 'show', 'Arhus Acounts')).toContain(
    '(did you mean "Aarhus Accounts"?)',
  )
})

test.each([
  ['revoke', '--client', 'nobody', '--yes'],
  ['revoke', '--client', 'nobody', '--yes', '--json'],
  ['revoke', '--client', 'nobody', '--subject', nordlysDenmark, '--yes'],
  ['list', bakery, '--client', 'nobody'],
  ['list', bakery, '--client', 'nobody', '--json'],
])('connections %s: a client that nobody knows is an error', async (...args) => {
  expect(await refusal('connections', ...args)).toMatch(
    /^error: no such client is known: nobody is neither the id nor the name of a registered one, .+ go by their ids\)/,
  )
})

test('with --config, clients of the options have their names', async () => {
  const index = JSON.stringify(join(import.meta.dirname, '../../lib/index.ts'))
  const file = join(createFolder(), 'host.js')
  writeFileSync(
    file,
    `import { createAuthorizationServer } from ${index}
    export const server = createAuthorizationServer({
      issuer: 'http://localhost:1',
      cookieKeys: ['x'.repeat(32)],
      accounts: { find: () => undefined, subjects: () => [], authenticate: () => undefined },
      resourceServer: { audience: 'https://api.example.test' },
      clients: [{ client_id: 'ledger', client_name: 'Given Ledger', client_secret: 'x'.repeat(40),
        redirect_uris: ['https://ledger.example.test/cb'], scope: 'companies:read' }],
    })
    const grant = { clientId: 'ledger', subject: '${bakery}', accountId: 'sofia', scopes: ['a'], grantId: 'g', grantedAt: 1 }
    const { list } = server.connections
    server.connections.list = async (of) =>
      of.subject === '${bakery}' ? [{ clientId: 'ledger', subject: of.subject, grants: [grant] }] : list(of)
    `,
  )
  const said = await runCommand('connections', 'list', bakery, '--config', file)
  expect(said.stdout).toMatch(/^Given Ledger +ledger +g /m)
  const empty = ['connections', 'list', nordlysDenmark, '--client', 'ledger', '--config', file]
  expect(await runCommand(...empty)).toMatchObject({ code: 0, stdout: 'Nothing is granted.\n' })
})

test('an update names the scope that there is not, and says which there are', async () => {
  const { id } = await register('Voss Ledger')
  expect(await refusal('clients', 'update', id, '--scope', 'companies:read', 'a:b')).toMatch(
    /\n {2}scope\[1\] \(a:b\): names .*; there are .*companies:read .*\n$/,
  )
})
