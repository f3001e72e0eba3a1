import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Theme } from '../../lib/index.ts'
import { defaultColors } from '../../lib/pages/theme-colors.ts'
import { toThemeStyles } from '../../lib/pages/theme.ts'
import { createBrowser, type Page } from '../support/browser.ts'
import { createFolder } from '../support/folder.ts'
import { issuesOfViews } from '../support/issues.ts'
import { startServer, type RunningServer } from '../support/server.ts'

const styles = readFileSync(join(import.meta.dirname, '../../views/styles.css'), 'utf8')
const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9"/></svg>'
const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')
const webp = Buffer.from('RIFF\x04\0\0\0WEBPVP8 ', 'latin1')

const theme: Theme = {
  productName: 'Fjord & Bank',
  logo: join(createFolder({ 'logo.svg': svg }), 'logo.svg'),
  fontFamily: "'Fjord Sans', Georgia, serif",
  radius: '2px',
  colors: { primary: '#0a5c36', link: '#0a5c36', dark: { primary: '#7fe0b0' } },
}

let server: RunningServer
let page: Page
beforeAll(async () => {
  server = await startServer({ views: { theme } })
  page = await createBrowser().go(`${server.issuer}/oauth/authorize?client_id=unknown`)
})
afterAll(() => server.close())

const get = (path: string): Promise<Response> => fetch(new URL(path, server.issuer))
const urlIn = (pattern: RegExp): string =>
  pattern.exec(page.text)?.[1] ?? `nothing like ${pattern.source}`

describe('a theme', () => {
  test('stands behind the style sheet, light and dark', async () => {
    const answer = await get(urlIn(/rel="stylesheet" href="([^"]+)"/))
    const text = await answer.text()
    expect(answer.headers.get('content-type')).toBe('text/css; charset=utf-8')
    expect(answer.headers.get('cache-control')).toContain('immutable')
    expect(text.startsWith(styles)).toBe(true)
    const [light = '', dark = ''] = text.slice(styles.length).split('@media')
    expect(light).toContain("--font: 'Fjord Sans', Georgia, serif;")
    expect(light).toContain('--radius: 2px;')
    expect(light).toContain('--primary: #0a5c36;')
    expect(light).toContain('--focus: #0a5c36;')
    expect(dark).toContain('(prefers-color-scheme: dark)')
    expect(dark).toContain('--primary: #7fe0b0;')
    // What the dark scheme leaves out is ours, not the light one's.
    expect(dark).toContain(`--link: ${defaultColors.dark.link};`)
  })

  test('colours the initials of a client and what is new after its links, readably', () => {
    const [light = '', dark = ''] = toThemeStyles({
      colors: { link: '#b02a6b', surface: '#fff8fb', dark: { link: '#ff9ecb' } },
    }).split('@media')
    expect(light).toContain('--mark: #f6dfea;')
    expect(light).toContain('--mark-text: #b02a6b;')
    expect(dark).toContain('--mark-text: #ff9ecb;')
    // 4.6:1 on the surface, and less on a tint of itself.
    const pale = toThemeStyles({ colors: { link: '#747474' } })
    expect(pale).toContain('--mark: #eeeeee;')
    expect(pale).toContain('--mark-text: #5e5e5f;')
  })

  test('leaves more contrast to those who ask for it', async () => {
    const text = await (await get(urlIn(/rel="stylesheet" href="([^"]+)"/))).text()
    expect(text.trimEnd()).toMatch(/@media \(prefers-contrast: more\) \{[^@]*$/)
  })

  test('has a logo, which is served from the same origin and can do nothing', async () => {
    expect(page.text).toContain('alt="Fjord &amp; Bank">')
    const answer = await get(urlIn(/<img src="([^"]+)" alt="Fjord/))
    expect(await answer.text()).toBe(svg)
    expect(answer.headers.get('content-type')).toBe('image/svg+xml')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
    expect(answer.headers.get('cache-control')).toContain('immutable')
  })

  test('names the product', () => {
    expect(page.text).toContain('| Fjord &amp; Bank</title>')
    expect(page.text).not.toContain('Pleo')
  })

  test('of nothing leaves the pages as they are', async () => {
    const plain = await startServer({ views: { theme: {} } })
    const error = await fetch(`${plain.issuer}/oauth/authorize?client_id=unknown`)
    expect(await error.text()).toContain('<header class="brand">Pleo</header>')
    const sheet = await fetch(`${plain.issuer}/oauth/assets/styles.css`)
    expect(await sheet.text()).toBe(styles)
    expect((await fetch(`${plain.issuer}/oauth/assets/product-logo`)).status).toBe(404)
    await plain.close()
  })

  test.each([
    ['PNG', png, 'image/png'],
    ['WebP', webp, 'image/webp'],
    [
      'SVG with a declaration',
      Buffer.from(`<?xml version="1.0"?>\n<!-- x -->${svg}`),
      'image/svg+xml',
    ],
  ])('takes a logo that is %s', async (_, content, type) => {
    const logo = join(createFolder({ logo: content }), 'logo')
    const other = await startServer({ views: { theme: { logo } } })
    const answer = await fetch(`${other.issuer}/oauth/assets/product-logo`)
    expect(answer.headers.get('content-type')).toBe(type)
    await other.close()
  })

  test('is filled up with the colours of the style sheet', () => {
    const [light = '', dark = ''] = styles.split('@media (prefers-color-scheme: dark)')
    for (const [part, palette] of [
      [light, defaultColors.light],
      [dark, defaultColors.dark],
    ] as const) {
      for (const [name, value] of Object.entries(palette)) {
        const property = { quietText: 'text-quiet', primaryText: 'primary-text' }[name] ?? name
        expect(part).toMatch(new RegExp(`--${property}: ${value};`))
      }
    }
  })
})

