import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Accounts } from 'pleo-oauth-server'
import { createTestServer } from 'pleo-oauth-server/testing'

const company = 'urn:pleo:company:5f0c3f8e-6f0e-4d0a-9b57-1f7f3c1f5a01'
const employed = new Set(['ada'])

const accounts: Accounts = {
  find: (accountId) => ({ accountId, name: 'Ada Lind' }),
  subjects: (_, { type }) =>
    type === 'company' ? [{ urn: company, name: 'Old Mill', mayConnect: true }] : [],
  authenticate: ({ username, password }) => (password === 'secret' ? username : undefined),
  mayContinue: ({ accountId }) => employed.has(accountId),
}

const server = await createTestServer({ accounts, lifetimes: { accessToken: 300 } })
after(() => server.close())
const account = { username: 'ada', password: 'secret' }

test('an access token ends after five minutes', async () => {
  const connection = await server.connect({ account, scope: 'companies:read' })
  server.clock.advance(300)
  assert.deepEqual(await connection.introspect(), { active: false })
})

test('a connection ends when whoever made it has left', async () => {
  const connection = await server.connect({ account })
  employed.delete('ada')
  await assert.rejects(connection.refresh(), { code: 'invalid_grant' })
})
