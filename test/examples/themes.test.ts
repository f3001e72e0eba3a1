import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { createBrowser, type Browser, type Page } from '../support/browser.ts'
import { hasCode } from '../support/browser-visits.ts'
import { startCommand } from '../support/cli.ts'
import { runExample, startExample } from '../support/example.ts'
import { useRunning } from '../support/fixtures.ts'

interface Marks {
  readonly product: string
  /** What the style sheet says. */
  readonly styles: readonly string[]
  /** What the two pages say, in a language each. */
  readonly signIn: readonly [language: string, words: string]
  readonly consent: readonly [language: string, words: readonly string[]]
  readonly hasLogo: boolean
}

const themes: Readonly<Record<string, Marks>> = {
  marigold: {
    product: 'Marigold',
    styles: ['--primary: #4a1d48;', '--primary: #f5b53d;', '--radius: 0.875rem;'],
    signIn: ['fr', 'Connexion à Marigold'],
    consent: ['de', ['Von Marigold geprüft']],
    hasLogo: true,
  },
  kelp: {
    product: 'Kelp',
    styles: ['--primary: #0b6b57;', '--primary: #6fd6b8;', '--radius: 0.375rem;'],
    signIn: ['en', 'Sign in to Kelp'],
    consent: ['da', ['>Ja, giv adgang<', '>Nej, gå tilbage<', 'I tvivl?', 'Kontrolleret af Kelp']],
    hasLogo: true,
  },
  lantern: {
    product: 'Lantern',
    styles: ['--primary: #1d2a4d;', 'color-scheme: light dark;', '.evening {'],
    signIn: ['de', 'Ihre Buchhaltung, in ruhigem Licht.'],
    consent: ['sv', ['Your books, by a steady light.', 'class="evening"']],
    hasLogo: false,
  },
}

const folder = fileURLToPath(new URL('../../examples/server/themes/', import.meta.url))

it('there is a test for every theme', () => {
  const folders = readdirSync(folder)
  expect(folders.toSorted()).toEqual(Object.keys(themes).toSorted())
})

it('a theme that there is not is refused, with those that there are', async () => {
  const { code, stdout, stderr } = await runExample({ THEME: 'marigoald' })
  expect(stderr).toBe('THEME must be one of kelp, lantern, marigold\n')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
})

describe.each(Object.entries(themes))('THEME=%s', (theme, marks) => {
  let browser: Browser
  let link: string
  const example = useRunning(() => startExample({ THEME: theme }))
  beforeAll(async () => {
    browser = createBrowser()
    link = (await browser.go(`${example.app}/connect`)).location?.href ?? 'nowhere'
  })

  const open = (language: string): Promise<Page> =>
    browser.go(`${link}&ui_locales=${language}`, { headers: { accept: 'text/html' } })
  const get = (page: Page, pattern: RegExp): Promise<Response> =>
    fetch(new URL(pattern.exec(page.text)?.[1] ?? 'nothing-like-it', example.issuer))

  it('is said at the start', () => {
    expect(example.output).toContain(`Pages have the theme ${theme}.`)
  })

  it('has its style sheet, and its logo where it has one', async () => {
    const page = await open('en')
    const styles = await get(page, /rel="stylesheet" href="([^"]+)"/)
    expect(styles.headers.get('content-type')).toBe('text/css; charset=utf-8')
    const text = await styles.text()
    for (const mark of marks.styles) expect(text).toContain(mark)
    expect(text).not.toContain('@import')
    const logo = await get(page, new RegExp(`<img src="([^"]+)" alt="${marks.product}"`))
    expect(logo.headers.get('content-type') === 'image/svg+xml').toBe(marks.hasLogo)
  })

  it('can be previewed, with nothing to complain about', async () => {
    const find = (name: string): readonly string[] =>
      [`${folder}${theme}/${name}`].filter((path) => existsSync(path))
    const option = (name: string, path: string): readonly string[] =>
      find(path).flatMap((found) => [`--${name}`, found])
    const sources = [
      ...find('views'),
      ...option('theme', 'theme.json'),
      ...option('locals', 'locals.json'),
      ...option('locales', 'locales'),
    ]
    const preview = startCommand('views', 'preview', ...sources)
    const index = await (await fetch(await preview.said(/http:\S+/))).text()
    preview.kill('SIGTERM')
    await preview.ended
    expect(index).toContain('250 companies')
    expect(index).not.toContain('class="problems"')
  })

  it('leads from the sign-in page over consent to a code, with its own name and words', async () => {
    const signIn = await open(marks.signIn[0])
    expect(signIn.text).toContain(`<html lang="${marks.signIn[0]}"`)
    expect(signIn.text).toContain(marks.signIn[1])
    const page = await open(marks.consent[0])
    const credentials = { username: 'sofia@brightbakery.example', password: 'pleo-demo' }
    const consent = await browser.submit(page, credentials)
    expect(consent.status).toBe(200)
    for (const words of marks.consent[1]) expect(consent.text).toContain(words)
    for (const { text } of [signIn, consent]) {
      expect(text).toContain(`| ${marks.product}</title>`)
      // Beside the identifiers of companies, which are no words.
      expect(text.replaceAll('urn:pleo:', '')).not.toMatch(/pleo/i)
    }
    const subject = /name="subject" value="([^"]+)"/.exec(consent.text)?.[1] ?? ''
    expect(await browser.submit(consent, { subject, decision: 'allow' })).toSatisfy(hasCode)
  })
})
