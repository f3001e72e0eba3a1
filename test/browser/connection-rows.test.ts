import { expect, test } from 'vitest'
import { useRunning } from '../support/fixtures.ts'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { connect } from '../support/flow.ts'
import { partners } from '../support/partners.ts'
import { confidential, useServer } from '../support/server.ts'
import { follow, goToConnections } from '../support/steps.ts'

const { client_uri: _, ...homeless } = confidential
const clients = [partners.reader, { ...homeless, client_name: 'Homeless Ledger' }]

const browser = useRunning(launchBrowser)
const server = useServer({ clients })

test('each row says when the app was used below its name, whether its site is known or not', async () => {
  for (const client of clients) await connect(server.issuer, { client, as: 'sofia' })
  const page = await openPage(browser)
  await goToConnections(page, server.issuer, 'sofia')
  const gaps = await page.locator('.connection summary').evaluateAll((rows) =>
    rows.map((row) => {
      const name = row.querySelector('strong')?.getBoundingClientRect().bottom ?? Infinity
      const used = [...row.querySelectorAll('.detail')].at(-1)?.getBoundingClientRect().top ?? 0
      return used >= name - 1
    }),
  )
  expect(gaps).toEqual([true, true])
})

test('a row takes the colour of the pointer in all of its width', async () => {
  const page = await openPage(browser)
  await goToConnections(page, server.issuer, 'sofia')
  const row = page.locator('.connection').first()
  const color = (): Promise<string> =>
    row.evaluate((element) => getComputedStyle(element).backgroundColor)
  const before = await color()
  await row.locator('summary').hover()
  expect(await color()).not.toBe(before)
  await row.getByRole('link').hover()
  expect(await color()).toBe(before)
})

test('the buttons that end a connection or keep it are one line each on a phone', async () => {
  const page = await openPage(browser, { viewport: { width: 390, height: 844 } })
  await goToConnections(page, server.issuer, 'sofia')
  await follow(page.locator('.connection > .button').first())
  const heights = await page
    .locator('.actions > .button')
    .evaluateAll((buttons) => buttons.map(({ clientHeight }) => clientHeight < 60))
  expect(heights).toEqual([true, true])
})
