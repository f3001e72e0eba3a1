import { readdirSync, rmSync } from 'node:fs'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { launchBrowser } from '../support/chromium.ts'
import { startCrowdedExample } from '../support/crowded-example.ts'
import type { RunningExample } from '../support/example.ts'
import { createFolder } from '../support/folder.ts'
import { looks, lookAt, screenshots } from '../support/page-looks.ts'
import { partners } from '../support/partners.ts'
import { audience, startServer, type RunningServer } from '../support/server.ts'
import { arabic } from './arabic.ts'
import { fortyClient, fortyScopes } from './forty-scopes.ts'
import type { Servers } from './state.ts'
import { states } from './states.ts'

let example: RunningExample
let own: readonly RunningServer[]
let browser: Browser
let servers: Servers

const pictures = states.flatMap(({ name }) => looks.map((look) => `${name}-${look.name}.png`))

beforeAll(async () => {
  for (const picture of pictures) rmSync(screenshots + picture, { force: true })
  const texts = createFolder({ 'ar.json': JSON.stringify(arabic) })
  const clients = Object.values(partners)
  const [running, forty, inArabic, chromium] = await Promise.all([
    startCrowdedExample(),
    startServer({
      clients: [fortyClient],
      resourceServer: { audience, scopes: fortyScopes },
    }),
    startServer({ clients, views: { locales: [texts] } }),
    launchBrowser(),
  ])
  example = running
  own = [forty, inArabic]
  browser = chromium
  servers = { example: example.issuer, forty: forty.issuer, arabic: inArabic.issuer }
})

afterAll(async () => {
  await browser.close()
  await Promise.all([example.close(), ...own.map((server) => server.close())])
})

test.each(states)(
  '"$name" can be used by everybody: light, dark, narrow and zoomed',
  async ({ name, shows, open }) => {
    // Pages let no script in; axe-core is one.
    const context = await browser.newContext({ bypassCSP: true })
    onTestFinished(() => context.close())
    const page = await context.newPage()
    await open(page, servers)
    await expect.poll(() => page.locator('main').innerText()).toContain(shows)
    const findings = await lookAt(page, name)
    for (const look of looks) {
      expect.soft(findings[look.name], look.name).toEqual({
        violations: [],
        undecided: [],
        tooWide: [],
      })
    }
  },
)

test('there is a picture of every state in every look', () => {
  expect(readdirSync(screenshots)).toEqual(expect.arrayContaining(pictures))
})
