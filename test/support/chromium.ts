import { chromium, type Browser } from 'playwright-core'
import { findProgram } from './programs.ts'

/** `CHROMIUM_PATH`, or `chromium` from the PATH. */
function chromiumPath(): string {
  const path = process.env['CHROMIUM_PATH'] || findProgram('chromium')
  if (!path) throw new Error('chromium is not on the PATH, and CHROMIUM_PATH is not set')
  return path
}

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
    ],
  })
}
