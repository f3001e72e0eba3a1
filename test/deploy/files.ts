import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')

/** The folder that people copy. */
export const deployFolder: string = join(root, 'examples/deploy')

export const readExample = (name: string): string =>
  readFileSync(join(deployFolder, name), 'utf8').replaceAll('\r\n', '\n')

export const doc: string = readFileSync(join(root, 'docs/deploy.md'), 'utf8')

/** The one block of the document in that language that has these words. */
export function blockOf(language: string, words: string): string {
  const blocks = [...doc.matchAll(/^( *)```(\w+)\n([^]*?)^ *```$/gm)]
    .filter(([, , name, code = '']) => name === language && code.includes(words))
    .map(([, indent = '', , code = '']) => code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''))
  const [block] = blocks
  if (block === undefined || blocks.length > 1)
    throw new Error(`docs/deploy.md has ${blocks.length} blocks of ${language} with ${words}`)
  return block
}
