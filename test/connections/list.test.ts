import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createGrantId } from '../../lib/grants/token-values.ts'
import type { SubjectChoice } from '../../lib/index.ts'
import { createBrowser, isolated, type Browser, type Page } from '../support/browser.ts'
import { createAccounts, password } from '../support/people.ts'
import { audience, confidential, startServer, useServer } from '../support/server.ts'

const day = 86_400

// An accountant with 60 companies. "Northwind Ledger" is connected to all of them, "Apex Reports" to 3.
const companies: readonly SubjectChoice[] = Array.from({ length: 60 }, (_, index) => ({
  urn: `urn:pleo:company:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  name: `Company ${60 - index}`,
  detail: `No ${5000 + index}`,
  mayConnect: true,
}))
const urnOf = (index: number): string => companies[index]?.urn ?? ''
const apex = { ...confidential, client_id: 'apex', client_name: 'Apex Reports', test: true }
const storage = createMemoryAdapter()
const people = createAccounts()
const accounts = {
  ...people,
  subjects: (id: string, { type }: { type: string }) =>
    type === 'company' && id === 'sofia' ? companies : [],
}
const options = {
  storage,
  accounts,
  clients: [confidential, apex],
  views: { timeZone: 'UTC' },
}
const server = useServer(options)

/** A connection, as consent and redemption store it. */
async function connect(
  clientId: string,
  subject: string,
  { age = 1, endsIn = 60, scope = 'companies:read' } = {},
): Promise<void> {
  const id = createGrantId()
  const now = Math.floor(Date.now() / 1000)
  const payload = {
    jti: id,
    kind: 'Grant',
    accountId: 'sofia',
    clientId,
    subject,
    openid: { scope },
    iat: now - age * day,
    exp: now + 365 * day,
  }
  await storage.grants.save(id, payload, 365 * day)
  const lifetime = endsIn * day
  await storage.grants.add(id, 'RefreshToken', { id: createGrantId(), payload: {}, lifetime })
}

let browser: Browser
beforeAll(async () => {
  for (const [index, { urn }] of companies.entries()) {
    const age = index < 20 ? 31 : 1
    const scope = index === 0 ? 'users:write companies:read' : 'companies:read'
    await connect(confidential.client_id, urn, { age, endsIn: index < 5 ? 13 : 60, scope })
  }
  for (const index of [0, 1, 2]) await connect('apex', urnOf(index))
  browser = createBrowser()
  const page = await browser.go(`${server.issuer}/oauth/connections`)
  await browser.submit(page, { username: 'sofia@example.test', password })
})

const open = (query = ''): Promise<Page> => browser.go(`${server.issuer}/oauth/connections${query}`)
const headings = ({ text }: Page): readonly string[] =>
  [...text.matchAll(/<h2>\s*<bdi>([^<]*)/g)].map(([, name = '']) => name)
const rows = ({ text }: Page): number => text.match(/<li class="connection">/g)?.length ?? 0
const links = ({ text }: Page): readonly (readonly [string, string])[] =>
  [...text.matchAll(/<li><a href="([^"]*)"([^>]*)>(.*?)<\/a>/g)].map(
    ([, url = '', , words = '']) => [
      words.replaceAll(/<[^>]*>/g, ''),
      url.replaceAll('&amp;', '&'),
    ],
  )
const urlOf = (page: Page, words: string): string =>
  links(page).find(([label]) => label.startsWith(words))?.[1] ?? `no link ${words}`
const current = ({ text }: Page): readonly string[] =>
  [...text.matchAll(/aria-current="true">([^<]*)/g)].map(([, words = '']) => words.trim())

describe('a long list of connections', () => {
  test('is by app if that is shorter, folded, and sorted by name as numbers count', async () => {
    const page = await open()
    expect(headings(page)).toEqual(['Apex Reports', 'Northwind Ledger'])
    expect([rows(page), current(page)]).toEqual([63, ['App', 'All']])
    expect(page.text).not.toMatch(/<details[^>]* open/)
    const names = [...page.text.matchAll(/<strong><bdi>(Company \d+)/g)].map(([, name]) => name)
    expect(names.slice(3, 6)).toEqual(['Company 1', 'Company 2', 'Company 3'])
    expect(page.text).toContain('60 connections')
  })

  test('is by company if the person wants that', async () => {
    const page = await browser.go(urlOf(await open(), 'Company'))
    expect(headings(page)).toHaveLength(60)
    expect(headings(page).slice(0, 2)).toEqual(['Company 1', 'Company 2'])
    expect(current(page)).toEqual(['Company', 'All'])
  })

  test('shows those that nobody has used for long, and those that end soon, and how many they are', async () => {
    const page = await open()
    const labels = links(page).map(([label]) => label)
    expect(labels).toEqual([
      'App',
      'Company',
      'All 63',
      'Not used for 30 days 20',
      'Ends within 14 days 5',
    ])
    const unused = await browser.go(urlOf(page, 'Not used'))
    expect([rows(unused), current(unused)]).toEqual([20, ['App', 'Not used for 30 days']])
    const ending = await browser.go(urlOf(unused, 'Ends'))
    expect([rows(ending), current(ending)]).toEqual([5, ['App', 'Ends within 14 days']])
    // Few enough to be seen at once.
    expect(ending.text).toMatch(/<details class="group" open>/)
    expect(current(await browser.go(urlOf(ending, 'Company')))).toEqual([
      'Company',
      'Ends within 14 days',
    ])
  })

  test('takes no other words for a view', async () => {
    const page = await open('?by=%3Cscript%3E&only=%3Cscript%3E&by=client')
    expect([rows(page), current(page)]).toEqual([63, ['App', 'All']])
    expect(page.text).not.toContain('script%3E')
  })

  test('writes numbers as the language does', async () => {
    const page = await open('?ui_locales=de')
    expect(page.text).toContain('60 Verbindungen')
    expect(links(page).map(([label]) => label)).toContain('Seit 30 Tagen nicht verwendet 20')
  })

  test('says that no connection matches, and leads back to all', async () => {
    const short = await startServer({ ...options, storage: createMemoryAdapter() })
    const other = createBrowser()
    const page = await other.go(`${short.issuer}/oauth/connections`)
    await other.submit(page, { username: 'sofia@example.test', password })
    const none = await other.go(`${short.issuer}/oauth/connections?only=ending`)
    await short.close()
    expect(none.text).toContain('No app is connected.')
    expect(links(none).map(([label]) => label)).toContain('All 0')
  })
})

describe('disconnecting from a long list', () => {
  const disconnectUrl = (page: Page, clientId: string, subject: string): string => {
    const wanted = new URLSearchParams({ client_id: clientId, subject }).toString()
    const urls = [...page.text.matchAll(/href="([^"]*disconnect[^"]*)"/g)].map(([, url = '']) =>
      url.replaceAll('&amp;', '&'),
    )
    return urls.find((url) => url.includes(wanted)) ?? `no link to disconnect ${wanted}`
  }

  test('says what stops, told apart, who connected it and when', async () => {
    const url = disconnectUrl(await open(), confidential.client_id, urnOf(0))
    const page = await browser.go(url)
    const shown = [...page.text.matchAll(/icon-(read|write)".*?<\/svg>\s*([^<]*)/gs)]
    expect(shown.map(([, access, words = '']) => [access, words.trim()])).toEqual([
      ['read', 'See companies'],
      ['write', 'Change employees'],
    ])
    expect(page.text).toContain(`Connected by ${isolated('Sofia Lind')} on`)
    expect(page.text).toContain('loses its access at once')
    expect(page.text).toContain('its changes stay')
  })

  test.each([
    ['', 1, 'App', 'All', 'Northwind Ledger'],
    ['?by=subject', 1, 'Company', 'All', 'Company 59'],
    ['?by=subject&only=unused', 2, 'Company', 'Not used for 30 days', 'Company 58'],
  ])('goes back to the list as it was: "%s"', async (query, index, by, only, group) => {
    const list = await open(query)
    const question = await browser.go(disconnectUrl(list, confidential.client_id, urnOf(index)))
    const keep = /<a class="button" href="([^"]*)"/.exec(question.text)?.[1] ?? ''
    const kept = await browser.go(keep.replaceAll('&amp;', '&'))
    expect([current(kept), rows(kept)]).toEqual([[by, only], rows(list)])
    expect(openHeadings(kept)).toEqual([group])
    const fields = { client_id: confidential.client_id, subject: urnOf(index) }
    const done = await browser.submit(question, fields)
    expect(done.text).toContain('no longer has access')
    expect([current(done), rows(done)]).toEqual([[by, only], rows(list) - 1])
    await connect(confidential.client_id, urnOf(index), { age: 31 })
  })

  const openHeadings = ({ text }: Page): readonly string[] =>
    [...text.matchAll(/<details class="group" open>.*?<h2>\s*<bdi>([^<]*)/gs)].map(
      ([, name = '']) => name,
    )

  test('promises no end at once of access tokens that an API may check by itself', async () => {
    const signed = await startServer({
      ...options,
      resourceServer: { audience, accessTokenFormat: 'jwt' },
    })
    const other = createBrowser()
    const page = await other.go(`${signed.issuer}/oauth/connections`)
    const list = await other.submit(page, { username: 'sofia@example.test', password })
    const question = await other.go(disconnectUrl(list, 'apex', urnOf(0)))
    await signed.close()
    expect(question.text).toContain('ends within 15 minutes')
    expect(question.text).not.toContain('at once')
  })
})
