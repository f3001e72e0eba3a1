import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const { devDependencies } = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as { readonly devDependencies: { readonly node: string } }

// `NODE_MAJOR` is set by suite-on-node.ts. The workers are processes of their own.
test('the tests run on the Node they were meant to run on', () => {
  const brought = /\d+/.exec(devDependencies.node)?.[0]
  expect(process.versions.node.split('.')[0]).toBe(process.env['NODE_MAJOR'] ?? brought)
})
