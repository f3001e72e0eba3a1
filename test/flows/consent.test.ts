import { describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser, isolated, urlOfInteraction, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, goToConsent, introspect, redeem } from '../support/flow.ts'
import { createCountingStorage } from '../support/hosts.ts'
import {
  bakery,
  createAccounts,
  idOf,
  nordlysDenmark,
  nordlysGermany,
  nordlysGroup,
} from '../support/people.ts'
import { confidential, organizationClient, useServer } from '../support/server.ts'

const { storage, stored } = createCountingStorage()
const withoutAuthority = new Set<string>()
const people = createAccounts()

const server = useServer({
  storage,
  accounts: {
    ...people,
    subjects: async (id, options) => (withoutAuthority.has(id) ? [] : people.subjects(id, options)),
  },
})

const radios = ({ text }: Page): string[] =>
  [...text.matchAll(/type="radio" name="subject" value="([^"]+)"/g)].map((match) => match[1] ?? '')

function expectRefusal(page: Page, client: ClientMetadata = confidential): void {
  expect(page.status).toBe(303)
  const { origin, pathname, searchParams } = page.location ?? new URL('about:blank')
  expect(origin + pathname).toBe(client.redirect_uris?.[0])
  expect(searchParams.get('error')).toBe('access_denied')
  expect(searchParams.get('state')).toBe('some-state')
  expect(searchParams.get('iss')).toBe(server.issuer)
  expect(searchParams.get('code')).toBeNull()
}

