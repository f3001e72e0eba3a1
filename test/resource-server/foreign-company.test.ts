import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { introspection, local } from '../../lib/resource-server/index.ts'
import { startApi, type ApiAnswer, type RunningApi } from '../support/api.ts'
import { connect, revoke } from '../support/flow.ts'
import { bakery, idOf, nordlysDenmark, nordlysGermany, nordlysGroup } from '../support/people.ts'
import { pause } from '../support/requests.ts'
import {
  organizationClient,
  resourceServer,
  startServer,
  type RunningServer,
} from '../support/server.ts'

// Whatever token, company and route come together: an answer holds no company that the token is not for.

const [bakeryId, denmarkId, germanyId] = [bakery, nordlysDenmark, nordlysGermany].map(idOf) as [
  string,
  string,
  string,
]
const all = [bakeryId, denmarkId, germanyId]

interface Token {
  readonly value: string | undefined
  /** The companies that it is for; none where it is not good. */
  readonly own: readonly string[]
}

const names = [
  'bakery',
  'denmark',
  'group',
  'none',
  'garbage',
  'expired',
  'revoked',
  'refresh',
  'other audience',
] as const

let server: RunningServer
let foreign: RunningServer
let apis: readonly RunningApi[]
let tokens: Readonly<Record<(typeof names)[number], Token>>

beforeAll(async () => {
  server = await startServer()
  foreign = await startServer({ resourceServer: { audience: 'https://other.example.test' } })
  const jonas = { as: 'jonas', subject: nordlysDenmark }
  const bakeries = await connect(server.issuer)
  const denmark = await connect(server.issuer, jonas)
  const ofGroup = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
  const group = await connect(server.issuer, ofGroup)
  const revoked = await connect(server.issuer)
  await revoke(server.issuer, revoked.access_token)
  const other = await connect(foreign.issuer)
  const brief = await startServer({ lifetimes: { accessToken: 1 } })
  const expired = await connect(brief.issuer)
  await pause(1100)
  const endpoint = `${server.issuer}/oauth/token/introspect`
  const client = { id: resourceServer.client_id, secret: resourceServer.client_secret }
  apis = await Promise.all(
    [
      local(server),
      introspection({ endpoint, client }),
      // Whose authorization server issued the others.
      local(foreign),
      local(brief),
    ].map((verify) => startApi({ verify })),
  )
  await brief.close()
  tokens = {
    bakery: { value: bakeries.access_token, own: [bakeryId] },
    denmark: { value: denmark.access_token, own: [denmarkId] },
    group: { value: group.access_token, own: [denmarkId, germanyId] },
    none: { value: undefined, own: [] },
    garbage: { value: `${bakeries.access_token}x`, own: [] },
    expired: { value: expired.access_token, own: [] },
    revoked: { value: revoked.access_token, own: [] },
    refresh: { value: bakeries.refresh_token, own: [] },
    'other audience': { value: other.access_token, own: [] },
  }
})
afterAll(async () => {
  await Promise.all(apis.map((api) => api.close()))
  await Promise.all([server.close(), foreign.close()])
})

const company = fc.constantFrom(
  ...all,
  ...all.map((id) => id.toUpperCase()),
  bakery,
  nordlysGroup,
  idOf(nordlysGroup),
  '',
  '*',
  `${bakeryId},${denmarkId}`,
)
const parameter = fc.constantFrom('company_id', 'companyId', 'company_id[]', 'COMPANY_ID', 'id')
const query = fc
  .array(fc.tuple(parameter, company), { maxLength: 3 })
  .map((pairs) => new URLSearchParams(pairs).toString())
const route = fc.oneof(
  fc.constantFrom('/company', '/companies'),
  company.map((id) => `/company/${encodeURIComponent(id)}`),
)

const companiesIn = ({ body }: ApiAnswer): readonly unknown[] =>
  [body['company'], body['companies']].flat().filter((id) => id !== undefined)

test('no token, company_id and route together reach a foreign company', async () => {
  let served = 0
  const check = async (
    api: number,
    name: (typeof names)[number],
    path: string,
    search: string,
  ): Promise<void> => {
    const { value, own } = tokens[name]
    const answer = await (apis[api] as RunningApi).get(`${path}?${search}`, value)
    const found = companiesIn(answer)
    const allowed = api < 2 ? own : []
    const foreignIds = all.filter((id) => !allowed.includes(id))
    expect(foreignIds.filter((id) => answer.raw.text.toLowerCase().includes(id))).toEqual([])
    expect(found.filter((id) => !allowed.includes(String(id)))).toEqual([])
    expect(answer.status === 200).toBe(found.length > 0)
    expect(allowed.length === 0 ? [400, 401] : [200, 400, 403, 404]).toContain(answer.status)
    served += found.length
  }
  const runs = fc.asyncProperty(fc.nat(3), fc.constantFrom(...names), route, query, check)
  await fc.assert(runs, { numRuns: 1500 })
  // It would say nothing if every request were refused.
  expect(served).toBeGreaterThan(50)
})
