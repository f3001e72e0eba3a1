import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { Storage } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { basic, send, toErrorPage, toJson, type RawAnswer } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

type Parameters = Readonly<Record<string, string>>

const written: string[] = []
const server = useServer({ storage: createNotingStorage() })

/** Notes each model of which a record was stored. */
function createNotingStorage(): Storage {
  const storage = createMemoryAdapter()
  return {
    ...storage,
    records: (model) => {
      const records = storage.records(model)
      const upsert: typeof records.upsert = (...args) => {
        written.push(model)
        return records.upsert(...args)
      }
      return { ...records, upsert }
    },
  }
}

const usual = (params: Parameters = {}): URLSearchParams =>
  new URL(
    authorizationUrl(server.issuer, confidential, {
      code_challenge: createPkce().challenge,
      ...params,
    }),
  ).searchParams

const doors: Readonly<Record<string, (params: URLSearchParams) => Promise<RawAnswer>>> = {
  GET: (params) =>
    send(`${server.issuer}/oauth/authorize?${params}`, { headers: { accept: 'text/html' } }),
  POST: (params) =>
    send(`${server.issuer}/oauth/authorize`, { body: params, headers: { accept: 'text/html' } }),
  'POST from another site': (params) =>
    send(`${server.issuer}/oauth/authorize`, {
      body: params,
      headers: { accept: 'text/html', 'sec-fetch-site': 'cross-site' },
    }),
  PAR: (params) =>
    send(`${server.issuer}/oauth/par`, { body: params, headers: basic(confidential) }),
}

const over: Readonly<Record<string, Parameters>> = {
  'a state of 4097 bytes': { state: 's'.repeat(4097) },
  'a state of 4097 bytes in 2049 characters': { state: `${'é'.repeat(2048)}s` },
  'a scope of 4097 blanks': { scope: `companies:read${' '.repeat(4083)}` },
  'a redirect URI of 2049 bytes': { redirect_uri: `https://a.test/${'u'.repeat(2034)}` },
  'a code challenge of 129 bytes': { code_challenge: 'c'.repeat(129) },
  'a parameter that it ignores, of 2049 bytes': { nonce: 'n'.repeat(2049) },
  'a parameter that it does not know, of 2049 bytes': { whatever: 'w'.repeat(2049) },
  'many parameters of 8 kB together': Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`parameter_${index}`, 'p'.repeat(900)]),
  ),
  'a long name': { ['n'.repeat(8192)]: '1' },
}

describe.each(Object.entries(doors))('an authorization request by %s', (door, sendTo) => {
  test.each(Object.entries(over))(
    'with %s is refused, and nobody is redirected',
    async (_, params) => {
      written.length = 0
      const answer = await sendTo(usual(params))
      expect([answer.status, answer.headers.location]).toEqual([400, undefined])
      const said =
        door === 'PAR' ? toJson(answer)['error_description'] : toErrorPage(answer).message
      // The framework says of every redirect URI that is not registered that it is not.
      expect(said).toMatch(
        / has \d+ bytes, and may have \d+: send less$|^redirect_uri did not match/,
      )
      expect(written).toEqual([])
    },
  )

  test('with a parameter that was sent twice counts both', async () => {
    const params = usual()
    for (let count = 0; count < 5; count += 1) params.append('nonce', 'n'.repeat(2000))
    const answer = await sendTo(params)
    expect([answer.status, answer.headers.location]).toEqual([400, undefined])
    expect(answer.text).toContain('may have 8192')
  })

  test('with a state of 4096 bytes gets it back whole', async () => {
    const state = 's'.repeat(4096)
    const answer = await sendTo(usual({ state }))
    const { request_uri } = door === 'PAR' ? (toJson(answer) as Parameters) : {}
    const query = request_uri
      ? new URLSearchParams({ client_id: confidential.client_id, request_uri })
      : usual({ state })
    const browser = createBrowser()
    let page = await browser.go(`${server.issuer}/oauth/authorize?${query}`)
    page = await browser.submit(page, { username: 'sofia@example.test', password })
    page = await browser.submit(page, { decision: 'allow', subject: bakery })
    expect(page.location?.searchParams.get('state')).toBe(state)
  })
})
