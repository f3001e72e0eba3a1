import { expect, test } from 'vitest'
import { startCommandOnTerminal } from '../support/cli.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { replaceSelf, selfRegister, toReplacement } from '../support/self-registered.ts'
import { keys } from '../support/terminal.ts'

// Who marks a client as verified that the partner can change has to have looked at it.

const commands = startRedisCommands(['clients', 'update'], { registration: {} })
const isVerified = async (id: string) =>
  (await commands.server.clients.find(id))?.metadata.verified === true
const onTerminal = (id: string) =>
  startCommandOnTerminal(commands.environment, 'clients', 'update', id, '--verified')

test('it shows what the client is trusted by, and asks', async () => {
  const partner = await selfRegister(commands.server)
  const command = onTerminal(partner.client_id)
  await command.said(/redirect_uris +https:\/\/\S+/)
  await command.said(/Have you checked who provides it, and all of this\? \[y\/N\]/)
  command.type(`y${keys.enter}`)
  const { code, output } = await command.ended
  expect(code).toBe(0)
  expect(output).toContain(partner.client_name)
  expect(await isVerified(partner.client_id)).toBe(true)
})

test('what the partner changed while it was asked about is not verified', async () => {
  const partner = await selfRegister(commands.server)
  const command = onTerminal(partner.client_id)
  await command.said(/\[y\/N\]/)
  const redirect_uris = ['https://other.example.test/cb']
  await replaceSelf(partner, { ...toReplacement(partner), redirect_uris })
  command.type(`y${keys.enter}`)
  const { code, output } = await command.ended
  expect(code).toBe(1)
  expect(output).toContain('nothing was changed: the client has changed meanwhile: look again')
  expect(await isVerified(partner.client_id)).toBe(false)
})

test('away from a terminal it takes --yes', async () => {
  const { client_id: id } = await selfRegister(commands.server)
  expect(await commands.refusal(id, '--verified')).toContain('it takes --yes')
  expect(await isVerified(id)).toBe(false)
  await commands.ok(id, '--verified', '--yes')
  expect(await isVerified(id)).toBe(true)
  // It is so already.
  await commands.ok(id, '--verified', '--test')
})

test('nobody is asked of a client that only you can change', async () => {
  const { client } = await commands.server.clients.create({
    client_name: 'Made By You',
    redirect_uris: ['https://you.example.test/cb'],
    scope: 'companies:read',
  })
  await commands.ok(client.clientId, '--verified')
  expect(await isVerified(client.clientId)).toBe(true)
})
