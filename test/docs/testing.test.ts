import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createTestServer } from '../../lib/testing/index.ts'

const root = join(import.meta.dirname, '../..')
const doc = readFileSync(join(root, 'docs/testing.md'), 'utf8')

/** The first cells of the rows of a table, by what stands in its head. */
function rowsOf(head: string): readonly string[] {
  const [, table = ''] = doc.split(`\n| \`${head}\``)
  const [rows = ''] = table.split('\n\n')
  return [...rows.matchAll(/^\| `(\w+)` /gm)].map(([, name = '']) => name)
}

describe('the document on testing', () => {
  // All but one run with the other tests; closing.test.ts runs the one of node:test.
  test('shows samples that are run as they stand', () => {
    const samples = [...doc.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = '']) => text)
    const files = ['client.test.ts', 'embedder.node-test.ts', 'host.test.ts', 'registered.test.ts']
    expect(samples).toEqual(
      files.map((file) => readFileSync(join(root, 'test/docs/testing', file), 'utf8')),
    )
  })

  test('names everybody who is there, and everything that can be done', async () => {
    await using server = await createTestServer()
    const connection = await server.connect()
    expect(rowsOf('server.people').toSorted()).toEqual(Object.keys(server.people).toSorted())
    expect(rowsOf('server.clients').toSorted()).toEqual(Object.keys(server.clients).toSorted())
    const members = [...Object.keys(server), ...Object.keys(connection)]
    for (const name of members) expect(doc).toMatch(new RegExp(`[.\`]${name}\\b`))
  })

  test('shows what an error says', async () => {
    await using server = await createTestServer()
    const account = server.people.employee
    const error: unknown = await server.connect({ account }).catch((reason: unknown) => reason)
    const [, shown = 'nothing'] = /^```text\n(.*?) …\n```$/ms.exec(doc) ?? []
    expect(String(error).startsWith(shown)).toBe(true)
  })
})
