import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

// What docs/embedding.md quotes of the example backend stands there like that.

const root = join(import.meta.dirname, '../..')
const folder = join(root, 'examples/embedded')
const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => squeeze(readFileSync(join(entry.parentPath, entry.name), 'utf8')))

const [, walk = ''] =
  /^## A backend, line by line\n(.*?)^## /ms.exec(
    readFileSync(join(root, 'docs/embedding.md'), 'utf8'),
  ) ?? []
const quotes = [...walk.matchAll(/```(?:ts|njk)\n(.*?)```/gs)].map(([, code = '']) => code)

test('there is something to hold it to', () => {
  expect(quotes.length).toBeGreaterThan(6)
})

test.each(quotes)('%s', (code) => {
  expect(sources.some((source) => source.includes(squeeze(code)))).toBe(true)
})
