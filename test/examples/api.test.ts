import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { CreatedClient } from '../../lib/index.ts'
import { toApiAnswer, type ApiAnswer } from '../support/api.ts'
import { runCommandWith } from '../support/cli.ts'
import { startExample } from '../support/example.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect, consent, redeem, refresh, type Tokens } from '../support/flow.ts'
import {
  bakery,
  idOf,
  nordlysDenmark,
  nordlysGermany,
  nordlysGroup,
  password,
} from '../support/people.ts'
import { startRedis } from '../support/redis-server.ts'
import { toCredentials } from '../support/registered.ts'
import { send } from '../support/requests.ts'
import { confidential, organizationClient } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'pleo-example-'))

function file(name: string, content: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, JSON.stringify(content))
  return path
}

const [bakeryId, denmarkId, germanyId, groupId] = [
  bakery,
  nordlysDenmark,
  nordlysGermany,
  nordlysGroup,
].map(idOf) as [string, string, string, string]

const ledger = { ...confidential, client_name: 'Southwind Ledger' }
const groups = {
  ...organizationClient,
  client_name: 'Southwind Groups',
  scope: 'companies:read users:read',
}

const person = { password, name: 'Ada Lind' }
const anders = { name: 'Anders And Holm', email: 'anders@nordlys.test', jobTitle: 'Controller' }
const greta = { name: 'Greta Blum', email: 'greta@nordlys.test' }
const settings = {
  CLIENTS_FILE: file('clients.json', [ledger, groups]),
  PEOPLE_FILE: file('people.json', {
    people: [
      { ...person, email: 'sofia@example.test', administers: [bakeryId], belongsTo: [bakeryId] },
      { ...person, email: 'jonas@example.test', administers: [groupId] },
    ],
    companies: [
      { id: bakeryId, name: 'Bright Bakery', country: 'DK', registrationNumber: '41208735' },
      { id: denmarkId, name: 'Nordlys Denmark', organizationId: groupId, employees: [anders] },
      { id: germanyId, name: 'Nordlys Germany', organizationId: groupId, employees: [greta] },
    ],
    organizations: [{ id: groupId, name: 'Nordlys' }],
  }),
}

let ofBakery: Tokens
let ofGroup: Tokens
const example = useRunning(() => startExample(settings))
beforeAll(async () => {
  ofBakery = await connect(example.issuer, {
    client: ledger,
    params: { scope: 'companies:read users:read' },
  })
  ofGroup = await connect(example.issuer, {
    client: groups,
    as: 'jonas',
    subject: nordlysGroup,
    params: { scope: 'companies:read users:read' },
  })
})

async function ask(
  path: string,
  tokens?: Pick<Tokens, 'access_token'>,
  method = 'GET',
  api = example.api,
): Promise<ApiAnswer> {
  const authorization = `Bearer ${tokens?.access_token}`
  const headers: Record<string, string> = tokens ? { authorization } : {}
  return toApiAnswer(await send(api + path, { method, headers }))
}

const pagination = (total: number) => ({
  currentRequestPagination: { parameters: {} },
  hasNextPage: false,
  hasPreviousPage: false,
  total,
})

const bakeryData = {
  id: bakeryId,
  name: 'Bright Bakery',
  organizationId: null,
  registrationNumber: '41208735',
  address: { country: 'DK' },
}

describe('the example API answers in the published shapes', () => {
  it('GET /v1/introspect', async () => {
    const { status, body } = await ask('/v1/introspect', ofBakery)
    expect([status, body]).toEqual([
      200,
      {
        data: {
          authMethod: 'OAUTH2',
          clientId: ledger.client_id,
          scope: 'companies:read users:read',
          applicationName: 'Southwind Ledger',
          subjectURN: bakery,
        },
      },
    ])
  })

  it('GET /v1/companies', async () => {
    const one = await ask('/v1/companies', ofBakery)
    expect([one.status, one.body]).toEqual([200, { data: [bakeryData], pagination: pagination(1) }])
    const { body } = await ask('/v1/companies', ofGroup)
    expect(body).toMatchObject({
      data: [
        { id: denmarkId, organizationId: groupId },
        { id: germanyId, organizationId: groupId },
      ],
      pagination: pagination(2),
    })
  })

  it('GET /v1/companies/:id', async () => {
    const one = await ask(`/v1/companies/${bakeryId}`, ofBakery)
    expect([one.status, one.body]).toEqual([200, { data: bakeryData }])
    expect((await ask(`/v1/companies/${germanyId}`, ofGroup)).body).toMatchObject({
      data: { id: germanyId, name: 'Nordlys Germany' },
    })
  })

  it('GET /v2/employees', async () => {
    const { status, body } = await ask(`/v2/employees?company_id=${denmarkId}`, ofGroup)
    const id = expect.stringMatching(/^[0-9a-f-]{36}$/) as string
    const [firstName, lastName, email] = ['Anders', 'And Holm', 'anders@nordlys.test']
    const one = { id, companyId: denmarkId, email, firstName, lastName, jobTitle: 'Controller' }
    expect([status, body]).toEqual([200, { data: [one], pagination: pagination(1) }])
    expect((await ask('/v2/employees', ofBakery)).body['pagination']).toEqual(pagination(1))
  })

  it('GET /v2/employees of all companies of an organization', async () => {
    const employeesOf = async (path: string) => {
      const { status, body } = await ask(path, ofGroup)
      const employees = body['data'] as { readonly companyId: string; readonly email: string }[]
      return [status, employees.map(({ companyId, email }) => [companyId, email])]
    }
    const inDenmark = [denmarkId, anders.email]
    const inGermany = [germanyId, greta.email]
    expect(await employeesOf('/v2/employees')).toEqual([200, [inDenmark, inGermany]])
    expect(await employeesOf(`/v2/employees?companyId=${germanyId}`)).toEqual([200, [inGermany]])
  })

  it('GET /v1/installations/me', async () => {
    const { status, body } = await ask('/v1/installations/me', ofGroup)
    const createdAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string
    expect([status, body]).toEqual([
      200,
      {
        data: {
          clientId: groups.client_id,
          applicationName: 'Southwind Groups',
          subjectURN: nordlysGroup,
          status: 'AUTHORIZED',
          createdAt,
        },
      },
    ])
  })
})

