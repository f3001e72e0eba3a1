import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')
const { packages } = JSON.parse(text) as {
  readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

test('package-lock.json pins every package by its hash and names no registry', () => {
  const installed = Object.entries(packages).filter(([path]) => path !== '')
  expect(installed.length).toBeGreaterThan(100)
  expect(installed.filter(([, entry]) => 'resolved' in entry).map(([path]) => path)).toEqual([])
  expect(installed.filter(([, entry]) => !entry['integrity']).map(([path]) => path)).toEqual([])
  expect(text).not.toMatch(/\bregistry\./)
})
