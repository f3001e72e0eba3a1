import { beforeAll, describe, expect, test } from 'vitest'
import { local, requireScope } from '../../lib/resource-server/index.ts'
import { companiesOf, startApi } from '../support/api.ts'
import { useRunning } from '../support/fixtures.ts'
import { connect } from '../support/flow.ts'
import { bakery, idOf, nordlysDenmark, nordlysGermany, nordlysGroup } from '../support/people.ts'
import { organizationClient, useServer } from '../support/server.ts'

let ofBakery: string
let ofGroup: string
const server = useServer()
const api = useRunning(() => startApi({ verify: local(server) }))
beforeAll(async () => {
  ofBakery = (await connect(server.issuer)).access_token
  const options = { client: organizationClient, as: 'jonas', subject: nordlysGroup }
  ofGroup = (await connect(server.issuer, options)).access_token
})

const [bakeryId, denmarkId, germanyId] = [bakery, nordlysDenmark, nordlysGermany].map(idOf) as [
  string,
  string,
  string,
]
const forbidden = {
  error: 'forbidden',
  error_description: 'the access token is not for that company',
}
const malformed = (error_description: string) => ({ error: 'invalid_request', error_description })

describe('companyFor with the token of a company', () => {
  test.each([
    '/company',
    `/company?company_id=${bakeryId}`,
    `/company?company_id=${bakeryId.toUpperCase()}`,
    `/company?companyId=${bakeryId}`,
    `/company/${bakeryId}`,
    `/company/${bakeryId}?company_id=${bakeryId.toUpperCase()}`,
  ])('is that company: %s', async (path) => {
    const { status, body } = await api.get(path, ofBakery)
    expect([status, body]).toEqual([200, { company: bakeryId }])
  })

  test.each([
    `/company?company_id=${denmarkId}`,
    `/company?companyId=${denmarkId}`,
    `/company/${denmarkId}`,
    // One that there is not: nobody learns which there are.
    '/company?company_id=00000000-0000-4000-8000-999999999999',
    `/companies?company_id=${denmarkId}`,
  ])('is refused where another is named: %s', async (path) => {
    const { status, body } = await api.get(path, ofBakery)
    expect([status, body]).toEqual([403, forbidden])
  })
})

describe('companyFor with the token of an organization', () => {
  test.each([denmarkId, germanyId])('is the one that is named: %s', async (id) => {
    for (const path of [`/company?company_id=${id}`, `/company/${id}`]) {
      expect((await api.get(path, ofGroup)).body).toEqual({ company: id })
    }
  })

  test('is refused where none is named', async () => {
    const { status, body } = await api.get('/company', ofGroup)
    const description = 'company_id is missing: the access token is for an organization'
    expect([status, body]).toEqual([400, malformed(description)])
  })

  test.each([bakeryId, idOf(nordlysGroup)])('is refused for one of others: %s', async (id) => {
    const { status, body } = await api.get(`/company?company_id=${id}`, ofGroup)
    expect([status, body]).toEqual([403, forbidden])
  })

  test('asks the host anew each time', async () => {
    let ids: readonly string[] = [denmarkId.toUpperCase()]
    const changing = await startApi({ verify: local(server), companiesOf: async () => ids })
    const path = `/company/${denmarkId}`
    expect((await changing.get(path, ofGroup)).status).toBe(200)
    ids = [germanyId]
    expect((await changing.get(path, ofGroup)).status).toBe(403)
    expect((await changing.get('/companies', ofGroup)).body).toEqual({ companies: [germanyId] })
    await changing.close()
  })

  test('is for the organization of the token', async () => {
    const asked: unknown[] = []
    const asking = await startApi({
      verify: local(server),
      companiesOf: (organization) => {
        asked.push(organization)
        return companiesOf(organization)
      },
    })
    await asking.get(`/company/${denmarkId}`, ofGroup)
    await asking.close()
    expect(asked).toEqual([{ urn: nordlysGroup, type: 'organization', id: idOf(nordlysGroup) }])
  })

  test('reaches nothing where the host does not say which companies it has, or cannot', async () => {
    const closed = await startApi({ verify: local(server), companiesOf: undefined as never })
    expect((await closed.get(`/company/${denmarkId}`, ofGroup)).status).toBe(403)
    await closed.close()
    const failing = await startApi({
      verify: local(server),
      companiesOf: () => Promise.reject(new Error('down')),
    })
    expect((await failing.get(`/company/${denmarkId}`, ofGroup)).status).toBe(500)
    await failing.close()
  })
})

