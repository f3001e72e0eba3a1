import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readTextFile } from '../validation/text-file.ts'

/** The folder of the bundled templates. */
export const bundledViews: string = fileURLToPath(
  new URL('.', import.meta.resolve('#views/layout.njk')),
)

/** The beginning of the name of a bundled file that a host may have replaced: `pleo/consent.njk`. */
const bundledPrefix = 'pleo/'

/** A file that pages are made of. */
export interface ViewFile {
  /** Its path below its folder. */
  readonly name: string
  /** The index of the host's folder that it is in; undefined if it is ours. */
  readonly directory: number | undefined
  readonly content: string
}

/**
 * The file of a name: that of the first folder of the host that has it, or ours.
 *
 * @param directories - the folders of the host
 */
export function findViewFile(directories: readonly string[], name: string): ViewFile | undefined {
  if (!isPathBelow(name)) return undefined
  if (name.startsWith(bundledPrefix)) {
    return readViewFile(bundledViews, name.slice(bundledPrefix.length), undefined)
  }
  const found = directories
    .map((folder, directory) => ({ folder, directory }))
    .find(({ folder }) => existsSync(join(folder, name)))
  return readViewFile(found?.folder ?? bundledViews, name, found?.directory)
}

function readViewFile(
  folder: string,
  name: string,
  directory: number | undefined,
): ViewFile | undefined {
  const path = join(folder, name)
  return existsSync(path) ? { name, directory, content: readTextFile(path) } : undefined
}

/** Whether a name stays within its folder. */
const isPathBelow = (name: string): boolean =>
  name !== '' && name.split(/[/\\]/).every((part) => !['', '.', '..'].includes(part))

/** The names of the files in a folder and those within it. */
export const listViewFiles = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, '/').length))
    .map((name) => name.replaceAll('\\', '/'))
    .toSorted()
