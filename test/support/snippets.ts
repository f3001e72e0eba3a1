import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './consumer-folder.ts'

/** A block of TypeScript in a document. */
export interface Snippet {
  /** The document and the line of the first line of code, such as `docs/embedding.md:12`. */
  readonly place: string
  readonly line: number
  readonly code: string
  /** Whether it goes on with the code of the block before. */
  readonly goesOn: boolean
}

const fence =
  /^(?<marker><!-- snippet: goes on -->\n\n)?(?<indent> *)```(?:ts|js)\n(?<code>.*?)^ *```$/gms

/** The documents that users read. */
export const documents: readonly string[] = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export const snippetsOf = (document: string): readonly Snippet[] => {
  const text = readFileSync(join(root, document), 'utf8')
  return [...text.matchAll(fence)].map((match) => {
    const { marker = '', indent = '', code = '' } = match.groups ?? {}
    const line = `${text.slice(0, match.index)}${marker}`.split('\n').length + 1
    const unindented = code.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    return { place: `${document}:${line}`, line, code: unindented, goesOn: marker !== '' }
  })
}

export const squeeze = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()

/** The files of a folder that the scripts of the repository compile, squeezed. */
export const compiledIn = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => squeeze(readFileSync(join(entry.parentPath, entry.name), 'utf8')))
