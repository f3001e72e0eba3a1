import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { ClientChanges } from '../../lib/index.ts'
import { decide, hasCode, isConsentPage } from '../support/browser-visits.ts'
import type { Browser, Page } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { register, type Credentials } from '../support/registered.ts'
import { replaceSelf, selfRegister, toReplacement } from '../support/self-registered.ts'
import { closeServer, listen, startServer, useServer } from '../support/server.ts'

// Nobody allows one client, and gets another: a form counts for the page that it was on.

const server = useServer({ registration: {} })

const notice = 'has changed in the meantime'
const allow = { subject: bakery, decision: 'allow' }
const page = (path: string): string => `https://nordvind.example.test/${path}`
const registered: ClientChanges = {
  client_uri: page(''),
  logo_uri: page('logo.png'),
  tos_uri: page('terms'),
  policy_uri: page('privacy'),
  contacts: ['oauth@nordvind.example.test'],
}

const connections = (clientId: string) => server.connections.list({ subject: bakery, clientId })

let count = 0

async function ask(): Promise<{ client: Credentials; browser: Browser; page: Page }> {
  count += 1
  const members = { ...registered, 'client_name#da': `Nordvind på dansk ${count}` }
  const client = await register(server.clients, members as object)
  return { client, ...(await goToConsent(server.issuer, { client })) }
}

describe('a person who allows is shown the page again, and grants nothing, if meanwhile the client changes', () => {
  test.each<[string, ClientChanges, string]>([
    ['its name', { client_name: 'Sydvind Regnskab' }, 'Sydvind Regnskab'],
    ['its name in another language', { 'client_name#da': 'Noget helt andet' }, notice],
    ['its page', { client_uri: 'https://elsewhere.example.test/' }, 'elsewhere.example.test'],
    ['its logo', { logo_uri: page('other.png') }, notice],
    ['its terms', { tos_uri: page('other-terms') }, page('other-terms')],
    ['its terms, to none', { tos_uri: null }, notice],
    ['its privacy statement', { policy_uri: page('other-privacy') }, page('other-privacy')],
    ['a contact', { contacts: ['other@nordvind.example.test'] }, 'other@nordvind.example.test'],
    ['that it is under development', { test: true }, 'Test app'],
    ['that it was checked', { verified: true }, 'Checked by Pleo'],
    ['the kind of subject', { subject_type_preference: 'organization' }, ''],
    ['a scope that can be left out', { optional_scope: 'companies:read' }, notice],
  ])('%s', async (_, changes, shown) => {
    const { client, browser, page: before } = await ask()
    await server.clients.update(client.client_id, changes)
    const again = await browser.submit(before, allow)
    expect(again.status).toBe(422)
    expect(again.text).toContain(shown)
    expect(await connections(client.client_id)).toEqual([])
    if (changes.subject_type_preference !== undefined) return
    expect(again.text).toContain(notice)
    const ticked = changes.optional_scope === undefined ? {} : { scope: 'companies:read' }
    expect(hasCode(await browser.submit(again, { ...allow, ...ticked }))).toBe(true)
  })

  test('by itself, over HTTP', async () => {
    const client = await selfRegister(server)
    const { browser, page: before } = await goToConsent(server.issuer, { client })
    const changes = { client_name: 'Bright Bakery Payroll' }
    expect((await replaceSelf(client, toReplacement(client, changes))).status).toBe(200)
    const again = await browser.submit(before, allow)
    expect([again.status, again.text.includes(notice)]).toEqual([422, true])
    expect(await connections(client.client_id)).toEqual([])
  })

  test('also if the form was not complete, so that the notice comes first', async () => {
    const { client, browser, page: before } = await ask()
    await server.clients.update(client.client_id, { client_name: 'Vestvind Regnskab' })
    const again = await browser.submit(before, { decision: 'allow' })
    expect([again.status, again.text.includes(notice)]).toEqual([422, true])
  })
})

test('a page that says another number of days is shown again', async () => {
  const http = createServer()
  const issuer = await listen(http)
  const storage = createMemoryAdapter()
  const [long, short] = [
    await startServer({ issuer, storage }),
    await startServer({ issuer, storage, lifetimes: { grant: 30 * 86_400, refreshToken: 86_400 } }),
  ]
  let app = long.app
  http.on('request', (request, response) => void app.callback()(request, response))
  const { browser, page: before } = await goToConsent(issuer)
  app = short.app
  const again = await browser.submit(before, allow)
  expect([again.status, again.text.includes(notice)]).toEqual([422, true])
  await Promise.all([closeServer(http), long.close(), short.close()])
})

describe('a person goes on', () => {
  test('to decline, whatever has changed', async () => {
    const { client, browser, page: before } = await ask()
    await server.clients.update(client.client_id, { client_name: 'Stille Regnskab' })
    const wayOn = await decide(browser, before, { decision: 'decline' })
    expect((await browser.go(wayOn)).location?.searchParams.get('error')).toBe('access_denied')
  })

  test.each<[string, ClientChanges]>([
    [
      'nothing that pages show',
      { settings_uri: page('settings'), dpop_bound_access_tokens: false },
    ],
    ['the same again', registered],
    ['a scope that was not asked for', { scope: 'companies:read users:read users:write' }],
  ])('if the client is changed in %s', async (_, changes) => {
    const { client, browser, page: before } = await ask()
    expect(isConsentPage(before)).toBe(true)
    await server.clients.update(client.client_id, changes)
    expect(hasCode(await browser.submit(before, allow))).toBe(true)
  })
})
