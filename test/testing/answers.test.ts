import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createTestServer, FlowError, type TestServer } from '../../lib/testing/index.ts'
import { brokenOnPurpose } from '../support/json-answers.ts'

/** What the host answers at a path, before the authorization server is asked. */
const answers = new Map<string, readonly [type: string, body: string, status?: number]>()

let server: TestServer
beforeAll(async () => {
  server = await createTestServer({
    host: ({ app }) => {
      const handle = app.callback()
      return (request, response) => {
        const [type, body, status = 200] = answers.get(request.url ?? '') ?? []
        if (type === undefined) return void handle(request, response)
        response.writeHead(status, { 'content-type': type, [brokenOnPurpose]: 'yes' }).end(body)
      }
    },
  })
})
afterEach(() => answers.clear())
afterAll(() => server.close())

const failureOf = async (promise: Promise<unknown>): Promise<FlowError> => {
  const error: unknown = await promise.then(
    (result) => new Error(`no error: ${JSON.stringify(result)}`),
    (reason: unknown) => reason,
  )
  if (!(error instanceof FlowError)) throw error
  return error
}

const json = 'application/json'

describe('an answer that says 200 and has no tokens', () => {
  test.each([
    ['{"ok":false}', json, 'without access_token'],
    ['null', json, 'without access_token'],
    ['["a list"]', json, 'without access_token'],
    ['{"access_token":"kept secret","refresh_tok', json, 'without access_token'],
    ['', json, 'without access_token'],
    ['<p>Sorry</p>', 'text/html', 'without access_token'],
    ['{"access_token":"kept secret"}', json, 'without token_type'],
    ['{"access_token":"","token_type":"Bearer"}', json, 'without access_token'],
    ['{"access_token":{},"token_type":"Bearer"}', json, 'without access_token'],
    ['{"access_token":"kept secret","token_type":1}', json, 'without token_type'],
  ])('is no connection: %s', async (body, type, words) => {
    answers.set('/oauth/token', [type, body])
    const { message, code } = await failureOf(server.connect())
    expect([message, code]).toEqual([`no tokens for authorization_code: 200 ${words}`, undefined])
  })

  test('is no connection, for the error that it holds', async () => {
    answers.set('/oauth/token', [json, '{"error":"invalid_client","error_description":"no such"}'])
    const { message, code } = await failureOf(server.connect())
    expect([message, code]).toEqual([
      'no tokens for authorization_code: 200 invalid_client (no such)',
      'invalid_client',
    ])
  })

  test('is no refresh, whoever gets the answer, and changes no tokens', async () => {
    const connection = await server.connect()
    const before = connection.tokens
    answers.set('/oauth/token', [json, '{"ok":false}'])
    for (const refresh of [() => connection.refresh(), () => connection.lostRefreshResponse()]) {
      const { message } = await failureOf(refresh())
      expect(message).toBe('no tokens for refresh_token: 200 without access_token')
    }
    expect(connection.tokens).toBe(before)
  })
})

test.each(['{"ok":false}', '{"active":"true"}', 'null', '{"act'])(
  'an answer that does not say whether a token is active is no introspection: %s',
  async (body) => {
    const connection = await server.connect()
    answers.set('/oauth/token/introspect', [json, body])
    const { message } = await failureOf(connection.introspect())
    expect(message).toBe('no introspection: 200 without active')
  },
)

test('an error that is no JSON although it says so is told by its status', async () => {
  const connection = await server.connect()
  answers.set('/oauth/token', [json, 'Internal Server Error', 500])
  const { message } = await failureOf(connection.refresh())
  expect(message).toBe('no tokens for refresh_token: 500 without an error')
})
