import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

export const screenshots: string = fileURLToPath(new URL('../../screenshots/', import.meta.url))

/** One way to look at a page. */
interface Look {
  readonly name: string
  readonly colorScheme: 'light' | 'dark'
  readonly width: number
  readonly height: number
  readonly deviceScaleFactor: number
}

const desktop = { width: 1280, height: 1024, deviceScaleFactor: 1 }

/**
 * Zoomed to 200 %, a window 1280 pixels wide has 640 CSS pixels, each drawn with 2 by 2 of the screen: that is what
 * the zoom of a browser does, and how it is had here. 320 CSS pixels are that window at 400 % (WCAG 2.2, 1.4.10).
 */
export const looks: readonly Look[] = [
  { name: 'light', colorScheme: 'light', ...desktop },
  { name: 'dark', colorScheme: 'dark', ...desktop },
  { name: '320px', colorScheme: 'light', width: 320, height: 640, deviceScaleFactor: 1 },
  { name: '200-percent', colorScheme: 'light', width: 640, height: 512, deviceScaleFactor: 2 },
]

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** What is wrong with a page in one look. */
interface Findings {
  /** What axe-core says of WCAG 2.2 AA: rule and element. */
  readonly violations: readonly string[]
  /** What axe-core could not decide. */
  readonly undecided: readonly string[]
  /** What is wider than its place, the page itself or an element. */
  readonly tooWide: readonly string[]
}

/** Looks at a page in every way there is, keeps a picture of each, and says what is wrong in each. */
export async function lookAt(page: Page, state: string): Promise<Record<string, Findings>> {
  mkdirSync(screenshots, { recursive: true })
  const device = await page.context().newCDPSession(page)
  await page.addScriptTag({ content: axe.source })
  const findings: Record<string, Findings> = {}
  for (const { name, colorScheme, width, height, deviceScaleFactor } of looks) {
    // Without the transitions: a page is looked at when its colours have come.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.setViewportSize({ width, height })
    const metrics = { width, height, deviceScaleFactor, mobile: false }
    await device.send('Emulation.setDeviceMetricsOverride', metrics)
    await page.screenshot({ path: `${screenshots}${state}-${name}.png`, fullPage: true })
    findings[name] = await page.evaluate(findIn, rules)
  }
  return findings
}

/** Runs in the page. */
async function findIn(tags: string[]): Promise<Findings> {
  const { axe: engine } = window as unknown as { axe: typeof axe }
  const { violations, incomplete } = await engine.run(document, { runOnly: tags, elementRef: true })
  /** What a list has scrolled away has nothing behind it to hold its colour against. */
  const isScrolledAway = ({ element }: axe.NodeResult): boolean => {
    const list = element?.closest('.choices')?.getBoundingClientRect()
    const own = element?.getBoundingClientRect()
    return !!list && !!own && (own.top < list.top || own.bottom > list.bottom)
  }
  const toWords = ({ id }: axe.Result, nodes: axe.NodeResult[]): string[] =>
    nodes.map(({ target, any }) => `${id}: ${target.join(' ')} ${any[0]?.message ?? ''}`)
  const wide = [...document.querySelectorAll('html, main, main *')].filter(
    ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1 && clientWidth > 1,
  )
  return {
    violations: violations.flatMap((result) => toWords(result, result.nodes)),
    undecided: incomplete.flatMap((result) =>
      toWords(
        result,
        result.nodes.filter((node) => !isScrolledAway(node)),
      ),
    ),
    tooWide: wide.map(({ tagName, className, textContent }) =>
      `${tagName} ${className} ${textContent}`.slice(0, 120),
    ),
  }
}
