/** Tests that close nothing, and that nothing but the answers they wait for keeps alive. `closing.test.ts` runs them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { createTestServer } from '../../lib/testing/index.ts'

const server = await createTestServer()
const connection = await server.connect()

test('one with what the file has connected', async () => {
  assert.equal((await connection.introspect()).active, true)
})

test('one that waits for an answer for which its server waits, too', async () => {
  const slow = await createTestServer({
    host:
      ({ app }) =>
      async (request, response) => {
        await pause(300, undefined, { ref: false })
        await app.callback()(request, response)
      },
  })
  const { status } = await slow.fetch(`${slow.issuer}/oauth/jwks`)
  assert.equal(status, 200)
})
