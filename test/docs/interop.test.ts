import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const read = (file: string): string => readFileSync(join(root, file), 'utf8')
const doc = read('docs/interop.md')

/** Rows of the first table: names in backticks, versions, and what else was run. */
const [, table = ''] = /^(\| library [^]*?)\n\n/m.exec(doc) ?? []
const rows = table
  .split('\n')
  .slice(2)
  .map((row) => row.split('|').map((cell) => cell.trim()))

test('docs/interop.md names the versions of the libraries that the test suite runs', () => {
  const inSuite = rows.filter((row) => row[8]?.includes('in the test suite'))
  expect(inSuite.map(([, name]) => name)).toEqual([
    '`openid-client`',
    '`oauth4webapi`',
    '`simple-oauth2`',
  ])
  for (const [, name = '', version] of inSuite) {
    const manifest = `node_modules/${name.replaceAll('`', '')}/package.json`
    expect(JSON.parse(read(manifest))).toMatchObject({ version })
  }
})

test('docs/interop.md gives every library a version and a language', () => {
  expect(rows.length).toBeGreaterThan(20)
  for (const row of rows) {
    expect(row[2]).toMatch(/^\d+\.\d/)
    expect(row[3]).toMatch(/^[A-Z]\w+ \d/)
  }
})
