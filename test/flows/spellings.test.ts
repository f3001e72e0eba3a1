import { beforeAll, expect, it } from 'vitest'
import { connect, introspect, post, type Tokens } from '../support/flow.ts'
import { confidential, useServer } from '../support/server.ts'

let tokens: Tokens

const server = useServer()
beforeAll(async () => {
  tokens = await connect(server.issuer)
})

const { client_id, client_secret } = confidential
const spellings = [
  '/oauth/token/introspect/',
  '/oauth/Token/Introspect',
  '/oauth/token/INTROSPECT/',
]

it.each(spellings)('introspection at %s answers as at its own path', async (path) => {
  const token = tokens.access_token
  const { body } = await post(server.issuer + path, { token, client_id, client_secret })
  expect(body).toEqual(await introspect(server.issuer, token))
})

it.each(['/oauth/token/', '/oauth/Token'])(
  'a wrong method is refused at %s as well',
  async (path) => {
    const response = await fetch(server.issuer + path)
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST, OPTIONS'])
  },
)

it('POST at the authorization endpoint is answered with a slash behind it as well', async () => {
  const fields = { client_id, response_type: 'code' }
  const at = async (path: string): Promise<readonly [number, string]> => {
    const { status, body } = await post(server.issuer + path, fields, { accept: 'text/html' })
    // Each error page has a time and a request id of its own.
    return [status, JSON.stringify(body).replace(/Time: .*Request: [\w-]+/, '')]
  }
  expect(await at('/oauth/authorize/')).toEqual(await at('/oauth/authorize'))
})
