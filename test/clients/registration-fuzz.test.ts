import { isDeepStrictEqual } from 'node:util'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { fc, times } from '../support/fuzzing.ts'
import { registration } from '../support/registered.ts'
import { send, toJson, type RawAnswer } from '../support/requests.ts'
import {
  bearer,
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
  type SelfRegistered,
} from '../support/self-registered.ts'
import { useServer } from '../support/server.ts'

// Whatever is sent is taken, or refused for a reason; nothing else happens.

let client: SelfRegistered
let endpoint: string
const failures: unknown[] = []
const server = useServer({
  storage: createMemoryAdapter(),
  registration: { initialAccessToken: false },
})
beforeAll(async () => {
  endpoint = `${server.issuer}/oauth/register`
  client = await selfRegister(server)
  server.provider.on('server_error', (_, error) => failures.push(error))
})
beforeEach(() => void failures.splice(0))

const members = [
  ...Object.keys(registration),
  'client_id',
  'client_secret',
  'client_name#da',
  'client_name#',
  '#',
  'client_uri',
  'logo_uri',
  'jwks',
  'jwks_uri',
  'sector_identifier_uri',
  'software_statement',
  'subject_type',
  'grant_types',
  'response_types',
  'token_endpoint_auth_method',
  'application_type',
  'test',
  'verified',
  'registration',
  'version',
  'localized',
  'id_token_signed_response_alg',
  '__proto__',
  'constructor',
  'toString',
]
const isRefusal = ({ status, text }: RawAnswer): boolean => {
  const { error, error_description: why, ...others } = JSON.parse(text) as Record<string, unknown>
  const isOne = /^(invalid_client_metadata|invalid_redirect_uri|invalid_request)$/.test(
    String(error),
  )
  return status === 400 && isOne && why !== '' && Object.keys(others).length === 0
}

/** What must never be told of a client, as nobody registers it. */
const unknown = ['registration', 'version', 'localized', 'jwks', 'constructor', '__proto__']

async function expectTakenOrRefused(
  answer: RawAnswer,
  taken: number,
  before: unknown,
): Promise<void> {
  const isTaken = answer.status === taken
  const told = Object.keys(toJson(answer))
  expect(told.filter((name) => unknown.includes(name))).toEqual([])
  expect([answer.text, isTaken || isRefusal(answer)]).toEqual([answer.text, true])
  const isUnchanged = isDeepStrictEqual(await server.clients.list(), before)
  expect(isTaken || isUnchanged).toBe(true)
  expect(failures).toEqual([])
}

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 2 })),
  fc
    .dictionary(fc.constantFrom(...members), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 })
    .map((some) => ({ ...registration, ...some })),
)

test('any JSON', async () => {
  await fc.assert(
    fc.asyncProperty(anything, async (body) => {
      const before = await server.clients.list()
      await expectTakenOrRefused(await sendJson(endpoint, body), 201, before)
      const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
      const replacement = isObject ? { ...toReplacement(client), ...body } : body
      const now = await server.clients.list()
      await expectTakenOrRefused(await replaceSelf(client, replacement), 200, now)
    }),
    { numRuns: times(300) },
  )
})

test.each([
  ['nothing', '', 400],
  ['broken JSON', '{"client_name":', 400],
  ['a text', '"client_name"', 400],
  ['an array', '[{}]', 400],
  ['null', 'null', 400],
  ['deep nesting', `{"jwks":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 400],
  ['a prototype', '{"__proto__":{"redirect_uris":["https://a.test/"],"scope":"users:read"}}', 400],
  ['too much', JSON.stringify({ client_name: 'x'.repeat(100_000) }), 413],
  ['bytes that are no UTF-8', '{"client_name":"\uDC00"}', 400],
])('%s', async (_, body, status) => {
  for (const [url, method, token] of [
    [endpoint, 'POST', 'x'],
    [client.registration_client_uri, 'PUT', client.registration_access_token],
  ] as const) {
    const answer = await sendJson(url, body, { method, token })
    expect([method, answer.status]).toEqual([method, status])
    expect(toJson(answer)['error']).toMatch(/^invalid_/)
  }
  expect(failures).toEqual([])
})

test.each(['application/x-www-form-urlencoded', 'text/plain', ';;;', 'application/json+x', ''])(
  'a body of the type "%s"',
  async (type) => {
    const headers = { 'content-type': type, ...bearer(client.registration_access_token) }
    const body = JSON.stringify(toReplacement(client))
    for (const [url, method] of [
      [endpoint, 'POST'],
      [client.registration_client_uri, 'PUT'],
    ] as const) {
      const answer = await send(url, { method, headers, body })
      expect([answer.status, toJson(answer)['error_description']]).toEqual([
        415,
        'the body must be JSON',
      ])
    }
  },
)
