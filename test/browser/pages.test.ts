import { readdirSync, rmSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { startCrowdedExample } from '../support/crowded-example.ts'
import { useRunning } from '../support/fixtures.ts'
import { createFolder } from '../support/folder.ts'
import { looks, lookAt, noFindings, screenshots } from '../support/page-looks.ts'
import { partners } from '../support/partners.ts'
import { audience, useServer } from '../support/server.ts'
import { goToConsent } from '../support/steps.ts'
import { arabic } from './arabic.ts'
import { fortyClient, fortyScopes } from './forty-scopes.ts'
import type { Servers } from './state.ts'
import { states } from './states.ts'

const pictures = states.flatMap(({ name }) => looks.map((look) => `${name}-${look.name}.png`))

const browser = useRunning(launchBrowser)
const example = useRunning(startCrowdedExample)
const forty = useServer({
  clients: [fortyClient],
  resourceServer: { audience, scopes: fortyScopes },
})
const inArabic = useServer(() => ({
  clients: Object.values(partners),
  views: { locales: [createFolder({ 'ar.json': JSON.stringify(arabic) })] },
}))
let servers: Servers
beforeAll(() => {
  for (const picture of pictures) rmSync(screenshots + picture, { force: true })
  servers = { example: example.issuer, forty: forty.issuer, arabic: inArabic.issuer }
})

test.each(states)(
  '"$name" can be used by everybody: light, dark, narrow, zoomed, in a large font and on paper',
  async ({ name, shows, open }) => {
    // Pages let no script in; axe-core is one.
    const page = await openPage(browser, { bypassCSP: true })
    await open(page, servers)
    await expect.poll(() => page.locator('main').innerText()).toContain(shows)
    const findings = await lookAt(page, name)
    for (const look of looks) {
      expect.soft(findings[look.name], look.name).toEqual(noFindings)
    }
  },
)

test('paper has no focus, no buttons and, of many companies, the chosen one', async () => {
  const page = await openPage(browser, { viewport: { width: 718, height: 1024 } })
  await goToConsent(page, servers.example, partners.plain, 'maja')
  await page.emulateMedia({ media: 'print' })
  const height = (): Promise<number> => page.evaluate(() => document.body.scrollHeight)
  expect(await height()).toBeLessThan(4000)
  const radio = page.getByRole('radio').nth(200)
  await page.emulateMedia({ media: 'screen' })
  await radio.check()
  await page.keyboard.press('ArrowDown')
  await page.emulateMedia({ media: 'print' })
  expect(await height()).toBeLessThan(1000)
  const styles = await page
    .locator('.choice')
    .nth(201)
    .evaluate((choice) =>
      [choice, choice.querySelector('input') ?? choice].map(
        (element) => getComputedStyle(element).outlineStyle,
      ),
    )
  expect(styles).toEqual(['none', 'none'])
  expect(await page.locator('.choice:visible').count()).toBe(1)
  expect(await page.locator('.next').isVisible()).toBe(false)
})

test('paper says which connections are listed, and does not lead anywhere', async () => {
  const page = await openPage(browser, { viewport: { width: 718, height: 1024 } })
  await states.find(({ name }) => name === 'connections-many')?.open(page, servers)
  await page
    .locator('details')
    .evaluateAll((all) => all.forEach((details) => details.setAttribute('open', '')))
  await page.emulateMedia({ media: 'print' })
  expect(await page.locator('.views a:visible').allInnerTexts()).toEqual(['Company', 'All 12'])
  expect(await page.getByText('Settings in').first().isVisible()).toBe(false)
  const marker = (summary: Element): string => getComputedStyle(summary, '::before').display
  expect(await page.locator('.connection summary').first().evaluate(marker)).toBe('none')
})

test('there is a picture of every state in every look', () => {
  const taken = new Set(readdirSync(screenshots))
  expect(pictures.filter((picture) => !taken.has(picture))).toEqual([])
})
