import { expect, onTestFinished, test, vi } from 'vitest'
import { generateClientSecret } from '../../lib/index.ts'
import { basic, sendForm, toJson } from '../support/requests.ts'
import { confidential, publicClient, startServer } from '../support/server.ts'

// Many clients send their id and secret in the Authorization header as they are, without encoding them first.

async function warningsOf(...clients: readonly object[]): Promise<readonly string[]> {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const given = clients.map((members, index) => ({
    ...confidential,
    client_name: `Ledger ${index}`,
    client_id: `ledger-${index}`,
    ...members,
  }))
  const server = await startServer({ clients: given })
  await server.close()
  const warnings = warned.mock.calls
    .filter(([, how]) => (how as { code?: string } | undefined)?.code !== 'short_client_secret')
    .map(([message]) => String(message))
  warned.mockRestore()
  return warnings
}

test.each(['50%25off', 'a+b', 'a:b', 'a b', 'a/b', 'a&b=c', 'a"b', 'a%b+c:d'])(
  'a secret that needs encoding is warned about at the start, and not shown: %s',
  async (client_secret) => {
    const [warning = '', ...others] = await warningsOf({}, { client_secret })
    expect(others).toEqual([])
    expect(warning).toContain('clients[1].client_secret')
    expect(warning).not.toContain('clients[0]')
    expect(warning).not.toContain(client_secret)
  },
)

test('an id that needs encoding is, too, and all of them at once', async () => {
  const [warning, ...others] = await warningsOf(
    { client_id: 'urn:ledger' },
    { client_id: 'ledger+1', client_secret: '100%' },
  )
  expect(others).toEqual([])
  expect(warning).toContain('clients[0].client_id, clients[1].client_id, clients[1].client_secret')
})

test.each([generateClientSecret(), 'Letters-digits_and.~123'])(
  'any other is not: %s',
  async (client_secret) => {
    expect(await warningsOf({ client_secret })).toEqual([])
  },
)

test('a public client has no secret to encode', async () => {
  expect(await warningsOf({ ...publicClient, client_id: 'urn:app', client_secret: null })).toEqual(
    [],
  )
})

test('and the warning is right: such a secret is refused as it is, and taken if it is encoded', async () => {
  const client_secret = 'a+b%25'
  const server = await startServer({ clients: [{ ...confidential, client_secret }] })
  onTestFinished(() => server.close())
  const url = `${server.issuer}/oauth/token/introspect`
  const asItIs = Buffer.from(`${confidential.client_id}:${client_secret}`).toString('base64')
  const raw = await sendForm(url, 'token=x', { headers: { authorization: `Basic ${asItIs}` } })
  expect([raw.status, toJson(raw)['error']]).toEqual([401, 'invalid_client'])
  const encoded = await sendForm(url, 'token=x', {
    headers: basic({ ...confidential, client_secret }),
  })
  expect(encoded.status).toBe(200)
})
