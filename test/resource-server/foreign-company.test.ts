import { afterAll, beforeAll, expect, test } from 'vitest'
import { introspection, jwt, local, type TokenVerifier } from '../../lib/resource-server/index.ts'
import { startApi, toApiAnswer, type ApiAnswer, type RunningApi } from '../support/api.ts'
import { proveUse } from '../support/bound-tokens.ts'
import { createProofKeys, type ProofKeys } from '../support/dpop.ts'
import {
  collectTokens,
  startServers,
  type Kind,
  type SentToken,
  type Servers,
} from '../support/foreign-tokens.ts'
import { fc, times } from '../support/fuzzing.ts'
import { bakery, idOf, nordlysDenmark, nordlysGermany, nordlysGroup } from '../support/people.ts'
import { send } from '../support/requests.ts'
import { audience, resourceServer, type RunningServer } from '../support/server.ts'

// Whatever token, company and route come together: an answer holds no company that the token is not for.

const all = [bakery, nordlysDenmark, nordlysGermany].map(idOf)
const client = { id: resourceServer.client_id, secret: resourceServer.client_secret }
const asking = ({ issuer }: RunningServer): TokenVerifier =>
  introspection({ endpoint: `${issuer}/oauth/token/introspect`, issuer, client })

let servers: Servers
let apis: readonly (readonly [Kind, RunningApi])[]
let tokens: Awaited<ReturnType<typeof collectTokens>>
let strangersKeys: ProofKeys

beforeAll(async () => {
  servers = await startServers()
  const verifiers: readonly (readonly [Kind, TokenVerifier])[] = [
    ['opaque', local(servers.opaque)],
    ['opaque', asking(servers.opaque)],
    ['jwt', local(servers.jwt)],
    ['jwt', asking(servers.jwt)],
    ['jwt, offline', jwt({ issuer: servers.jwt.issuer, audience })],
    // Whose authorization server is of another API.
    ['another', local(servers.foreign)],
    ['another', asking(servers.foreign)],
  ]
  const starting = verifiers.map(
    async ([kind, verify]) => [kind, await startApi({ verify })] as const,
  )
  apis = await Promise.all(starting)
  tokens = await collectTokens(servers)
  strangersKeys = await createProofKeys()
})
afterAll(async () => {
  await Promise.all(apis.map(([, api]) => api.close()))
  const { opaque, jwt: signed, foreign } = servers
  await Promise.all([opaque, signed, foreign].map((server) => server.close()))
})

/** How a token is sent: as it was issued, as the other scheme, or with the proof of somebody else. */
const ways = ['as issued', 'Bearer', 'DPoP', 'DPoP of another key'] as const
type Way = (typeof ways)[number]

interface Call {
  readonly token: SentToken
  readonly way: Way
  readonly method: string
  readonly url: string
}

async function headersOf({ token, way, method, url }: Call): Promise<Record<string, string>> {
  const { value, keys } = token
  if (value === undefined) return {}
  const isPlain = way === 'Bearer' || (way === 'as issued' && !keys)
  if (isPlain) return { authorization: `Bearer ${value}` }
  const own = way === 'DPoP of another key' ? strangersKeys : (keys ?? strangersKeys)
  return { authorization: `DPoP ${value}`, ...(await proveUse(own, value, { method, url })) }
}

const isAsIssued = ({ keys }: SentToken, way: Way): boolean =>
  way === 'as issued' || way === (keys ? 'DPoP' : 'Bearer')

async function call(made: Call, body: URLSearchParams | undefined): Promise<ApiAnswer> {
  const { method, url } = made
  const headers = await headersOf(made)
  return toApiAnswer(await send(url, { method, headers, ...(body && { body }) }))
}

const company = fc.constantFrom(
  ...all,
  ...all.map((id) => id.toUpperCase()),
  bakery,
  nordlysGroup,
  idOf(nordlysGroup),
  '',
  '*',
  all.slice(0, 2).join(','),
)
const parameter = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom('company_id', 'companyId', 'id') },
  // Those are refused.
  fc.constantFrom('company_id[]', 'COMPANY_ID'),
)
const parameters = fc
  .array(fc.tuple(parameter, company), { maxLength: 3 })
  .map((pairs) => new URLSearchParams(pairs))
const route = fc.oneof(
  fc.constantFrom('/company', '/companies'),
  company.map((id) => `/company/${encodeURIComponent(id)}`),
)
const method = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE')
const way = fc.oneof({ weight: 3, arbitrary: fc.constant(ways[0]) }, fc.constantFrom(...ways))

const companiesIn = ({ body }: ApiAnswer): readonly unknown[] =>
  [body['company'], body['companies']].flat().filter((id) => id !== undefined)

test('each token reaches its own companies where it is good, as it was issued, and nothing elsewhere', async () => {
  for (const [name, token] of Object.entries(tokens)) {
    for (const [kind, { origin }] of apis) {
      for (const sent of ways) {
        const made = { token, way: sent, method: 'GET', url: `${origin}/companies` }
        const answer = await call(made, undefined)
        const isGood = token.at.includes(kind) && isAsIssued(token, sent)
        const expected = isGood ? [200, token.own] : [401, []]
        const seen = [answer.status, companiesIn(answer)]
        expect([name, kind, sent, ...seen]).toEqual([name, kind, sent, ...expected])
      }
    }
  }
})

test('no token, company_id, method and route together reach a foreign company', async () => {
  let served = 0
  const names = Object.keys(tokens)
  const property = fc.asyncProperty(
    fc.constantFrom(...apis),
    fc.constantFrom(...names),
    fc.record({ way, method }),
    fc.tuple(route, parameters, parameters),
    async ([kind, api], name, how, [path, query, body]) => {
      const token = tokens[name] as SentToken
      const url = `${api.origin}${path}?${query}`
      const answer = await call({ token, url, ...how }, how.method === 'GET' ? undefined : body)
      const isGood = token.at.includes(kind) && isAsIssued(token, how.way)
      const allowed = isGood ? token.own : []
      const text = answer.raw.text.toLowerCase()
      expect(all.filter((id) => !allowed.includes(id) && text.includes(id))).toEqual([])
      const found = companiesIn(answer)
      expect(found.filter((id) => !allowed.includes(String(id)))).toEqual([])
      expect(answer.status === 200).toBe(found.length > 0)
      expect(isGood ? [200, 400, 403, 404] : [400, 401]).toContain(answer.status)
      // No challenge is a bare scheme (RFC 6750, Section 3).
      const needsChallenge = answer.status === 401 || answer.status === 403
      const hasChallenge = /^(Bearer|DPoP) [a-z_]+="/.test(answer.challenge ?? '')
      expect(hasChallenge || !needsChallenge).toBe(true)
      served += found.length
    },
  )
  await fc.assert(property, { numRuns: times(2500) })
  // It would say nothing if every request were refused.
  expect(served).toBeGreaterThan(50)
})
