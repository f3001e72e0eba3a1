import { afterAll, beforeAll, expect, test } from 'vitest'
import { startRedisCommands } from '../support/redis-commands.ts'
import { readSelf, selfRegister } from '../support/self-registered.ts'
import { startServer, type RunningServer } from '../support/server.ts'

// A partner's registration access token leaked, and there is only a terminal.

const rotation = startRedisCommands(['clients', 'rotate-registration-token'])
const ending = startRedisCommands(['clients', 'end-registration-token'])
const serverOf = async (commands: typeof rotation): Promise<RunningServer> =>
  startServer({ storage: commands.storage, registration: {} })
let servers: readonly [RunningServer, RunningServer]
beforeAll(async () => {
  servers = [await serverOf(rotation), await serverOf(ending)]
})
afterAll(() => Promise.all(servers.map((server) => server.close())))

test('it makes a new token, which is printed once, and the old one stops', async () => {
  const client = await selfRegister(servers[0])
  const refused = await rotation.run(client.client_id)
  expect([refused.code, refused.stdout]).toEqual([1, ''])
  expect(refused.stderr).toContain('it takes --yes')
  expect((await readSelf(client)).status).toBe(200)

  const { code, stdout } = await rotation.run(client.client_id, '--yes', '--json')
  expect(code).toBe(0)
  const { token } = JSON.parse(stdout) as { readonly token: string }
  expect((await readSelf(client)).status).toBe(401)
  expect((await readSelf({ ...client, registration_access_token: token })).status).toBe(200)

  const again = await rotation.run(client.client_id, '--yes')
  expect(again.stdout).toMatch(/New registration access token of .+:\n\n {2}pleo_rat_\w{49}\n/)
})

test('it ends the token, and says so', async () => {
  const client = await selfRegister(servers[1])
  const { code, stdout } = await ending.run(client.client_id, '--yes')
  expect([code, stdout]).toEqual([
    0,
    `Ended the registration access token of ${client.client_name ?? ''} (${client.client_id}).\n`,
  ])
  expect((await readSelf(client)).status).toBe(401)
})

test('of a client that the operator registered it says that there is none', async () => {
  const { client } = await ending.server.clients.create({
    client_name: 'Registered By Hand',
    redirect_uris: ['https://nordvind.example.test/callback'],
    scope: 'companies:read',
  })
  const { code, stderr } = await ending.run(client.clientId, '--yes')
  expect(code).toBe(1)
  expect(stderr).toBe(
    'error: nothing was changed: registration_access_token is for clients that registered themselves over HTTP only\n',
  )
})
