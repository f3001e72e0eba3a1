import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'

// What docs/embedding.md quotes of the example backend stands there like that.

const root = join(import.meta.dirname, '../..')
const doc = readFileSync(join(root, 'docs/embedding.md'), 'utf8')
const folder = join(root, 'examples/embedded')
const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
const sources = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => squeeze(readFileSync(join(entry.parentPath, entry.name), 'utf8')))

const [, walk = ''] = /^## A backend, line by line\n(.*?)^## /ms.exec(doc) ?? []
const quotes = [...walk.matchAll(/```(?:ts|njk)\n(.*?)```/gs)].map(([, code = '']) => code)

test('there is something to hold it to', () => {
  expect(quotes.length).toBeGreaterThan(6)
})

test.each(quotes)('%s', (code) => {
  expect(sources.some((source) => source.includes(squeeze(code)))).toBe(true)
})

test.each(['first', 'people'])('the sample %s stands in a file that compiles', (name) => {
  const code = readFileSync(join(import.meta.dirname, `embedding/${name}.ts`), 'utf8')
  expect(doc).toContain(`\`\`\`ts\n${code}\`\`\`\n`)
})

describe('the first sample', () => {
  afterEach(() => void vi.unstubAllEnvs())

  test('makes a server, in production as well', async () => {
    for (const name of ['COOKIE_KEY', 'API_SECRET', 'NORTHWIND_SECRET'])
      vi.stubEnv(name, `the ${name} of a test, which is long enough`)
    vi.stubEnv('NODE_ENV', 'production')
    const start = (): Promise<unknown> => {
      vi.resetModules()
      return import('./embedding/first.ts')
    }
    await expect(start()).resolves.not.toThrow()
    vi.stubEnv('COOKIE_KEY', 'short')
    await expect(start()).rejects.toMatchObject({
      issues: [{ path: 'cookieKeys[0]', code: 'not_for_production' }],
    })
  })
})
