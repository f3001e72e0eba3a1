import { createServer, type IncomingMessage, type Server } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { runCommand } from '../support/cli.ts'
import { connect } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { bakery } from '../support/people.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { pause } from '../support/requests.ts'
import { closeServer, listen } from '../support/server.ts'

const commands = startRedisCommands([])

let count = 0
/** The id of a client that Sofia has connected. */
async function connectClient(): Promise<string> {
  count += 1
  const { client, secret = '' } = await commands.server.clients.create({
    client_name: `Nordvind Regnskab ${count}`,
    redirect_uris: ['https://nordvind.example.test/callback'],
    scope: 'companies:read',
  })
  await connect(commands.server.issuer, { client: { ...client.metadata, client_secret: secret } })
  return client.clientId
}

/** Whoever is told of ends over HTTP, and takes a while to answer. */
interface Partner {
  readonly url: string
  readonly told: readonly unknown[]
}
const open: Server[] = []
afterAll(() => Promise.all(open.map((http) => closeServer(http))))

async function startPartner(): Promise<Partner> {
  const told: unknown[] = []
  const http = createServer((request, response) => {
    void hear(request).finally(() => response.end())
  })
  const hear = async (request: IncomingMessage): Promise<void> => {
    const event: unknown = JSON.parse(await text(request))
    await pause(700)
    told.push(event)
  }
  open.push(http)
  return { url: await listen(http), told }
}

/** A module of a host, whose listeners tell the partner, one request after the other. */
function write({ url }: Partner, more: string): string {
  const path = (file: string): string => JSON.stringify(join(import.meta.dirname, '../..', file))
  const folder = createFolder({
    'server.mjs': `import { createRedisAdapter } from ${path('adapters/redis.ts')}
      import { createAuthorizationServer } from ${path('lib/index.ts')}
      import { Redis } from ${path('node_modules/ioredis/built/index.js')}
      const client = new Redis(${JSON.stringify(commands.environment.REDIS_URL)})
      export const server = createAuthorizationServer({
        issuer: 'http://localhost:3000', cookieKeys: ['x'], signingKeys: 'ephemeral',
        accounts: { find: () => undefined, subjects: () => [], authenticate: () => undefined },
        storage: createRedisAdapter({ client, keys: [${JSON.stringify(commands.environment.STORAGE_KEYS)}] }),
        resourceServer: { audience: 'https://api.example.test' },
      })
      const tell = (event) => fetch('${url}', { method: 'POST', body: JSON.stringify(event) })
      server.connections.events.on('connection.revoked', async ({ clientId, reason, by }) => {
        await tell({ clientId })
        await tell({ reason, by })
      })
      ${more}`,
  })
  return join(folder, 'server.mjs')
}

test.each([
  ['keeps Redis open', ''],
  ['exports what closes it', 'export const close = () => client.quit()'],
])('what listeners of a module begin is finished, where it %s', async (_, more) => {
  const id = await connectClient()
  const partner = await startPartner()
  const of = ['--client', id, '--yes', '--config', write(partner, more)]
  const said = await runCommand('connections', 'revoke', ...of)
  expect(said).toEqual({ code: 0, stdout: 'Ended 1 grant.\n', stderr: '' })
  expect(partner.told).toEqual([{ clientId: id }, { reason: 'administrator' }])
})

test('listeners are told by clients remove, too', async () => {
  const id = await connectClient()
  const partner = await startPartner()
  const config = write(partner, 'export const close = () => client.quit()')
  const said = await runCommand('clients', 'remove', id, '--yes', '--config', config)
  expect(said).toMatchObject({ code: 0, stderr: '' })
  expect(partner.told).toEqual([{ clientId: id }, { reason: 'client_removed' }])
})

test('nothing is waited for where no listener was told anything', async () => {
  const more = `export const close = () => client.quit()
      process.once('beforeExit', () => console.error('waited'))`
  const of = ['--client', 'nobody', '--yes', '--config', write(await startPartner(), more)]
  const said = await runCommand('connections', 'revoke', ...of)
  expect(said).toMatchObject({ code: 1, stdout: '' })
  expect(said.stderr).toMatch(/^error: no such client is known: nobody is [^\n]+\n$/)
})

test.each([
  ['fails', "Promise.reject(new Error('it is gone'))", 'failed: it is gone'],
  ['does not come to its end', 'new Promise(() => {})', 'failed: it did not end within 10 seconds'],
])('a close() that %s is said, and what was done is done', async (_, result, words) => {
  const config = write(await startPartner(), `export const close = () => ${result}`)
  const { code, stdout, stderr } = await runCommand(
    'connections',
    'list',
    bakery,
    '--config',
    config,
  )
  expect([code, stdout]).toEqual([0, expect.stringMatching(/./)])
  expect(stderr).toBe(`warning: close() of ${config} ${words}\n`)
})
