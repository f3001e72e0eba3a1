/** Makes the pictures of `docs/templates.md` from the running example, once for each theme. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { launchBrowser } from './support/chromium.ts'
import { startExample } from './support/example.ts'
import { authorizationUrl, createPkce } from './support/flow.ts'

interface Picture {
  readonly page: 'sign-in' | 'consent'
  readonly width: number
  readonly height: number
  /** The end of the page, in place of its beginning. */
  readonly isEnd?: true
  readonly scheme?: 'light' | 'dark'
  readonly language?: string
}

const narrow = { width: 360, height: 640 }
const column = { width: 560, height: 720 }
const wide = { width: 1024, height: 640 }

const pictures: Readonly<Record<string, Readonly<Record<string, Picture>>>> = {
  marigold: {
    'sign-in': { page: 'sign-in', ...column },
    'consent-dark': { page: 'consent', scheme: 'dark', ...column },
  },
  kelp: {
    consent: { page: 'consent', ...column },
    'consent-end': { page: 'consent', isEnd: true, ...column },
    'consent-danish': { page: 'consent', isEnd: true, language: 'da', scheme: 'dark', ...narrow },
  },
  lantern: {
    'sign-in': { page: 'sign-in', ...wide },
    'consent-dark': { page: 'consent', scheme: 'dark', ...wide },
    'sign-in-narrow': { page: 'sign-in', language: 'de', ...narrow },
  },
}

const client = {
  client_id: 'northwind-ledger',
  client_secret: 'a-secret-that-nobody-needs-for-a-picture',
  client_name: 'Northwind Ledger',
  client_uri: 'https://northwind.example',
  policy_uri: 'https://northwind.example/privacy',
  contacts: ['help@northwind.example'],
  redirect_uris: ['https://ledger.northwind.example/callback'],
  scope: 'companies:read export-jobs:read export-jobs:write',
  optional_scope: 'export-jobs:write',
  verified: true,
}

async function take(browser: Browser, issuer: string, picture: Picture, path: string) {
  const { page: what, width, height, scheme = 'light', language = 'en' } = picture
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    locale: language,
    javaScriptEnabled: false,
  })
  const page = await context.newPage()
  const { scope } = client
  await page.goto(
    authorizationUrl(issuer, client, { scope, code_challenge: createPkce().challenge }),
  )
  if (what === 'consent') {
    await page.locator('[name=username]').fill('sofia@brightbakery.example')
    await page.locator('[name=password]').fill('pleo-demo')
    await page.locator('button[type=submit]').first().click()
    await page.locator('button[value=allow]').waitFor()
  }
  if (picture.isEnd) await page.locator('main > :last-child').scrollIntoViewIfNeeded()
  await page.screenshot({ path })
  await context.close()
}

const images = join(import.meta.dirname, '../docs/images')
const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
const clientsFile = join(folder, 'clients.json')
mkdirSync(images, { recursive: true })
writeFileSync(clientsFile, JSON.stringify([client]))
const browser = await launchBrowser()
for (const [theme, ofTheme] of Object.entries(pictures)) {
  const example = await startExample({ THEME: theme, CLIENTS_FILE: clientsFile })
  for (const [name, picture] of Object.entries(ofTheme)) {
    await take(browser, example.issuer, picture, join(images, `${theme}-${name}.png`))
  }
  await example.close()
}
await browser.close()
rmSync(folder, { recursive: true })
