import { describe, expect, test } from 'vitest'
import type { AuditEvent, SubjectChoice } from '../../lib/index.ts'
import { isolated } from '../support/browser.ts'
import { connect, goToConsent } from '../support/flow.ts'
import { createAccounts, nordlysGroup } from '../support/people.ts'
import { confidential, openServer, organizationClient, useServer } from '../support/server.ts'

// The words by which a person decides: until when, for which companies, beyond what is there, and who asks.

const day = 86_400
const bearer = {
  ...confidential,
  client_id: 'no-refresh',
  grant_types: ['authorization_code'],
  client_name: 'Harbour Ledger',
  contacts: ['help+us@ledger.example.test', `${'a'.repeat(60)}@${'b'.repeat(60)}.test`],
}

const server = useServer({ clients: [confidential, organizationClient, bearer] })

describe('the end of the access', () => {
  test('is both ends if unused access ends sooner', async () => {
    const { page } = await goToConsent(server.issuer)
    expect(page.text).toMatch(
      /Until .+ at most, even when you are away\. Ends after 60 days without/,
    )
  })

  test.each([
    ['never ends unused before that', { refreshToken: 30 * day, grant: 30 * day }, confidential],
    ['cannot be refreshed', {}, bearer],
  ])('is one end if the access %s', async (_, lifetimes, client) => {
    const own = await openServer({ lifetimes, clients: [client] })
    const { page } = await goToConsent(own.issuer, { client })
    expect(page.text).toMatch(/Until .+ at most, even when you are away\./)
    expect(page.text).not.toContain('without use')
  })

  test('is that of the access token if the client cannot refresh', async () => {
    const own = await openServer({ clients: [bearer], views: { timeZone: 'UTC' } })
    const { page } = await goToConsent(own.issuer, { client: bearer })
    const today = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' })
    const ends = [0, 900_000].map((later) =>
      isolated(today.format(Date.now() + later).replace(' ', '\u00A0')),
    )
    expect(ends.some((end) => page.text.includes(`Until ${end} at most`))).toBe(true)
  })
})

describe('an organization', () => {
  const group = (companies: unknown): SubjectChoice =>
    ({ urn: nordlysGroup, name: 'Nordlys Group', mayConnect: true, companies }) as SubjectChoice
  const open = async (choice: SubjectChoice) => {
    const own = await openServer({
      accounts: { ...createAccounts(), subjects: () => [choice] },
    })
    const events: AuditEvent[] = []
    own.audit.on((event) => void events.push(event))
    const { page, browser } = await goToConsent(own.issuer, { client: organizationClient })
    const allow = () => browser.submit(page, { subject: nordlysGroup, decision: 'allow' })
    return { page, allow, events }
  }

  test.each([
    [true, 'Companies that join later are included.'],
    [false, 'Companies that join later are not included.'],
  ])('names its companies by name; includesLater: %s', async (includesLater, sentence) => {
    const companies = { names: ['Nordlys 10', 'Nordlys 9'], includesLater }
    const { page, allow, events } = await open(group(companies))
    expect(page.text).toContain(sentence)
    expect(page.text.indexOf('Nordlys 9')).toBeLessThan(page.text.indexOf('Nordlys 10'))
    await allow()
    // The record is what the host said.
    expect(events.at(-1)).toMatchObject({ type: 'consent.given', shown: { companies } })
  })

  test('of which nothing is said covers every company', async () => {
    const { page } = await open(group(undefined))
    expect(page.text).toContain('Covers every company of the organization.')
    expect(page.text).not.toContain('join later')
  })

  test.each([
    ['names', { includesLater: true }],
    ['a word on later ones', { names: ['Nordlys 9'] }],
    ['names that are texts', { names: [9], includesLater: true }],
    ['an object', 'Nordlys 9'],
  ])('is refused without %s', async (_, companies) => {
    expect((await open(group(companies))).page.status).toBe(500)
  })
})

describe('a connection that is there', () => {
  const params = { scope: 'companies:read export-jobs:write' }

  test('is kept apart from what is new, and the heading asks for more', async () => {
    const own = await openServer()
    await connect(own.issuer, { params: { scope: 'companies:read' } })
    const { page } = await goToConsent(own.issuer, { params })
    const name = isolated('Northwind Ledger')
    expect(page.text).toContain(`${name} asks for more access to ${isolated('Bright Bakery')}`)
    const [added = '', kept = ''] = page.text.split('It already has 1 permission')
    expect([added.includes('Change export jobs'), kept.includes('See companies')]).toEqual([
      true,
      true,
    ])
    expect([added.includes('See companies'), kept.includes('Change export jobs')]).toEqual([
      false,
      false,
    ])
  })

  test('with all that is asked for is said to be there, and nothing is folded', async () => {
    const own = await openServer()
    await connect(own.issuer, { params })
    const { page } = await goToConsent(own.issuer, { params })
    expect(page.text).toContain('asks again for access to')
    expect(page.text).toContain('Nothing new')
    expect(page.text).not.toContain('It already has')
  })
})

test('a contact is a link to a mailbox that adds nothing to the message, unless its text is cut', async () => {
  const { page } = await goToConsent(server.issuer, { client: bearer })
  expect(page.text.match(/(?<=href=")mailto:[^"]+/g)).toEqual([
    'mailto:help%2Bus@ledger.example.test',
  ])
})
