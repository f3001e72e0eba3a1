import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Theme, ViewsOptions } from '../../lib/index.ts'
import { drawIcon } from '../../lib/pages/theme-icon.ts'
import { createBrowser, type Page } from '../support/browser.ts'
import { createFolder } from '../support/folder.ts'
import { openServer } from '../support/server.ts'

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')

async function openSignIn(views: ViewsOptions): Promise<Page> {
  const { issuer } = await openServer({ views })
  return createBrowser().go(`${issuer}/oauth/sign-in`)
}

async function openIcon(views: ViewsOptions): Promise<Response> {
  const { text, url } = await openSignIn(views)
  const [, href = ''] = /<link rel="icon" href="([^"]+)">/.exec(text) ?? []
  return fetch(new URL(href, url))
}

test('a theme has an icon, which is served as its logo is', async () => {
  const icon = join(createFolder({ 'icon.png': png }), 'icon.png')
  const answer = await openIcon({ theme: { icon } })
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(png)
  expect(answer.headers.get('content-type')).toBe('image/png')
  expect(answer.headers.get('cache-control')).toContain('immutable')
})

test('a theme without an icon has the first letter of the product, in its colours', async () => {
  const theme: Theme = {
    productName: 'Fjord & Bank',
    colors: { primary: '#0a5c36', dark: { primary: '#7fe0b0' } },
  }
  const answer = await openIcon({ theme })
  const text = await answer.text()
  expect(answer.headers.get('content-type')).toBe('image/svg+xml')
  expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/)
  const [light = '', dark = ''] = text.split('@media')
  expect(light).toContain('rect { fill: #0a5c36 } text { fill: #ffffff }')
  expect(dark).toContain('rect { fill: #7fe0b0 } text { fill: #1a1a1f }')
  expect(text).toContain(`>&#${'F'.codePointAt(0)};</text>`)
  expect(drawIcon({ productName: ' <i>' })).toContain(`>&#${'<'.codePointAt(0)};</text>`)
})

test('a theme tells the browser the colour behind the page, in both schemes', async () => {
  const colors = { background: '#fbf1de', dark: { background: '#1b1219' } }
  const { text } = await openSignIn({ theme: { colors } })
  const metas = [...text.matchAll(/<meta name="theme-color" content="(.+)" media="(.+)">/g)]
  expect(metas.map(([, color, media]) => `${media}: ${color}`)).toEqual([
    '(prefers-color-scheme: light): #fbf1de',
    '(prefers-color-scheme: dark): #1b1219',
  ])
})
