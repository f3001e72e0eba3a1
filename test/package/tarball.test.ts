import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

// Without an address of the repository, npm does not resolve relative links. So each leads to a file of the package.

const [packed] = JSON.parse(
  execFileSync('npm', ['pack', '--json', '--dry-run', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }),
) as [{ readonly size: number; readonly files: readonly { readonly path: string }[] }]
const paths = packed.files.map(({ path }) => path)

const isThere = (target: string): boolean =>
  paths.some((path) => path === target || path.startsWith(`${target.replace(/\/$/, '')}/`))

const documents = paths.filter((path) => /^(docs\/)?[^/]+\.md$/.test(path))

test('the tarball has the documents, without their pictures, and is small', () => {
  expect(documents).toEqual(
    expect.arrayContaining(['README.md', 'CHANGELOG.md', 'docs/embedding.md']),
  )
  expect(paths.filter((path) => path.endsWith('.webp'))).toEqual([])
  expect(packed.size).toBeLessThan(1_500_000)
})

test('the tarball has nothing of tests and nothing that is secret', () => {
  expect(paths.filter((path) => /^test\/|(^|\/)\.env$|^node_modules/.test(path))).toEqual([])
})

describe('each link leads to a file of the tarball', () => {
  test.each(documents)('%s', (file) => {
    const text = readFileSync(join(root, file), 'utf8')
    const links = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, link = '']) => link)
    const dead = links.filter((link) => !isThere(posix.join(dirname(file), link)))
    expect(dead).toEqual([])
  })
})
