import { afterEach, describe, expect, test } from 'vitest'
import type { SubjectChoice } from '../../lib/index.ts'
import { connect, goToConsent } from '../support/flow.ts'
import { bakery, createAccounts, nordlysDenmark, nordlysGroup } from '../support/people.ts'
import { confidential, organizationClient, useServer } from '../support/server.ts'

const company = { urn: bakery, name: 'Bright Bakery', mayConnect: true }
const another = { urn: nordlysDenmark, name: 'Nordlys Denmark', mayConnect: true }
const closed = { urn: bakery.replace('company', 'organization'), name: 'Closed' }
const toGroup = (...names: readonly string[]): SubjectChoice => ({
  urn: nordlysGroup,
  name: 'Nordlys Group',
  mayConnect: true,
  companies: { names, includesLater: false },
})

let choices: readonly SubjectChoice[] = []
const server = useServer({ accounts: { ...createAccounts(), subjects: () => choices } })
afterEach(() => (choices = []))

/** Shows some subjects, and posts the choice of one when there are others. */
async function choose(shown: readonly SubjectChoice[], now: readonly SubjectChoice[], urn: string) {
  choices = shown
  const client = shown.some((one) => one.urn === bakery) ? confidential : organizationClient
  const { browser, page } = await goToConsent(server.issuer, { client })
  choices = now
  return browser.submit(page, { subject: urn, decision: 'allow' })
}

const isAllowed = ({ location }: { readonly location: URL | undefined }): boolean =>
  location?.searchParams.has('code') === true

describe('between the page and the answer', () => {
  test('a list of companies may grow, shrink and turn round', async () => {
    expect(isAllowed(await choose([company], [another, company], bakery))).toBe(true)
    expect(isAllowed(await choose([company, another], [company], bakery))).toBe(true)
  })

  test('an organization may not get other companies than the person read', async () => {
    const first = toGroup('Nordlys Denmark')
    for (const now of [
      toGroup('Nordlys Denmark', 'Nordlys Germany'),
      toGroup(),
      { ...first, companies: { names: ['Nordlys Denmark'], includesLater: true } },
      { urn: nordlysGroup, name: 'Nordlys Group', mayConnect: true },
    ]) {
      const page = await choose([first], [now], nordlysGroup)
      expect(page.status).toBe(422)
      expect(page.text).toContain('has changed in the meantime')
    }
  })

  test('the companies may come in another order, and those of what nobody can choose may change', async () => {
    const other = (name: string): SubjectChoice => ({
      ...toGroup(name),
      ...closed,
      mayConnect: false,
    })
    const shown = [toGroup('Denmark', 'Germany'), other('One')]
    const now = [other('Two'), toGroup('Germany', 'Denmark')]
    expect(isAllowed(await choose(shown, now, nordlysGroup))).toBe(true)
  })
})

test('a host may give objects of its database, which say null and have getters', async () => {
  class Row {
    detail = null
    reason = null
    administrators = null
    companies = null
    mayConnect = false
    get urn() {
      return bakery
    }
    get name() {
      return 'Bright Bakery'
    }
  }
  choices = [new Row() as unknown as SubjectChoice]
  const { page } = await goToConsent(server.issuer)
  expect(page.status).toBe(200)
  expect(page.text).toContain('Bright Bakery')
})

test('a host may list a company once for each role of the person', async () => {
  choices = [company, { ...company, mayConnect: false }]
  const { page } = await goToConsent(server.issuer)
  expect(page.text).toContain(`<input type="hidden" name="subject" value="${bakery}">`)
})

test('a company that is not connected is not said to have access, if the client asks for one that is', async () => {
  const warning = 'all of this access may be new'
  const params = { 'urn:pleo:params:oauth:subject': bakery }
  const visit = async (...given: readonly SubjectChoice[]) => {
    choices = given
    return (await goToConsent(server.issuer, { params })).page.text
  }
  choices = [company]
  expect(await visit(company, another)).not.toContain(warning)
  await connect(server.issuer)
  expect(await visit(company, another)).toContain(warning)
  expect(await visit(company)).not.toContain(warning)
})
