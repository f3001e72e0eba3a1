/** Makes the pictures of `README.md` and `docs/templates.md` from the running example, once for each theme. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
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
const screen = { width: 1280, height: 600 }

/** By theme; the first ones have none. */
const pictures: Readonly<Record<string, Readonly<Record<string, Picture>>>> = {
  '': {
    consent: { page: 'consent', ...screen },
    'consent-dark': { page: 'consent', scheme: 'dark', ...screen },
  },
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
  client_id: 'harbour-ledger',
  client_secret: 'a-secret-that-nobody-needs-for-a-picture',
  client_name: 'Harbour Ledger',
  client_uri: 'https://harbour.example',
  policy_uri: 'https://harbour.example/privacy',
  contacts: ['help@harbour.example'],
  redirect_uris: ['https://ledger.harbour.example/callback'],
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
  await writeFile(path, await toWebp(browser, await page.screenshot()))
  await context.close()
}

/** WebP has a third of the bytes. The browser is the program here that writes it. */
async function toWebp(browser: Browser, png: Buffer): Promise<Buffer> {
  const page = await browser.newPage()
  const url = await page.evaluate(
    async (source) => {
      const bitmap = await createImageBitmap(await (await fetch(source)).blob())
      const canvas = document.createElement('canvas')
      canvas.width = bitmap.width
      canvas.height = bitmap.height
      canvas.getContext('2d')?.drawImage(bitmap, 0, 0)
      return canvas.toDataURL('image/webp', 0.9)
    },
    `data:image/png;base64,${png.toString('base64')}`,
  )
  await page.close()
  return Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')
}

const images = join(import.meta.dirname, '../docs/images')
const folder = mkdtempSync(join(tmpdir(), 'pictures-'))
const clientsFile = join(folder, 'clients.json')
mkdirSync(images, { recursive: true })
writeFileSync(clientsFile, JSON.stringify([client]))
const browser = await launchBrowser()
for (const [theme, ofTheme] of Object.entries(pictures)) {
  const example = await startExample({ CLIENTS_FILE: clientsFile, ...(theme && { THEME: theme }) })
  const start = theme === '' ? '' : `${theme}-`
  for (const [name, picture] of Object.entries(ofTheme)) {
    await take(browser, example.issuer, picture, join(images, `${start}${name}.webp`))
  }
  await example.close()
}
await browser.close()
rmSync(folder, { recursive: true })
