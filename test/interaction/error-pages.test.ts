import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ErrorPageEvent } from '../../lib/index.ts'
import { createBrowser, urlOfInteraction, type Page } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { createAccounts } from '../support/people.ts'
import { confidential, publicClient, useServer } from '../support/server.ts'

const start = 'https://ledger.example.test/start'
const about = 'https://mobile.example.test'
const clients = [
  { ...confidential, initiation_uri: start, client_uri: 'https://ledger.example.test' },
  { ...publicClient, client_uri: about },
]

let told: ErrorPageEvent[] = []
let failing = false

const usual = createAccounts()

const server = useServer({
  clients,
  accounts: {
    ...usual,
    subjects: async (...of) => {
      if (failing) throw new Error('the database of the host is away')
      return usual.subjects(...of)
    },
  },
})
beforeAll(async () => {
  server.app.on('error_page', (event) => void told.push(event))
})
beforeEach(() => {
  told = []
  failing = false
})

/** What a person can select and copy, as it is in the page. */
const supportOf = ({ text }: Page): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (/<pre[^>]*>([^<]*)<\/pre>/.exec(text)?.[1] ?? '')
      .split('\n')
      .map((line) => line.split(/: (.*)/, 2) as [string, string]),
  )

const linksOf = ({ text }: Page): readonly string[] =>
  [...text.matchAll(/<a [^>]*href="([^"]+)"/g)].map(([, href = '']) => href)

const unknown = (): string => `${server.issuer}/oauth/authorize?client_id=unknown`

/** A page of an interaction whose form is refused. */
async function forged(client = clients[0]): Promise<Page> {
  const { page, browser } = await goToConsent(server.issuer, { client: client ?? confidential })
  return browser.submit(page, { csrf: 'forged' })
}

describe('an error page has a way out', () => {
  test('where the application says that people start', async () => {
    expect((await forged()).text).toContain(`href="${start}"`)
  })

  test('to the page about the application, where it does not say that', async () => {
    expect((await forged(clients[1])).text).toContain(`href="${about}"`)
  })

  test('when the host fails', async () => {
    const { page, browser } = await goToConsent(server.issuer, {
      client: clients[0] ?? confidential,
    })
    failing = true
    const failed = await browser.go(urlOfInteraction(page).href)
    expect([failed.status, failed.text.includes(`href="${start}"`)]).toEqual([500, true])
  })

  test.each([
    ['an unknown client', 'client_id=unknown'],
    [
      'a redirect URI that is not one of the client',
      'client_id=ledger&redirect_uri=https://evil.example.test/cb&response_type=code',
    ],
    ['no redirect URI', 'client_id=ledger&response_type=code'],
  ])('to the connections, and nowhere else, for %s', async (_, query) => {
    const page = await createBrowser().go(`${server.issuer}/oauth/authorize?${query}`)
    expect(page.status).toBe(400)
    expect(linksOf(page)).toEqual([`${server.issuer}/oauth/connections`])
  })

  test('to the same page, if that may work in a moment', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    const { href } = urlOfInteraction(page)
    failing = true
    const failed = await browser.go(`${href}?ui_locales=en`)
    expect(linksOf(failed)[0]).toBe(`${href}?ui_locales=en`)
    const posted = await browser.submit(page, { decision: 'allow' })
    expect([posted.status, linksOf(posted)[0]]).toEqual([500, href])
    failing = false
    expect((await browser.go(href)).text).toContain('value="allow"')
  })
})

describe('an error page can be found in the log', () => {
  test('by the request id, which is on the page, in a header and in the event', async () => {
    const page = await createBrowser().go(unknown())
    const { Code: code, Description: words, Time: time, Request: id } = supportOf(page)
    expect([code, words]).toEqual(['invalid_client', 'client is invalid'])
    expect(new Date(time ?? '').toISOString()).toBe(time)
    expect(id).toMatch(/^[\w-]{16}$/)
    expect(page.headers.get('x-request-id')).toBe(id)
    expect(told).toEqual([
      {
        requestId: id,
        status: 400,
        error: 'invalid_client',
        description: 'client is invalid',
        clientId: null,
      },
    ])
  })

  test('with the client, if that is known', async () => {
    await forged()
    expect(told.map(({ clientId, status }) => [clientId, status])).toEqual([['ledger', 403]])
  })

  test('with what is behind it, which the page does not show', async () => {
    const { page, browser } = await goToConsent(server.issuer)
    failing = true
    const { text } = await browser.go(urlOfInteraction(page).href)
    expect(text).not.toContain('database')
    expect(String(told[0]?.cause)).toContain('the database of the host is away')
  })

  test('by the id that a proxy gave it', async () => {
    const headers = { 'x-request-id': 'proxy-7.1:a/b=' }
    const page = await createBrowser().go(unknown(), { headers })
    expect(supportOf(page)['Request']).toBe('proxy-7.1:a/b=')
  })

  test.each(['<script>', 'two words', 'x'.repeat(65), 'a"b', ''])(
    'and not by what a stranger makes up: %s',
    async (id) => {
      const page = await createBrowser().go(unknown(), { headers: { 'x-request-id': id } })
      expect(page.headers.get('x-request-id')).toMatch(/^[\w-]{16}$/)
    },
  )

  test('every page has an id, and each another one', async () => {
    const pages = [
      await createBrowser().go(`${server.issuer}/oauth/sign-in`),
      await createBrowser().go(`${server.issuer}/oauth/sign-out`),
    ]
    const ids = pages.map(({ headers }) => headers.get('x-request-id'))
    expect(new Set(ids).size).toBe(2)
    expect(ids).not.toContain(null)
  })

  test('also when a listener fails', async () => {
    const broken = (): never => {
      throw new Error('the log is full')
    }
    server.app.on('error_page', broken)
    const page = await createBrowser().go(unknown())
    server.app.off('error_page', broken)
    expect([page.status, supportOf(page)['Code']]).toEqual([400, 'invalid_client'])
  })
})
