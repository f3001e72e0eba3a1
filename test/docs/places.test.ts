import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findEndpoint } from '../../lib/paths.ts'

// What documents point at is there.

const root = fileURLToPath(new URL('../../', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const markdown = (folder: string): readonly string[] =>
  readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'))
const documents = [...markdown('.'), ...markdown('docs').map((name) => `docs/${name}`)]

/** Headings as what follows `#` in a link. */
const anchorsOf = (file: string): readonly string[] =>
  read(file)
    .split('\n')
    .filter((line) => /^#+ /.test(line))
    .map((line) =>
      line
        .replace(/^#+ /, '')
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    )

test.each(documents)('%s links to what is there', (file) => {
  const links = [...read(file).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
  const broken = links.filter(([, path = '', anchor]) => {
    const target = path === '' ? file : join(dirname(file), path)
    if (!existsSync(join(root, target))) return true
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).includes(anchor)
  })
  expect(broken.map(([link]) => link)).toEqual([])
})

test('each request of a diagram is one that the server takes', () => {
  const diagrams = documents.flatMap((file) => read(file).match(/```mermaid\n.*?```/gs) ?? [])
  const requests = diagrams.flatMap((diagram) => [...diagram.matchAll(/>S: ([A-Z]+) (\/\S*)/g)])
  expect(requests.length).toBeGreaterThan(5)
  const unknown = requests.filter(
    ([, method = '', path = '']) => !findEndpoint(path, 'off')?.methods.includes(method),
  )
  expect(unknown.map(([line]) => line)).toEqual([])
})

test('each rule of docs/conformance.md is proven by tests that are there', () => {
  const rows = read('docs/conformance.md')
    .split('\n')
    .filter((line) => /^\|(?! (rule|-))/.test(line))
  const tests = rows.flatMap((row) => (row.split('|').at(-2) ?? '').trim().split(', '))
  expect(rows.length).toBeGreaterThan(60)
  const isThere = (name: string): boolean =>
    [name, `${name}.test.ts`].some((path) => existsSync(join(root, 'test', path)))
  expect(tests.filter((name) => !isThere(name))).toEqual([])
})
