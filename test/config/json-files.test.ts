import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSources } from '../../lib/cli/preview/sources.ts'
import { parseJson } from '../../lib/validation/json-file.ts'
import { runExample } from '../support/example.ts'
import { createFolder } from '../support/folder.ts'
import { issuesOf } from '../support/issues.ts'
import { startRedisCommands } from '../support/redis-commands.ts'

const commands = startRedisCommands(['clients'])

const secret = 'verysecret'
const fileOf = (name: string, content: string): string =>
  join(createFolder({ [name]: content }), name)

describe.each([
  ['a comma too many', `{\n  "a": "${secret}",\n}`, '(line 2, column 20: a comma too many)'],
  ['no end', `{\n  "a": "${secret}"\n`, '(line 3, column 1: it ends too early)'],
  ['a comment', `{ // ${secret}\n}`, '(line 1, column 3)'],
])('a file with %s is told the line, whoever reads it', (_, content, place) => {
  const why = `is not JSON ${place}`

  test('texts', () => {
    const locales = [createFolder({ 'da.json': content })]
    expect(issuesOf({ views: { locales } }).map(({ message }) => message)).toEqual([
      `da.json ${why}`,
    ])
  })

  test('theme and locals of the preview', () => {
    const [theme, locals] = [fileOf('theme.json', content), fileOf('locals.json', content)]
    const { problems } = readSources({ directories: [], theme, locals })
    expect(problems).toEqual([`${theme} ${why}`, `${locals} ${why}`])
  })

  test('a client of the command line', async () => {
    const file = fileOf('client.json', content)
    expect(await commands.refusal('create', '--metadata', file)).toBe(`error: ${file} ${why}\n`)
  })

  test('clients and people of the example', async () => {
    for (const variable of ['CLIENTS_FILE', 'PEOPLE_FILE']) {
      const file = fileOf('file.json', content)
      const { code, stderr } = await runExample({ [variable]: file })
      expect([code, stderr]).toEqual([1, `${variable} ${file}: ${why}\n`])
    }
  })
})

test.each([
  ['[1,\n2,\n]', 'line 2, column 2: a comma too many'],
  ['[1,,2]', 'line 1, column 3: a comma too many'],
  ['', 'line 1, column 1: it ends too early'],
  ['["a', 'line 1, column 4: it ends too early'],
  ['[1]\n\n]', 'line 3, column 1'],
  ['{"a": 1\n"b": 2}', 'line 2, column 1'],
  [`{'a': 1}`, 'line 1, column 2'],
  ['{"a": "x\ny"}', 'line 1, column 9'],
  ['{"a": "\\x"}', 'line 1, column 9'],
  ['[01]', 'line 1, column 3'],
  ['[tru1]', 'line 1, column 5'],
])('%j has its mistake at %s', (text, place) => {
  expect(() => parseJson(text)).toThrow(`is not JSON (${place})`)
})

test('a wrong character is found wherever it is', () => {
  const good = JSON.stringify({ a: [1, 2.5e3, { 'b\n': '\\é' }, true, null], c: {} }, null, 2)
  for (const index of Array.from(good).keys()) {
    const [before, after] = [good.slice(0, index), good.slice(index)]
    const lines = before.split('\n')
    const place = `(line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`
    expect(() => parseJson(`${before}\u0001${after}`)).toThrow(place)
  }
})
