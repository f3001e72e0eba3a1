import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata, SubjectChoice } from '../../lib/index.ts'
import { loadCatalogues } from '../../lib/pages/texts/catalogues.ts'
import { createTranslators } from '../../lib/pages/texts/translator.ts'
import { launchBrowser } from '../support/chromium.ts'
import { useRunning } from '../support/fixtures.ts'
import { partners } from '../support/partners.ts'
import { bakery, createAccounts, nordlysDenmark } from '../support/people.ts'
import { audience, useServer } from '../support/server.ts'
import { askUrl, goToConsent } from '../support/steps.ts'
import { fortyClient, fortyScopes } from './forty-scopes.ts'

const { languages } = createTranslators(loadCatalogues([]), 'Pleo')
const windows = [
  { width: 1280, height: 720 },
  { width: 390, height: 844 },
]

const five = (
  client_id: string,
  client_name: string,
  scope: string,
  optional_scope: string,
): ClientMetadata => ({
  ...partners.verified,
  client_id,
  client_name,
  scope,
  optional_scope,
})
const reading = 'companies:read accounts:read export-items:read users:read vendors:write'
const changing = 'export-jobs:write accounts:write tax-codes:write tag-groups:write vendors:write'
const clients = [
  five('reading', 'Northwind Ledger', reading, 'accounts:read vendors:write'),
  five('changing', 'Northwind Payroll', changing, 'tax-codes:write'),
]

const choice: SubjectChoice = {
  urn: bakery,
  name: 'Bright Bakery',
  detail: 'Denmark, 41208735',
  mayConnect: true,
}
/** The companies of one test. */
let named: readonly SubjectChoice[] | undefined
const accounts = createAccounts()
const people = {
  ...accounts,
  find: async (id: string) => {
    const account = await accounts.find(id)
    return account && { ...account, timeZone: 'Europe/Copenhagen' }
  },
  subjects: () => named ?? [choice],
}

const browser = useRunning(launchBrowser)
const server = useServer({ clients: [...clients, partners.reader], accounts: people })
const forty = useServer({
  clients: [fortyClient],
  accounts: {
    ...people,
    subjects: () => [choice, { ...choice, urn: nordlysDenmark, name: 'Nordlys Denmark' }],
  },
  resourceServer: { audience, scopes: fortyScopes },
})

let page: Page
beforeAll(async () => {
  page = await browser.newPage({ bypassCSP: true })
})
afterAll(() => page.close())

/** Where the last of the elements ends, from the top of the page. */
const endOf = (selector: string): Promise<number> =>
  page
    .locator(selector)
    .evaluateAll((elements) =>
      Math.max(...elements.map((element) => element.getBoundingClientRect().bottom + scrollY)),
    )

describe.each(clients)('the decision on five scopes ($client_id)', (client) => {
  test('fits in one window, in every language', async () => {
    await goToConsent(page, server.issuer, client, 'sofia')
    const ends: string[] = []
    for (const ui_locales of languages) {
      await page.goto(askUrl(server.issuer, client, { ui_locales }))
      expect(await page.locator('html').getAttribute('lang')).toBe(ui_locales)
      // Buttons that stick to the window are always in it.
      await page.addStyleTag({ content: '.actions { position: static !important }' })
      for (const size of windows) {
        await page.setViewportSize(size)
        const end = await endOf('h1, .facts, .scope, .limits, .actions .button')
        if (end > size.height) ends.push(`${ui_locales}, ${size.width} px wide: ${end}`)
      }
    }
    expect(ends).toEqual([])
    expect(await page.locator('.scope').count()).toBe(5)
    await page.context().clearCookies()
  })
})

test.each(windows)('a name of 10 000 characters leaves the buttons in sight: %j', async (size) => {
  const name = 'Company '.repeat(1250)
  named = [{ ...choice, name }]
  await page.setViewportSize(size)
  await page.context().clearCookies()
  await goToConsent(page, server.issuer, partners.reader, 'sofia')
  named = undefined
  await page.addStyleTag({ content: '.actions { position: static !important }' })
  expect(await endOf('.actions .button')).toBeLessThan(size.height * 1.25)
  // All of it is there to read, by keyboard as well.
  expect(await page.locator('h1').textContent()).toContain(name.trim())
  const heading = page.locator('h1')
  await heading.focus()
  await page.keyboard.press('End')
  const hidden = (): Promise<number> =>
    heading.evaluate((box) => box.scrollHeight - box.clientHeight - box.scrollTop)
  await expect.poll(hidden).toBeLessThan(2)
})

describe('on a page that is longer than the window, the buttons', () => {
  const sizes = [...windows, { width: 320, height: 640 }, { width: 640, height: 512 }]

  test.each(sizes)('stay in sight and hide nothing that has the focus: %j', async (size) => {
    await page.setViewportSize(size)
    await page.goto(askUrl(forty.issuer, fortyClient))
    if (await page.locator('[name=username]').count())
      await goToConsent(page, forty.issuer, fortyClient, 'sofia')
    const stops: (string | null)[] = []
    for (const key of ['Tab', 'Shift+Tab']) {
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press(key)
        stops.push(await page.evaluate(findCovered))
      }
    }
    expect(stops.filter((covered) => covered !== '')).toEqual([])
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
  })

  test.each([
    { width: 320, height: 256 },
    { width: 1280, height: 400 },
  ])('take no room in a window that is low: %j', async (size) => {
    await page.setViewportSize(size)
    await page.goto(askUrl(forty.issuer, fortyClient))
    expect(
      await page.locator('.actions').evaluate((element) => getComputedStyle(element).position),
    ).toBe('static')
  })
})

test('what a scope lets the app do is heard once, whoever wrote its words', async () => {
  const heard = async (issuer: string, client: ClientMetadata): Promise<string[]> => {
    await page.context().clearCookies()
    await goToConsent(page, issuer, client, 'sofia')
    const rows = await page.locator('.access').ariaSnapshot()
    return [...rows.matchAll(/checkbox "([^\u2068"]*)/g)].map(([, name = '']) => name)
  }
  const [reader = partners.optional] = clients
  await page.setViewportSize({ width: 390, height: 844 })
  const ours = await heard(server.issuer, reader)
  expect(ours).toEqual(['See the chart of accounts: ', 'Change vendors: '])
  const [first] = await heard(forty.issuer, fortyClient)
  expect(first).toBe('Can see: Read things of kind 11')
})

/** Runs in the page. Names what has the focus if the buttons cover it, or if it or the buttons are not in sight. */
function findCovered(): string {
  const actions = document.querySelector('.actions')
  const focused = document.activeElement
  if (!actions || !focused || focused === document.body) return ''
  const bar = actions.getBoundingClientRect()
  const shown = (focused.closest('label') ?? focused).getBoundingClientRect()
  const isCovered =
    !actions.contains(focused) && shown.bottom > bar.top + 1 && shown.top < bar.bottom - 1
  const isInSight = shown.top >= -1 && shown.bottom <= innerHeight + 1
  const hasButtons = bar.top < innerHeight && bar.bottom > 0
  return isCovered || !isInSight || !hasButtons ? (focused.textContent ?? focused.tagName) : ''
}
