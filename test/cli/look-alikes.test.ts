import { expect, test } from 'vitest'
import { startRedisCommands } from '../support/redis-commands.ts'
import { registration } from '../support/registered.ts'
import { toJson } from '../support/requests.ts'
import { sendJson } from '../support/self-registered.ts'

// A client gets its name to itself: the operator sees which clients from open registration are called the same.

const commands = startRedisCommands(['clients'], { registration: { initialAccessToken: false } })
const registerOpenly = async (client_name: string): Promise<string> => {
  const url = `${commands.server.issuer}/oauth/register`
  return String(toJson(await sendJson(url, { ...registration, client_name }))['client_id'])
}
const withScope = (name: string) => [
  '--name',
  name,
  '--redirect-uri',
  'https://a.test/cb',
  '--scope',
  'companies:read',
]
const heading = 'Clients from open registration with a name that looks the same'

test('create, show and update list them, and change none', async () => {
  const [one, two] = [await registerOpenly('Fjordbog'), await registerOpenly('FJORDBOG')]
  await registerOpenly('Something Else')
  const before = await commands.server.clients.list()
  const created = await commands.ok('create', ...withScope('Fjordbog!'))
  expect(created).toMatch(new RegExp(`${heading}[^]*  ${one}  Fjordbog\n  ${two}  FJORDBOG\n$`))
  const id = /client id +(\S+)/.exec(created)?.[1] ?? ''
  const lookAlikes = [
    { clientId: one, name: 'Fjordbog' },
    { clientId: two, name: 'FJORDBOG' },
  ]
  expect(JSON.parse(await commands.ok('show', id, '--json'))).toMatchObject({ lookAlikes })
  expect(await commands.ok('update', id, '--test')).toContain(heading)
  expect((await commands.server.clients.list()).slice(0, 3)).toEqual(before)
})

test('verifying lists them as well, and says which two clients collide', async () => {
  const [one, two] = [await registerOpenly('Bjergbog'), await registerOpenly('BJERGBOG')]
  expect(await commands.ok('show', one)).toMatch(/its name +not claimed until verified/)
  const updated = await commands.ok('update', one, '--verified', '--yes')
  expect(updated).toMatch(/its name +no other client may have it/)
  expect(updated).toContain(`${heading} (they were not changed):\n  ${two}  BJERGBOG`)
  expect(await commands.refusal('update', two, '--verified', '--yes')).toBe(
    `error: nothing was changed: the metadata is invalid\n  client_name: looks to people like the name of ${one} ("Bjergbog"), so ${two} ("BJERGBOG") cannot be verified: change one of the two names\n`,
  )
})

test('nothing is said if there are none', async () => {
  expect(await commands.ok('create', ...withScope('Alone'))).not.toContain(heading)
})