test.each<[string, string]>([
  [`/company?company_id=${bakeryId}&company_id=${bakeryId}`, 'company_id is given more than once'],
  [`/company?company_id=${bakeryId}&companyId=${bakeryId}`, 'company_id is given more than once'],
  [`/company?company_id=`, 'the id of a company must be a UUID'],
  [`/company?company_id=1`, 'the id of a company must be a UUID'],
  [`/company?company_id=${bakeryId}%0a`, 'the id of a company must be a UUID'],
  [`/company?company_id=${encodeURIComponent(bakery)}`, 'the id of a company must be a UUID'],
  [`/company/none`, 'the id of a company must be a UUID'],
  [`/company/${bakeryId}?company_id=${denmarkId}`, 'two different companies are named'],
])('whoever has the token, %s is malformed', async (path, description) => {
  for (const token of [ofBakery, ofGroup]) {
    const { status, body } = await api.get(path, token)
    expect([status, body]).toEqual([400, malformed(description)])
  }
})

describe.each([
  'company_id[]',
  'company_id[0]',
  'company_id[a]',
  'company_id[$eq]',
  'companyId[]',
  'company[id]',
  'companyid',
  'CompanyId',
  'COMPANY_ID',
  'company-id',
  'Company-Id',
  'company_Id',
  '_company_id',
  'company__id',
  'company.id',
  'company_id ',
])('a company that is named as %s', (name) => {
  const named = encodeURIComponent(name)
  test.each([
    `/company?${named}=${denmarkId}`,
    `/company?${named}=${bakeryId}`,
    `/company?${named}=`,
    `/company?company_id=${denmarkId}&${named}=${denmarkId}`,
    `/company/${denmarkId}?${named}=${denmarkId}`,
    `/companies?${named}=${denmarkId}`,
  ])('is refused, and not ignored: %s', async (path) => {
    for (const token of [ofBakery, ofGroup]) {
      const { status, body } = await api.get(path, token)
      const description = 'the company is named by another parameter: its name must be company_id'
      expect([status, body]).toEqual([400, malformed(description)])
    }
  })
})

test.each(['my_company_id', 'company_ids', 'company', 'id', 'companyid2'])(
  'a parameter of another name has nothing to do with it: %s',
  async (name) => {
    const { status, body } = await api.get(`/company?${name}=${denmarkId}`, ofBakery)
    expect([status, body]).toEqual([200, { company: bakeryId }])
  },
)

describe('companiesFor', () => {
  test('is the company, those of the organization, or the one that is named', async () => {
    const of = async (path: string, token: string) => (await api.get(path, token)).body['companies']
    expect(await of('/companies', ofBakery)).toEqual([bakeryId])
    expect(await of('/companies', ofGroup)).toEqual([denmarkId, germanyId])
    expect(await of(`/companies?company_id=${germanyId}`, ofGroup)).toEqual([germanyId])
    expect((await api.get(`/companies?company_id=${bakeryId}`, ofGroup)).status).toBe(403)
  })
})

test('a path parameter that is misspelled in the route is our mistake, and names no company', async () => {
  expect((await api.get(`/misspelled/${bakeryId}`, ofBakery)).status).toBe(500)
  expect(String(api.errors.at(-1))).toContain('must be a text')
})

test('a token that bearer() did not make is none', () => {
  const subject = { urn: bakery, type: 'company', id: bakeryId }
  const state = { token: { subject, scope: new Set(['companies:read']) } }
  const pass = () => requireScope('companies:read')({ state } as never, async () => undefined)
  expect(pass).toThrow('bearer() must run first')
})
