import { expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { startLogoHost } from '../support/logo-host.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { registration } from '../support/registered.ts'

// The operator sees whether pages can show the logo of a client, and if not, why.

const commands = startRedisCommands(['clients'])
const host = useRunning(startLogoHost)

const create = async (more: object): Promise<string> =>
  (await commands.server.clients.create({ ...registration, ...more })).client.clientId

test('show and update say why a logo is not shown, for people and for scripts', async () => {
  const uri = 'https://nobody.invalid/logo.png'
  const id = await create({ logo_uri: uri })
  expect(await commands.ok('show', id)).toMatch(
    /Logos, fetched from this machine just now:\n {2}logo_uri {2}not shown: its host cannot be reached \(unreachable\)\n/,
  )
  expect(JSON.parse(await commands.ok('show', id, '--json'))).toMatchObject({
    logos: [{ member: 'logo_uri', uri, problem: 'unreachable' }],
  })
  expect(await commands.ok('update', id, '--test')).toContain('(unreachable)')
})

test('nothing of the own machine is asked, as a server in production asks nothing there', async () => {
  const id = await create({ client_name: 'Local', logo_uri: `${host.origin}/logo.png` })
  expect(await commands.ok('show', id)).toContain('(invalid_uri)')
  expect(host.asked).toEqual([])
})

test('nothing is said of logos if a client has none', async () => {
  const id = await create({ client_name: 'Plain' })
  expect(await commands.ok('show', id)).not.toContain('Logos')
  expect(JSON.parse(await commands.ok('show', id, '--json'))).not.toHaveProperty('logos')
})
