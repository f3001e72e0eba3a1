import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'
import { beforeEach } from 'vitest'
import { endAfterTest, readFrom, useRunning } from './fixtures.ts'
import { findProgram } from './programs.ts'

/** `CHROMIUM_PATH`, or `chromium` from the PATH. */
function chromiumPath(): string {
  const path = process.env['CHROMIUM_PATH'] || findProgram('chromium')
  if (!path) throw new Error('chromium is not on the PATH, and CHROMIUM_PATH is not set')
  return path
}

/** The pages of the address bar: each window would load them in a process of their own, and nobody opens them. */
const pagesOfTheWindow = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup']

/** Chromium takes the last list alone, so what Playwright switches off for such tests stands here once more. */
const switchedOff = [
  ...pagesOfTheWindow,
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'ThirdPartyStoragePartitioning',
]

/** Starts the browser, without a window. The caller closes it. */
export async function launchBrowser(): Promise<Browser> {
  // Chromium refuses to run its sandbox as root.
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [
      ...sandbox,
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${switchedOff.join(',')}`,
    ],
  })
}

/** Opens a page in a context of its own, which ends with the test that calls this. */
export async function openPage(browser: Browser, options?: BrowserContextOptions): Promise<Page> {
  return endAfterTest(await browser.newContext(options)).newPage()
}

/** A page for each test of the file that calls this, in a context of its own. */
export function usePage(options?: BrowserContextOptions): Page {
  const browser = useRunning(launchBrowser)
  let page: Page | undefined
  beforeEach(async () => {
    page = await openPage(browser, options)
  })
  return readFrom(() => page)
}
