import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createAuthorizationServer, type ClientMetadata } from '../../lib/index.ts'
import { connect } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { toJson } from '../support/requests.ts'
import { replaceSelf, selfRegister, sendJson, toReplacement } from '../support/self-registered.ts'
import { startExample } from '../support/example.ts'
import { confidential, startServer } from '../support/server.ts'

// A form sends every field, and an empty one as null or as an empty text. Both count as left out.

const required = {
  redirect_uris: ['https://nordvind.example.test/callback'],
  scope: 'companies:read users:read',
}
const optional = [
  'client_uri',
  'logo_uri',
  'tos_uri',
  'policy_uri',
  'contacts',
  'initiation_uri',
  'settings_uri',
  'client_name#da',
  'optional_scope',
  'grant_types',
  'response_types',
  'application_type',
  'token_endpoint_auth_method',
  'subject_type_preference',
  'pkce_exception',
  'test',
  'verified',
  'dpop_bound_access_tokens',
  'require_pushed_authorization_requests',
]
const empties = ([null, ''] as const).map((empty) => ({
  name: JSON.stringify(empty),
  members: Object.fromEntries(optional.map((name) => [name, empty])) as object,
}))

const commands = startRedisCommands(['clients'], { registration: { initialAccessToken: false } })
let count = 0
const fresh = () => ({ client_name: `Formular ${(count += 1)}`, ...required })
const stored = async (id: string) => (await commands.server.clients.find(id))?.metadata

test.each(empties)('$name in a registration over HTTP', async ({ members }) => {
  const { server } = commands
  const sent = fresh()
  const answer = await sendJson(`${server.issuer}/oauth/register`, { ...sent, ...members })
  expect([answer.status, answer.text]).toEqual([201, answer.text])
  const id = String(toJson(answer)['client_id'])
  expect(await stored(id)).toEqual({ ...sent, client_id: id })
  await connect(server.issuer, { client: { ...toJson(answer) } as never })
})

test.each(empties)('$name in a replacement over HTTP', async ({ members }) => {
  const client = await selfRegister(commands.server, { contacts: ['a@nordvind.example.test'] })
  const sent = { ...fresh(), client_id: client.client_id }
  const answer = await replaceSelf(client, { ...toReplacement(client), ...sent, ...members })
  expect([answer.status, answer.text]).toEqual([200, answer.text])
  expect(await stored(client.client_id)).toEqual(sent)
})

test.each(empties)('$name from the code of the host', async ({ members }) => {
  const { clients } = commands.server
  const sent = fresh()
  const { client } = await clients.create({ ...sent, ...members })
  expect(client.metadata).toEqual({ ...sent, client_id: client.clientId })
  await clients.update(client.clientId, { logo_uri: 'https://n.test/l.png', test: true })
  const updated = await clients.update(client.clientId, members)
  expect(updated.metadata).toEqual(client.metadata)
})

test.each(empties)('$name from the command line', async ({ members }) => {
  const sent = fresh()
  const file = join(createFolder({ 'c.json': JSON.stringify({ ...sent, ...members }) }), 'c.json')
  const { client } = JSON.parse(await commands.ok('create', '--metadata', file, '--json')) as {
    readonly client: { readonly clientId: string; readonly metadata: ClientMetadata }
  }
  expect(client.metadata).toEqual({ ...sent, client_id: client.clientId })
  await commands.ok('update', client.clientId, '--logo-uri', 'https://n.test/l.png')
  await commands.ok('update', client.clientId, '--logo-uri', '')
  expect(await stored(client.clientId)).toEqual(client.metadata)
})

test.each(empties)('$name in the options', async ({ members }) => {
  const client = { ...confidential, ...members }
  const server = await startServer({ clients: [client] })
  expect((await connect(server.issuer, { client: confidential })).token_type).toBe('Bearer')
  await server.close()
})

test.each(empties)('$name in a file of clients of the example', async ({ members }) => {
  const credentials = { client_id: members === empties[0]?.members ? null : '', client_secret: '' }
  const path = join(createFolder({}), 'clients.json')
  writeFileSync(path, JSON.stringify([{ ...fresh(), ...members, ...credentials }]))
  const example = await startExample({ CLIENTS_FILE: path })
  await example.close()
  expect(example.output).toMatch(/client_id +[\da-f-]{36}\n.*client_secret +pleo_cs_/)
})

test('a member that is needed is missing then, and not wrong', async () => {
  const { server } = commands
  const sent = { ...fresh(), redirect_uris: '', scope: null }
  const answer = await sendJson(`${server.issuer}/oauth/register`, sent)
  expect([answer.status, toJson(answer)['error_description']]).toEqual([
    400,
    'redirect_uris must hold at least one URI; scope is required: the scopes the client may ask for',
  ])
  const accounts = server.accounts
  const resourceServer = { audience: 'https://api.example.test' }
  const options = { issuer: server.issuer, cookieKeys: ['k'], accounts, resourceServer }
  const client = { ...confidential, client_secret: '' }
  expect(() => createAuthorizationServer({ ...options, clients: [client] })).toThrow(
    'clients[0].client_secret: is required',
  )
})

test('an empty value within a list is still a mistake', async () => {
  const { server } = commands
  for (const members of [{ contacts: [''] }, { redirect_uris: [null] }]) {
    const answer = await sendJson(`${server.issuer}/oauth/register`, { ...fresh(), ...members })
    expect(answer.status).toBe(400)
  }
})