it('DELETE /v1/installations/me ends every token of that client for that subject, and no other', async () => {
  const connectLedger = (options: object): Promise<Tokens> =>
    connect(example.issuer, { client: ledger, ...options })
  const denmark = { as: 'jonas', subject: nordlysDenmark }
  const [one, two] = [await connectLedger(denmark), await connectLedger(denmark)]
  const other = await connectLedger({ as: 'jonas', subject: nordlysGermany })
  const { status, raw } = await ask('/v1/installations/me', one, 'DELETE')
  expect([status, raw.text]).toEqual([204, ''])
  for (const tokens of [one, two]) {
    expect((await ask('/v1/introspect', tokens)).status).toBe(401)
    expect((await refresh(example.issuer, tokens.refresh_token, ledger)).status).toBe(400)
  }
  expect((await ask('/v1/installations/me', one, 'DELETE')).status).toBe(401)
  for (const tokens of [other, ofBakery, ofGroup]) {
    expect((await ask('/v1/introspect', tokens)).status).toBe(200)
  }
})

describe('the example API refuses', () => {
  const all = ['/v1/introspect', '/v1/companies', '/v1/companies/x', '/v2/employees', '/v1/else']

  it.each([...all, '/v1/installations/me'])('everybody without a token at %s', async (path) => {
    const { status, challenge } = await ask(path)
    expect([status, challenge]).toEqual([401, expect.stringMatching(/^Bearer resource_metadata=/)])
  })

  it('a token without the scope', async () => {
    const tokens = await connect(example.issuer, {
      client: ledger,
      params: { scope: 'users:read' },
    })
    for (const path of ['/v1/companies', `/v1/companies/${bakeryId}`]) {
      const { status, challenge } = await ask(path, tokens)
      expect([status, challenge]).toEqual([403, expect.stringContaining('scope="companies:read"')])
    }
    expect((await ask('/v2/employees', tokens)).status).toBe(200)
  })

  it('a company of somebody else', async () => {
    expect((await ask(`/v1/companies/${denmarkId}`, ofBakery)).status).toBe(403)
    expect((await ask(`/v2/employees?company_id=${denmarkId}`, ofBakery)).status).toBe(403)
    expect((await ask(`/v2/employees?company_id=${bakeryId}`, ofGroup)).status).toBe(403)
  })

  it('what there is not', async () => {
    const { status, body } = await ask('/v1/else', ofBakery)
    expect([status, body]).toEqual([
      404,
      { error: 'not_found', error_description: 'there is no such route' },
    ])
  })
})

it('the example API says which authorization server it belongs to', async () => {
  const { challenge = '' } = await ask('/v1/introspect')
  const [, url = ''] = /resource_metadata="([^"]+)"/.exec(challenge) ?? []
  const metadata = (await (await fetch(url)).json()) as Record<string, unknown>
  expect(metadata).toMatchObject({
    resource: 'https://external.pleo.io',
    authorization_servers: [example.issuer],
  })
})

it('a client whose library normalises URLs gets from the metadata of the API to its data', async () => {
  const url = `${example.api}/.well-known/oauth-protected-resource`
  const metadata = (await (await fetch(url)).json()) as {
    readonly resource: string
    readonly authorization_servers: readonly [string]
  }
  const resource = new URL(metadata.resource).href
  expect(resource).toBe('https://external.pleo.io/')
  const [issuer] = metadata.authorization_servers
  const agreed = await consent(issuer, { client: ledger, params: { resource } })
  const { body } = await redeem(issuer, agreed, ledger, { resource })
  const token = String(body['refresh_token'])
  const refreshed = await refresh(issuer, token, ledger, { resource })
  const access_token = String(refreshed.body['access_token'])
  expect((await ask('/v1/companies', { access_token })).body['data']).toEqual([bakeryData])
})

it('the example API has the name of a client that was registered while it runs', async () => {
  const redis = await startRedis()
  onTestFinished(() => redis.stop())
  const STORAGE_KEYS = 'a storage key of the tests with 32 characters'
  const kept = { REDIS_URL: redis.url, STORAGE_KEYS }
  const running = await startExample({ ...settings, ...kept })
  onTestFinished(() => running.close())
  const redirect = 'https://late.example.test/callback'
  const members = ['--name', 'Late Ledger', '--redirect-uri', redirect, '--scope', 'companies:read']
  const created = await runCommandWith(kept, 'clients', 'create', ...members, '--json')
  const { client, secret } = JSON.parse(created.stdout) as CreatedClient
  const late = toCredentials({ client, secret })
  const { access_token } = await connect(running.issuer, { client: late })
  for (const path of ['/v1/introspect', '/v1/installations/me']) {
    const { body } = await ask(path, { access_token }, 'GET', running.api)
    expect(body).toMatchObject({ data: { applicationName: 'Late Ledger' } })
  }
})