describe('a theme is refused for', () => {
  const folder = createFolder({
    'text.svg': 'no picture',
    'large.png': Buffer.concat([png, Buffer.alloc(300_000)]),
  })
  const wrong: readonly (readonly [string, unknown, string, string, string])[] = [
    ['no object', [], 'views.theme', 'invalid_type', 'must be an object'],
    [
      'a misspelled name',
      { radios: '1px' },
      'views.theme.radios',
      'unknown_option',
      '(did you mean "radius"?)',
    ],
    [
      'a misspelled colour',
      { colors: { primry: '#000' } },
      'views.theme.colors.primry',
      'unknown_option',
      '(did you mean "primary"?)',
    ],
    [
      'an empty product name',
      { productName: ' ' },
      'views.theme.productName',
      'invalid_format',
      'must be one line',
    ],
    [
      'a product name of two lines',
      { productName: 'a\nb' },
      'views.theme.productName',
      'invalid_format',
      'must be one line',
    ],
    [
      'a colour by name',
      { colors: { link: 'blue' } },
      'views.theme.colors.link',
      'invalid_format',
      'must be a colour as #rgb or #rrggbb',
    ],
    [
      'a colour that ends its declaration',
      { colors: { link: '#123;}' } },
      'views.theme.colors.link',
      'invalid_format',
      'must be a colour',
    ],
    [
      'a transparent colour',
      { colors: { dark: { link: '#12345678' } } },
      'views.theme.colors.dark.link',
      'invalid_format',
      'must be a colour',
    ],
    [
      'a radius that ends its declaration',
      { radius: '1px;color:red' },
      'views.theme.radius',
      'invalid_format',
      'must be a length',
    ],
    [
      'a radius in per cent',
      { radius: '50%' },
      'views.theme.radius',
      'invalid_format',
      'must be a length',
    ],
    [
      'fonts that end their declaration',
      { fontFamily: 'serif; } body { color: red' },
      'views.theme.fontFamily',
      'invalid_format',
      'must be a list of fonts',
    ],
    [
      'fonts with a quote too many',
      { fontFamily: "'Inter, serif" },
      'views.theme.fontFamily',
      'invalid_format',
      'must be a list of fonts',
    ],
    [
      'fonts from elsewhere',
      { fontFamily: 'url(https://fonts.example)' },
      'views.theme.fontFamily',
      'invalid_format',
      'must be a list of fonts',
    ],
    [
      'a logo that is not there',
      { logo: join(folder, 'none.svg') },
      'views.theme.logo',
      'invalid_logo',
      `must be a file that exists (tried ${join(folder, 'none.svg')})`,
    ],
    [
      'a logo at a relative path, by the whole path',
      { logo: 'none.svg' },
      'views.theme.logo',
      'invalid_logo',
      `(tried ${join(process.cwd(), 'none.svg')})`,
    ],
    [
      'a logo at a path that cannot be',
      { logo: 'a\0b' },
      'views.theme.logo',
      'invalid_logo',
      'must be a file that can be read',
    ],
    [
      'a logo that is no picture',
      { logo: join(folder, 'text.svg') },
      'views.theme.logo',
      'invalid_logo',
      `must be an SVG, PNG or WebP file (${join(folder, 'text.svg')})`,
    ],
    [
      'a logo that is large',
      { logo: join(folder, 'large.png') },
      'views.theme.logo',
      'invalid_logo',
      `must have 256 KiB at most (${join(folder, 'large.png')})`,
    ],
    [
      'an icon that is no picture',
      { icon: join(folder, 'text.svg') },
      'views.theme.icon',
      'invalid_icon',
      `must be an SVG, PNG or WebP file (${join(folder, 'text.svg')})`,
    ],
  ]
  test.each(wrong)('%s', (_, value, path, code, message) => {
    const issues = issuesOfViews({ theme: value })
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({ path, code })
    expect(issues[0]?.message).toContain(message)
  })

  test('text that people cannot read, by name and ratio, in both schemes', () => {
    const colors = { text: '#999999', dark: { primary: '#333' } }
    const issues = issuesOfViews({ theme: { colors } })
    expect(issues).toContainEqual({
      path: 'views.theme.colors.text',
      code: 'low_contrast',
      message:
        'on surface has a contrast of 2.8:1, less than the 4.5:1 that people need to read it',
    })
    expect(issues).toContainEqual({
      path: 'views.theme.colors.dark.primaryText',
      code: 'low_contrast',
      message:
        'on primary has a contrast of 1.3:1, less than the 4.5:1 that people need to read it',
    })
    expect(issues.map(({ path }) => path)).not.toContain('views.theme.colors.primaryText')
  })

  test('but not for colours that people can read', () => {
    expect(
      issuesOfViews({ theme: { colors: { ...defaultColors.light, dark: defaultColors.dark } } }),
    ).toEqual([])
    expect(issuesOfViews({ theme: {} })).toEqual([])
  })
})