describe('the consent page', () => {
  test('shows the only company there is, and asks for no choice', async () => {
    const { page } = await goToConsent(server.issuer)
    expect(page.status).toBe(200)
    expect(page.text).toContain('<bdi>Bright Bakery</bdi>')
    expect(page.text).toContain(`<input type="hidden" name="subject" value="${bakery}">`)
    expect(radios(page)).toEqual([])
  })

  test('shows the client and who is signed in', async () => {
    const { page } = await goToConsent(server.issuer)
    expect(page.text).toContain(
      `<h1>${isolated('Northwind Ledger')} wants access to ${isolated('Bright Bakery')}</h1>`,
    )
    for (const words of ['Sofia Lind', 'sofia@example.test']) {
      expect(page.text).toContain(`<bdi>${words}</bdi>`)
    }
  })

  test('lets a person of several companies choose, with nothing chosen beforehand', async () => {
    const { page, browser, verifier } = await goToConsent(server.issuer, { as: 'jonas' })
    expect(radios(page)).toEqual([nordlysDenmark, nordlysGermany])
    expect(page.text).not.toMatch(/<input[^>]*\schecked\b/)
    const answer = await browser.submit(page, { subject: nordlysGermany, decision: 'allow' })
    const code = answer.location?.searchParams.get('code') ?? ''
    const { body } = await redeem(server.issuer, { code, verifier, redirect: page.url })
    const shown = await introspect(server.issuer, body['access_token'] as string)
    expect(shown['sub']).toBe(idOf(nordlysGermany))
  })

  test('offers organizations to a client that is for organizations', async () => {
    const { page, browser } = await goToConsent(server.issuer, {
      client: organizationClient,
      as: 'jonas',
    })
    expect(page.text).toContain('Nordlys Group')
    expect(page.text).not.toContain('Nordlys Denmark')
    const answer = await browser.submit(page, { subject: nordlysGroup, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('says the scopes in words, those asked for and no others', async () => {
    const scope = 'export-jobs:write companies:read'
    const { page } = await goToConsent(server.issuer, { params: { scope } })
    expect(page.text).toContain('See companies')
    expect(page.text).toContain('Change export jobs')
    expect(page.text).not.toContain('See employees')
  })

  test('has no id twice and nothing inline', async () => {
    for (const as of ['sofia', 'jonas', 'emil', 'nobody']) {
      const { page } = await goToConsent(server.issuer, { as })
      const ids = [...page.text.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])
      expect(ids).toEqual([...new Set(ids)])
      expect(page.text).not.toMatch(/<script(?! type="module" src=")|\son[a-z]+=|style="/i)
    }
  })

  test('goes back to the client with access_denied when the person declines, and makes no grant', async () => {
    const before = stored('Grant')
    const { page, browser } = await goToConsent(server.issuer)
    expectRefusal(await browser.submit(page, { subject: bakery, decision: 'decline' }))
    expect(stored('Grant')).toBe(before)
  })

  test('is asked every time, so that connections never share a grant', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    await browser.submit(page, { subject: bakery, decision: 'allow' })
    const again = await goToConsent(server.issuer, { browser })
    expect(again.page.text).toContain('value="allow"')
  })
})

describe('a person who cannot connect anything', () => {
  test.each([
    ['belongs to no company', 'nobody', confidential, 'does not belong to a company'],
    ['lacks the authority', 'emil', confidential, 'Ask Sofia, who administers it.'],
    ['has no organization', 'sofia', organizationClient, 'does not belong to an organization'],
  ])('and %s reads why and finds the way back', async (_, as, client, why) => {
    const { page, browser } = await goToConsent(server.issuer, { as, client })
    expect(page.status).toBe(200)
    expect(page.text).toContain(why)
    expect(page.text).not.toContain('value="allow"')
    expectRefusal(await browser.submit(page, { decision: 'decline' }), client)
  })

  test.each(['emil', 'nobody'])(
    'gets no code by posting the form all the same (%s)',
    async (as) => {
      const before = stored('Grant')
      const { page, browser } = await goToConsent(server.issuer, { as })
      const answer = await browser.submit(page, { subject: bakery, decision: 'allow' })
      expect(answer.status).toBe(422)
      expect(answer.location).toBeUndefined()
      expect(stored('Grant')).toBe(before)
    },
  )
})

describe('a client that asks for one subject', () => {
  const requested = (urn: string): Record<string, string> => ({
    'urn:pleo:params:oauth:subject': urn,
  })

  test.each([
    ['is of other people', bakery, 'jonas'],
    ['the person has no authority for', bakery, 'emil'],
    ['does not exist', `${bakery.slice(0, -2)}99`, 'jonas'],
  ])('is denied one that %s, in the same words', async (_, urn, as) => {
    const { page } = await goToConsent(server.issuer, { as, params: requested(urn) })
    expectRefusal(page)
    expect(page.location?.searchParams.get('error_description')).toBe('the request was denied')
  })

  test('is denied when the authority ends while the page is open', async () => {
    const { page, browser } = await goToConsent(server.issuer, { params: requested(bakery) })
    withoutAuthority.add('sofia')
    const answer = await browser.submit(page, { subject: bakery, decision: 'allow' })
    withoutAuthority.delete('sofia')
    expect(answer.status).toBe(422)
    expect(answer.text).not.toContain('value="allow"')
  })
})

describe('the choice is checked again when it is posted', () => {
  test('and refused where the authority ended meanwhile', async () => {
    const before = stored('Grant')
    const { page, browser } = await goToConsent(server.issuer)
    withoutAuthority.add('sofia')
    const answer = await browser.submit(page, { subject: bakery, decision: 'allow' })
    withoutAuthority.delete('sofia')
    expect(answer.status).toBe(422)
    expect(answer.text).toContain('does not belong to a company')
    expect(stored('Grant')).toBe(before)
  })

  const choices: readonly (readonly [string, Record<string, string>])[] = [
    ['a company of other people', { subject: bakery, decision: 'allow' }],
    ['an organization', { subject: nordlysGroup, decision: 'allow' }],
    [
      'a company as if it were an organization',
      { subject: nordlysGroup.replace('organization', 'company'), decision: 'allow' },
    ],
    ['an id alone', { subject: idOf(nordlysDenmark), decision: 'allow' }],
    ['a company with a blank behind it', { subject: `${nordlysDenmark} `, decision: 'allow' }],
    ['something that is no URN', { subject: '__proto__', decision: 'allow' }],
    ['an empty one', { subject: '', decision: 'allow' }],
    ['none', { decision: 'allow' }],
    ['no decision', { subject: nordlysDenmark }],
    ['an unknown decision', { subject: nordlysDenmark, decision: 'ALLOW' }],
  ]
  test.each(choices)('%s is refused, and the page stays usable', async (_, fields) => {
    const before = stored('Grant')
    const { page, browser } = await goToConsent(server.issuer, { as: 'jonas' })
    const refused = await browser.submit(page, fields)
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('role="alert"')
    expect(radios(refused)).toEqual([nordlysDenmark, nordlysGermany])
    expect(stored('Grant')).toBe(before)
    const answer = await browser.submit(refused, { subject: nordlysDenmark, decision: 'allow' })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test('and two companies at once are none', async () => {
    const { page, browser } = await goToConsent(server.issuer, { as: 'jonas' })
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const body = new URLSearchParams({ csrf, decision: 'allow' })
    body.append('subject', nordlysDenmark)
    body.append('subject', nordlysGermany)
    const answer = await browser.go(urlOfInteraction(page).href, { method: 'POST', body })
    expect(answer.status).toBe(422)
  })
})

test('a person who is signed in goes straight to the consent page', async () => {
  const browser = createBrowser()
  await goToConsent(server.issuer, { browser })
  const url = authorizationUrl(server.issuer, confidential, {
    code_challenge: createPkce().challenge,
  })
  const page = await browser.go(url)
  expect(page.text).toContain('Sofia Lind')
  expect(page.text).not.toContain('name="password"')
})
