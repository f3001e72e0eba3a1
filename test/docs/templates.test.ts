import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/index.ts'
import { createFolder } from '../support/folder.ts'
import { issuesOfViews } from '../support/issues.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const filesIn = (path: string): readonly string[] =>
  readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

const doc = read('docs/templates.md')

/** What stands in code in a text: `name`. */
const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name).toSorted()

/** The cells of a row of a table. */
function rowOf(name: string): readonly string[] {
  const row = doc.split('\n').find((line) => line.startsWith(`| \`${name}\` `))
  if (row === undefined) throw new Error(`there is no row ${name}`)
  return row.split('|').slice(2)
}

/** What stands below a heading. */
const sectionOf = (heading: string): string =>
  new RegExp(`^## ${heading}\n(.*?)(?=^## )`, 'ms').exec(doc)?.[1] ?? 'no such section'

/** The rows of a table, without its head. */
const rowsIn = (text: string): readonly string[] =>
  text.split('\n').filter((line) => /^\| [`A-Z]/.test(line))

/** The types of the data. */
const dataTypes = ['common-data', 'page-data', 'shown-data']
  .map((file) => read(`lib/pages/${file}.ts`))
  .join('')

/** The names of an interface's own members. */
function membersOf(name: string): readonly string[] {
  const body = new RegExp(`^export interface ${name} \\{\n(.*?)^\\}`, 'ms').exec(dataTypes)
  const members = [...(body?.[1] ?? '').matchAll(/^ {2}readonly '?([\w-]+)'?:/gm)]
  return members.map(([, member = '']) => member).toSorted()
}

describe('the document on templates says of the data', () => {
  const pages = membersOf('PageData')

  test.each(pages)('what %s has, and nothing else', (page) => {
    const type = `${page.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Data`
    expect(membersOf(type)).not.toEqual([])
    const rows = sectionOf('What each page has').split('\n')
    const row = rows.find((line) => line.startsWith(`| \`${page}.njk\` `)) ?? 'no row'
    expect(namesIn(row.split('|')[2] ?? '')).toEqual(membersOf(type))
  })

  test.each([
    'ShownClient',
    'ShownAccount',
    'ShownSubject',
    'ShownResource',
    'ShownScope',
    'ShownConnection',
    'ShownConnectionGroup',
    'ShownView',
  ])('what is in %s', (type) => {
    expect(namesIn(rowOf(type)[0] ?? '')).toEqual(membersOf(type))
  })

  test('what every template has', () => {
    const first = rowsIn(sectionOf('What every template has'))
      .filter((row) => !row.startsWith('| `CommonData`'))
      .map((row) => row.split('|')[1] ?? '')
    expect(namesIn(first.join(' '))).toEqual(membersOf('CommonData'))
  })

  test('no type of which it says nothing', () => {
    const types = [...dataTypes.matchAll(/^export interface (Shown\w+)/gm)]
    for (const [, type] of types) expect(doc).toContain(`| \`${type}\` `)
  })
})

describe('the document on templates names', () => {
  const section = sectionOf('What can be replaced, and what can be used')
  const templates = readdirSync(join(root, 'views')).filter((name) => name.endsWith('.njk'))

  test.each(templates.filter((name) => name !== 'parts.njk'))('the blocks of %s', (name) => {
    const blocks = [...read(`views/${name}`).matchAll(/\{%-? block (\w+)/g)].map(
      ([, block = '']) => block,
    )
    const row = rowsIn(section).find((line) => line.startsWith(`| \`${name}\` `)) ?? 'no row'
    expect(namesIn(row.split('|')[2] ?? '')).toEqual(blocks.toSorted())
  })

  test('the macros there are', () => {
    const macros = [...read('views/parts.njk').matchAll(/macro (\w+)\(/g)].map(
      ([, name = '']) => name,
    )
    const sentence = /`parts\.njk` has (.*?), to import/s.exec(section)?.[1] ?? ''
    expect(namesIn(sentence)).toEqual(macros.toSorted())
  })

  test('every code of a finding, and no other', () => {
    const named = namesIn(rowsIn(sectionOf('What is refused at the start')).join(' '))
    expect(named).toEqual(codesInSource().toSorted())
  })
})

/** Every code that a finding can have, as the source writes it. */
function codesInSource(): readonly string[] {
  const source = filesIn('lib/workbench/check')
    .map((path) => readFileSync(path, 'utf8'))
    .join('\n')
  const written = [...source.matchAll(/'([a-z]+(?:_[a-z]+)+)'/g)].map(([, code = '']) => code)
  const fields = [...source.matchAll(/fields: \{ (.*?) \}/g)].flatMap(([keys]) =>
    keys.match(/\w+(?=: \w)/g),
  )
  const names = [...source.matchAll(/(?:buttons: |attributes: Readonly<Record<).*/g)].flatMap(
    ([line]) => line.match(/(?<=')\w+(?=')/g),
  )
  const required = [...fields, ...names].filter((name) => name !== null && name !== 'send')
  return [...new Set([...written, ...required.map((name) => `missing_${name}`)])]
}

describe('the document on templates shows', () => {
  const blocks = [...doc.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(
    ([, language = '', text = '']) => ({ language, text }),
  )
  const samples = blocks.filter(({ language }) => ['njk', 'json', 'css'].includes(language))

  test.each(samples.map(({ text }, index) => [index + 1, text] as const))(
    'sample %i as it stands in a theme of the example',
    (_, text) => {
      const files = filesIn('examples/server/themes').map((path) => readFileSync(path, 'utf8'))
      expect(files.filter((file) => file.includes(text))).toHaveLength(1)
    },
  )

  test('what is said about a wrong template', () => {
    const [wrong, said] = ['jinja', 'text'].map(
      (name) => blocks.find(({ language }) => language === name)?.text,
    )
    const issues = issuesOfViews({ directories: [createFolder({ 'consent.njk': wrong ?? '' })] })
    const error = new ConfigurationError(issues)
    expect(`${error.name}: ${error.message}\n`).toBe(said)
  })

  test('pictures that are there, each, and light', () => {
    const readme = read('README.md')
    const shown = [
      ...[...doc.matchAll(/src="(images\/[^"]+)"/g)].map(([, path = '']) => `docs/${path}`),
      ...[...readme.matchAll(/src(?:set)?="([^"]+)"/g)].map(([, path = '']) => path),
    ]
    const there = filesIn('docs/images').map((path) => path.slice(root.length + 1))
    const pictures = there.filter((path) => path.endsWith('.webp'))
    expect(shown.toSorted()).toEqual(pictures.toSorted())
    for (const path of shown) expect(statSync(join(root, path)).size).toBeLessThan(60 * 1024)
  })
})
