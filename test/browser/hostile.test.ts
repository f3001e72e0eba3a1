import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { usePage } from '../support/chromium.ts'
import { connect } from '../support/flow.ts'
import { harmless, harmOf, hostileTexts } from '../support/hostile.ts'
import { bakery, createAccounts, nordlysDenmark } from '../support/people.ts'
import { confidential, useServer } from '../support/server.ts'
import { askUrl, follow, goToConnections, goToConsent, signIn } from '../support/steps.ts'
import { createTestStorage } from '../support/storage.ts'

const toClient = (text: string, n: number): ClientMetadata => {
  const uri = `https://ledger.example.test/?${text}`
  return {
    ...confidential,
    client_id: `hostile-${n}`,
    client_name: text,
    client_uri: uri,
    tos_uri: uri,
    policy_uri: uri,
    settings_uri: uri,
    // Of that, what an email address may hold: the framework takes no other from the storage either.
    contacts: Array.from(
      { length: 50 },
      (_, at) => `${at}${text.replaceAll(/[^\w.!#$%&'*+/=?^`{|}~-]/g, '')}@example.test`,
    ),
  }
}

const texts = Object.entries(hostileTexts)
const clients = texts.map(([, text], n) => toClient(text, n))
const accounts = createAccounts()
/** What the host's own words are at the moment. */
let words = ''

let storage: Awaited<ReturnType<typeof createTestStorage>>
let outside: string[]
let dialogs: string[]

beforeAll(async () => {
  storage = await createTestStorage()
  // As nobody could register them: what is shown must not depend on that.
  const records = storage.records('Client')
  await Promise.all(clients.map((client) => records.upsert(client.client_id, { ...client })))
})
const page = usePage({ bypassCSP: true })
const server = useServer(() => ({
  storage,
  clients: [],
  accounts: {
    ...accounts,
    find: (accountId) => ({ accountId, name: words, email: words }),
    subjects: (id, { type }) =>
      (type === 'company' ? [bakery, nordlysDenmark] : []).map((urn) => ({
        urn,
        name: words,
        detail: words,
        mayConnect: id !== 'emil',
        reason: words,
        administrators: [words],
      })),
  },
}))
beforeEach(async () => {
  outside = []
  dialogs = []
  // Without the policy of the pages, which would stop what they let through.
  page.on('request', (request) => {
    const { origin } = new URL(request.url())
    if (origin !== server.issuer) outside.push(request.url())
  })
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
})

/** Nothing has happened, on a wide window and on a narrow one, and the buttons can be clicked. */
async function expectHarmless(...buttons: string[]): Promise<void> {
  for (const width of [1280, 320]) {
    await page.setViewportSize({ width, height: 640 })
    expect.soft(await harmOf(page), page.url()).toEqual(harmless)
    for (const name of buttons) {
      const button = page.locator('main').getByRole('button', { name }).first()
      await button.click({ trial: true })
    }
  }
  expect.soft([dialogs, outside]).toEqual([[], []])
}

const shownText = (): Promise<string> => page.locator('main').innerText()

describe.each(texts)('a stranger who is called %s', (kind, text) => {
  const client = clients[texts.findIndex(([name]) => name === kind)] ?? confidential

  beforeEach(() => {
    words = text
  })

  test('changes nothing at the sign-in and on the page that asks', async () => {
    await page.goto(askUrl(server.issuer, client, { login_hint: text.slice(0, 500) }))
    await expectHarmless('Sign in', 'Cancel and go back')
    await signIn(page, 'jonas')
    await expectHarmless('Allow', 'Don’t allow', 'Use another account')
    expect((await shownText()).split(text.slice(0, 120).trim()).length).toBeGreaterThan(4)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await expectHarmless('Allow', 'Don’t allow')
  })

  test('nor where a person cannot connect, nor on the pages of connections', async () => {
    await goToConsent(page, server.issuer, client, 'emil')
    await expectHarmless('Go back to')
    await connect(server.issuer, { client, as: 'sofia' })
    await page.context().clearCookies()
    await goToConnections(page, server.issuer, 'sofia')
    await expectHarmless()
    const link = page.locator('.connection > .button').first()
    await link.click({ trial: true })
    await follow(link)
    await expectHarmless('Disconnect')
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByRole('status').waitFor()
    await expectHarmless()
  })

  test('nor by a request that is wrong', async () => {
    for (const params of [{ client_id: text }, { redirect_uri: text }]) {
      const url = new URL(askUrl(server.issuer, client, params))
      await page.goto(url.href.slice(0, 8000))
      await expectHarmless()
    }
  })
})

test('the words of ours around a name stand as they would without it', async () => {
  words = 'Anna'
  const client = clients[texts.findIndex(([name]) => name.startsWith('right'))] ?? confidential
  await goToConsent(page, server.issuer, client, 'jonas')
  const heading = page.getByRole('heading', { level: 1 })
  await expect.poll(() => heading.innerText()).toContain('wants access to one of your companies')
  expect((await harmOf(page)).turned).toEqual([])
  // That this would be seen: without its isolation the name turns them.
  await heading.evaluate((element) => {
    element.textContent = (element.textContent ?? '').replaceAll(/[\u2066-\u2069]/g, '')
  })
  expect((await harmOf(page)).turned).not.toEqual([])
})

test('no name of a client and no list of its contacts buries the page', async () => {
  words = 'Anna'
  const client = clients[texts.findIndex(([name]) => name.startsWith('10'))] ?? confidential
  await goToConsent(page, server.issuer, client, 'jonas')
  const heading = await page.getByRole('heading', { level: 1 }).innerText()
  expect(heading).toContain(`${'W'.repeat(120)}…`)
  expect(heading).not.toContain('W'.repeat(121))
  expect((await page.locator('.about').textContent())?.match(/W…/g)).toHaveLength(3)
})

describe('a client with such a URI, stored behind the back of the checks', () => {
  const stored: ClientMetadata = { ...confidential, client_id: 'stored' }
  const uris = ['javascript:alert(1)', 'data:text/html,<script>alert(1)</script>']
  const members = ['client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'settings_uri']
  const save = (more: object) => storage.records('Client').upsert('stored', { ...stored, ...more })

  test.each(uris)('cannot make a link of it, whichever member it is in: %s', async (uri) => {
    words = 'Anna'
    await save({})
    await connect(server.issuer, { client: stored, as: 'sofia' })
    await save(Object.fromEntries(members.map((member) => [member, uri])))
    await page.goto(askUrl(server.issuer, stored))
    await expectHarmless()
    await goToConnections(page, server.issuer, 'sofia')
    await expectHarmless()
    // What is connected can be ended all the same.
    await page.locator('.connection > .button').click()
    await page.getByRole('button', { name: 'Disconnect' }).click()
    await page.getByText('No app is connected.').waitFor()
  })
})
