import { spawnSync } from 'node:child_process'
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createConsumerFolder, root } from '../support/consumer-folder.ts'
import { compiledIn, documents, snippetsOf, squeeze, type Snippet } from '../support/snippets.ts'

// Each block of TypeScript in a document is quoted from a file that `npm run types` compiles, or compiles by itself in a
// project of somebody who has installed the package. `snippets/host.d.ts` declares the host around it.

const compiled = ['examples', 'test/docs'].flatMap(compiledIn)
const isQuote = ({ code }: Snippet): boolean =>
  compiled.some((source) => source.includes(squeeze(code)))

const snippets = documents.flatMap((document) =>
  snippetsOf(document).map((snippet, index, all) => ({
    ...snippet,
    before: snippet.goesOn ? (all[index - 1]?.code ?? '') : '',
  })),
)
const others = snippets.filter((snippet) => !isQuote(snippet))
const fileOf = ({ place }: Snippet): string => `${basename(place).replace('.md:', '-')}.ts`

/** The flags of the package. A reader goes on with what a snippet declares, so that it need not be used there. */
function compilerOptions(): Readonly<Record<string, unknown>> {
  const { compilerOptions: own } = JSON.parse(
    readFileSync(join(root, 'tsconfig.json'), 'utf8'),
  ) as { readonly compilerOptions: Readonly<Record<string, unknown>> }
  const { rootDir: _root, outDir: _out, ...flags } = own
  return { ...flags, noEmit: true, noUnusedLocals: false, noUnusedParameters: false }
}

let errors: readonly string[] = []

beforeAll(() => {
  const folder = createConsumerFolder()
  try {
    const write = (name: string, text: string): void => writeFileSync(join(folder.path, name), text)
    write('package.json', JSON.stringify({ private: true, type: 'module' }))
    write('tsconfig.json', JSON.stringify({ compilerOptions: compilerOptions(), include: ['.'] }))
    copyFileSync(join(import.meta.dirname, 'snippets/host.d.ts'), join(folder.path, 'host.d.ts'))
    for (const snippet of others)
      write(fileOf(snippet), `${snippet.before}\n${snippet.code}\nexport {}\n`)
    const compiler = join(root, 'node_modules/typescript/bin/tsc')
    const args = [compiler, '-p', '.', '--pretty', 'false']
    const { stdout } = spawnSync(process.execPath, args, { cwd: folder.path, encoding: 'utf8' })
    errors = stdout.split('\n').filter((line) => line !== '')
  } finally {
    folder.close()
  }
})

test('there is something to compile, and the host around it compiles', () => {
  expect(snippets.length).toBeGreaterThan(40)
  expect(others.length).toBeGreaterThan(20)
  const files = others.map(fileOf)
  expect(errors.filter((line) => !files.some((file) => line.startsWith(`${file}(`)))).toEqual([])
})

describe('the snippet compiles', () => {
  test.each(others)('$place', (snippet) => {
    expect(errors.filter((line) => line.startsWith(`${fileOf(snippet)}(`))).toEqual([])
  })
})
