import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')

interface Manifest {
  readonly version: string
  readonly bin: { readonly 'pleo-oauth': string }
}

// npx makes it executable when it links a folder, and then never again.
test('what was built can be run as it is, as npx does', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const command = join(root, manifest.bin['pleo-oauth'])
  expect(execFileSync(command, ['--version'], { encoding: 'utf8' })).toBe(`${manifest.version}\n`)
})
