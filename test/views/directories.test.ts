import { afterEach, describe, expect, test } from 'vitest'
import type { ViewsOptions } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { createFolder } from '../support/folder.ts'
import { goToConsent } from '../support/flow.ts'
import { startServer, type RunningServer } from '../support/server.ts'
import { hostConsent, hostLayout } from '../support/templates.ts'

let server: RunningServer | undefined
afterEach(() => server?.close())

async function start(views: ViewsOptions): Promise<RunningServer> {
  server = await startServer({ views })
  return server
}

const errorPage = async (views: ViewsOptions): Promise<string> => {
  const { issuer } = await start(views)
  return (await createBrowser().go(`${issuer}/oauth/authorize?client_id=unknown`)).text
}

describe("a host's folder", () => {
  test('replaces whole pages, which then work', async () => {
    const folder = createFolder({ 'consent.njk': hostConsent, 'layout.njk': hostLayout })
    const { issuer } = await start({ directories: [folder] })
    const { page, browser } = await goToConsent(issuer)
    expect(page.text).toContain('<h1>Northwind Ledger</h1>')
    const subject = /name="subject" value="([^"]+)" required>/.exec(page.text)?.[1] ?? ''
    const { location } = await browser.submit(page, { subject, decision: 'allow' })
    expect(location?.searchParams.get('code')).toBeTruthy()
  })

  test('replaces single blocks, and keeps what was there', async () => {
    const content = `{% extends 'pleo/error.njk' %}{% block content %}<p>{{ locals.help.phone }}</p>{{ super() }}{% endblock %}`
    const footer = `{% extends 'pleo/layout.njk' %}{% block footer %}<footer>{{ locals.imprint }}</footer>{% endblock %}`
    const directories = [createFolder({ 'error.njk': content, 'layout.njk': footer })]
    const text = await errorPage({
      directories,
      locals: { help: { phone: '<112>' }, imprint: 'Fjordbank' },
    })
    expect(text).toContain('<p>&lt;112&gt;</p>')
    expect(text).toContain('This request cannot be completed')
    expect(text).toContain('<footer>Fjordbank</footer>')
  })

  test('comes before those behind it, file by file', async () => {
    const block = (words: string): string =>
      `{% extends 'pleo/layout.njk' %}{% block footer %}${words}{% endblock %}`
    const first = createFolder({ 'layout.njk': block('the first') })
    const second = createFolder({
      'layout.njk': block('the second'),
      'styles.css': 'p { margin: 0 }',
    })
    expect(await errorPage({ directories: [first, second] })).toContain('the first')
    const styles = await fetch(`${server?.issuer}/oauth/assets/styles.css`)
    expect(await styles.text()).toBe('p { margin: 0 }')
  })

  test('adds to our style sheet where its own begins with it', async () => {
    const own = "@import 'pleo/styles.css';\n\n.card {\n  border: 0;\n}\n"
    const { issuer } = await start({ directories: [createFolder({ 'styles.css': own })] })
    const styles = await (await fetch(`${issuer}/oauth/assets/styles.css`)).text()
    expect(styles).toMatch(/^:root \{\n {2}color-scheme: light dark;/)
    expect(styles).toMatch(/\n\.card \{\n {2}border: 0;\n\}\n$/)
    expect(styles).not.toContain('@import')
  })

  test('replaces the style sheet, which the theme still stands behind, and the script', async () => {
    const directories = [createFolder({ 'styles.css': 'p { margin: 0 }', 'script.js': 'void 0' })]
    const { issuer } = await start({ directories, theme: { radius: '0' } })
    const styles = await (await fetch(`${issuer}/oauth/assets/styles.css`)).text()
    expect(styles).toMatch(/^p \{ margin: 0 \}\n:root \{\n {2}--radius: 0;/)
    const script = await fetch(`${issuer}/oauth/assets/script.js`)
    expect(await script.text()).toBe('void 0')
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(script.headers.get('x-content-type-options')).toBe('nosniff')
  })
})
