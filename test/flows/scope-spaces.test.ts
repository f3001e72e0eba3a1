import { beforeAll, describe, expect, test } from 'vitest'
import { doors, useDoors } from '../support/doors.ts'
import { connect, consent, redeem, refresh } from '../support/flow.ts'
import { registration } from '../support/registered.ts'
import { ask, basic, requestUrl, send, toJson, toRedirect } from '../support/requests.ts'
import { selfRegister } from '../support/self-registered.ts'
import { confidential, useServer } from '../support/server.ts'

const spaced = {
  ...confidential,
  client_id: 'spaced',
  client_name: 'Spaced',
  scope: '  companies:read   users:read ',
  optional_scope: ' users:read ',
}

const server = useServer({ clients: [confidential, spaced], registration: {} })
let issuer: string
beforeAll(() => void ({ issuer } = server))
useDoors()

const both = 'companies:read users:read'
const spellings = [
  ` ${both}`,
  `${both} `,
  'companies:read  users:read',
  '  users:read   companies:read  ',
]
const nothing = ['', ' ', '   ']

const push = (scope: string) =>
  send(`${issuer}/oauth/par`, {
    body: new URL(requestUrl(issuer, { scope })).searchParams,
    headers: basic(confidential),
  })

describe.each(spellings)('scope=%j', (scope) => {
  test('gets both scopes', async () => {
    const { body } = await redeem(issuer, await consent(issuer, { params: { scope } }))
    expect(String(body['scope']).split(' ').toSorted()).toEqual(both.split(' '))
  })

  test('gets both scopes of a client of the options, registered with such a list', async () => {
    const given = await consent(issuer, { client: spaced, params: { scope } })
    const { body } = await redeem(issuer, given, spaced)
    // The optional one is not ticked.
    expect(body['scope']).toBe('companies:read')
  })

  test('can be pushed', async () => {
    expect((await push(scope)).status).toBe(201)
  })

  test('can be asked for at a refresh', async () => {
    const { refresh_token } = await connect(issuer, { params: { scope: both } })
    const { status, body } = await refresh(issuer, refresh_token, confidential, { scope })
    expect([status, String(body['scope']).split(' ').toSorted()]).toEqual([200, both.split(' ')])
  })

  test('can be registered', async () => {
    const client = await selfRegister(server, { scope })
    expect(client.scope?.split(' ').toSorted()).toEqual(both.split(' '))
    const given = await consent(issuer, { client, params: { scope: both } })
    expect((await redeem(issuer, given, client)).status).toBe(200)
  })
})

describe.each(nothing)('scope=%j is a scope that is missing', (scope) => {
  test('in a request', async () => {
    const { params } = toRedirect(await ask(issuer, { scope }))
    expect([params['error'], params['error_description']]).toEqual([
      'invalid_scope',
      'missing required parameter scope',
    ])
  })

  test('in a pushed request', async () => {
    const answer = await push(scope)
    expect([answer.status, toJson(answer)['error']]).toEqual([400, 'invalid_scope'])
  })

  test('at a refresh, which then issues what was granted', async () => {
    const { refresh_token } = await connect(issuer, { params: { scope: both } })
    const { status, body } = await refresh(issuer, refresh_token, confidential, { scope })
    expect([status, body['scope']]).toEqual([200, both])
  })
})

describe.each(doors)('a client that comes in %s', (_, refused) => {
  test.each(spellings)('may have such a list: %j', async (scope) => {
    expect(await refused({ scope, optional_scope: ' users:read  ' })).toEqual([])
  })

  test('must have a scope in it', async () => {
    expect(await refused({ scope: '   ' })).toEqual(['scope'])
  })

  test('is told of a wrong one by its place among the scopes', async () => {
    const scope = '  bogus:read  other:read'
    expect(await refused({ scope })).toEqual(['scope[0]', 'scope[1]'])
  })
})

test.each([
  'companies:read\tusers:read',
  'companies:read,users:read',
  'companies:read\u00a0users:read',
])('only spaces separate scopes: %j is refused', async (scope) => {
  expect(toRedirect(await ask(issuer, { scope })).params['error']).toBe('invalid_scope')
  await expect(server.clients.create({ ...registration, scope })).rejects.toThrow(/scope/)
})
