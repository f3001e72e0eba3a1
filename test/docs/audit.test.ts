import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

test('the table of audit events has each type, in the order of the code', () => {
  const code = readFileSync(join(root, 'lib/operations/audit-events.ts'), 'utf8')
  const document = readFileSync(join(root, 'docs/operations.md'), 'utf8')
  const types = [...code.matchAll(/^ {2}'([a-z_]+\.[a-z_]+)':/gm)].map(([, type]) => type)
  const [, section = ''] = document.split('| `type`')
  const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| `([a-z_]+\.[a-z_]+)`/gm)]
  expect(types.length).toBeGreaterThan(20)
  expect(rows.map(([, type]) => type)).toEqual(types)
})
