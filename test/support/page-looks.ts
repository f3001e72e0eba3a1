import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type axe from 'axe-core'
import type { CDPSession, Page } from 'playwright-core'

export const screenshots: string = fileURLToPath(new URL('../../screenshots/', import.meta.url))

/** One way to look at a page. */
interface Look {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly colorScheme?: 'dark'
  readonly media?: 'print'
  readonly deviceScaleFactor?: number
  /** The font size of the browser in pixels, in place of 16. */
  readonly fontSize?: number
  /** The look is for what does not fit. What axe-core says of a layout, it has said in the looks before. */
  readonly isForWidths?: true
  /** The picture has the first screen only, as the person sees it. */
  readonly isFirstScreen?: true
}

const desktop = { width: 1280, height: 1024 }

/**
 * Zoomed to 200 %, a window 1280 pixels wide has 640 CSS pixels, each drawn with 2 by 2 of the screen: that is what
 * the zoom of a browser does, and how it is had here. 320 CSS pixels are that window at 400 % (WCAG 2.2, 1.4.10).
 */
export const looks: readonly Look[] = [
  { name: 'light', ...desktop },
  { name: 'dark', colorScheme: 'dark', ...desktop },
  { name: '1280x720', width: 1280, height: 720, isFirstScreen: true },
  { name: '390px', width: 390, height: 844, isFirstScreen: true },
  { name: '320px', width: 320, height: 640 },
  { name: '200-percent', width: 640, height: 512, deviceScaleFactor: 2, isForWidths: true },
  { name: 'double-font', width: 640, height: 1024, fontSize: 32, isForWidths: true },
  { name: 'double-font-320px', width: 320, height: 640, fontSize: 32, isForWidths: true },
  { name: 'paper', width: 718, height: 1024, media: 'print' },
]

/** What is wrong with a page in one look. */
interface Findings {
  /** What axe-core says of WCAG 2.2 AA and of good practice: rule and element. */
  readonly violations: readonly string[]
  /** What axe-core could not decide. */
  readonly undecided: readonly string[]
  /** What is wider than its place, the page itself or an element. */
  readonly tooWide: readonly string[]
  /** Lists without an entry. */
  readonly emptyLists: readonly string[]
  /** Ordinary words that go on in the next line. */
  readonly brokenWords: readonly string[]
}

/** The findings of a page that everybody can use. */
export const noFindings: Findings = {
  violations: [],
  undecided: [],
  tooWide: [],
  emptyLists: [],
  brokenWords: [],
}

const engineSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

/** Looks at a page in every way there is, keeps a picture of each, and says what is wrong in each. */
export async function lookAt(page: Page, state: string): Promise<Record<string, Findings>> {
  mkdirSync(screenshots, { recursive: true })
  const device = await page.context().newCDPSession(page)
  await page.evaluate(engineSource)
  // What opened the page left the pointer on it, and maybe scrolled.
  await page.mouse.move(0, 0)
  await page.evaluate(() => scrollTo(0, 0))
  const findings: Record<string, Findings> = {}
  for (const look of looks) {
    await take(page, device, look)
    findings[look.name] = {
      ...(await page.evaluate(findIn, toOptions(look))),
      brokenWords: await page.evaluate(findBrokenWords),
    }
    // With the window as high as the page, nothing sticks in the middle of it. A higher window has more room at its top.
    for (const _ of look.isFirstScreen ? [] : ['page', 'page with that room']) {
      await take(page, device, { ...look, height: await heightOf(page) })
    }
    await page.screenshot({ path: `${screenshots}${state}-${look.name}.png` })
    const fontSize = await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)
    if (look.fontSize && fontSize !== `${look.fontSize}px`)
      throw new Error(`${state} was looked at with ${fontSize}, and not in ${look.name}`)
  }
  return findings
}

const heightOf = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollHeight)

async function take(page: Page, device: CDPSession, look: Look): Promise<void> {
  const { width, height, colorScheme = 'light', media = 'screen', fontSize = 16 } = look
  // Without the transitions: a page is looked at when its colours have come.
  await page.emulateMedia({ colorScheme, media, reducedMotion: 'reduce' })
  await page.setViewportSize({ width, height })
  const { deviceScaleFactor = 1 } = look
  const metrics = { width, height, deviceScaleFactor, mobile: false }
  await device.send('Emulation.setDeviceMetricsOverride', metrics)
  await device.send('Page.setFontSizes', { fontSizes: { standard: fontSize } })
}

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Colours depend on the scheme and the medium, and not on the size. Their rule takes longer than all others together. */
const toOptions = ({ name, media, isForWidths }: Look): axe.RunOptions => ({
  runOnly: isForWidths ? ['document-title'] : tags,
  elementRef: true,
  rules: { 'color-contrast': { enabled: ['light', 'dark'].includes(name) || media === 'print' } },
})

/** Runs in the page. */
async function findIn(options: axe.RunOptions): Promise<Omit<Findings, 'brokenWords'>> {
  const { axe: engine } = window as unknown as { axe: typeof axe }
  // People scroll to what the buttons at the end of the window cover. The engine does not.
  const buttons = document.querySelector<HTMLElement>('.consent .actions')
  buttons?.style.setProperty('position', 'static')
  // The shade of buttons that stick goes with the next frame.
  for (const _ of 'ab') await new Promise(requestAnimationFrame)
  const { violations, incomplete } = await engine.run(document, options)
  buttons?.style.removeProperty('position')
  /** What a list has scrolled away has nothing behind it to hold its colour against. */
  const isScrolledAway = ({ element }: axe.NodeResult): boolean => {
    const list = element?.closest('.choices')?.getBoundingClientRect()
    const own = element?.getBoundingClientRect()
    return !!list && !!own && (own.top < list.top || own.bottom > list.bottom)
  }
  const toWords = ({ id }: axe.Result, nodes: axe.NodeResult[]): string[] =>
    nodes.map(({ target, any }) => `${id}: ${target.join(' ')} ${any[0]?.message ?? ''}`)
  const toShown = ({ tagName, className, textContent }: Element): string =>
    `${tagName} ${className} ${textContent}`.slice(0, 120)
  // A field scrolls what does not fit.
  const wide = [...document.querySelectorAll('html, body, body *:not(input)')].filter(
    ({ scrollWidth, clientWidth }) => scrollWidth > clientWidth + 1 && clientWidth > 1,
  )
  const lists = [...document.querySelectorAll('ul, ol, dl')]
  return {
    violations: violations.flatMap((result) => toWords(result, result.nodes)),
    undecided: incomplete.flatMap((result) =>
      toWords(
        result,
        result.nodes.filter((node) => !isScrolledAway(node)),
      ),
    ),
    tooWide: wide.map(toShown),
    emptyLists: lists.filter(({ childElementCount }) => childElementCount === 0).map(toShown),
  }
}

/** Runs in the page. Names and addresses can be longer than any line. */
function findBrokenWords(): string[] {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
  const broken: string[] = []
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    if (text.parentElement?.closest('code, pre, .hidden')) continue
    for (const { index, 0: word } of (text.nodeValue ?? '').matchAll(
      /(?<=^|\s)\p{L}{1,13}(?![^\s:,.?])/gu,
    )) {
      const range = document.createRange()
      range.setStart(text, index)
      range.setEnd(text, index + word.length)
      const lines = new Set([...range.getClientRects()].map(({ top }) => Math.round(top)))
      if (lines.size > 1) broken.push(word)
    }
  }
  return broken
}
