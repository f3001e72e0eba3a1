import { constants, copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { nearestName } from '../validation/did-you-mean.ts'
import { bundledViews, listBundledTemplates } from '../workbench/preview.ts'

/** The files that were copied, or the reason why nothing was copied. */
export interface Copied {
  readonly copied: readonly string[]
  readonly problem?: string
}

/**
 * Copies bundled templates into a folder: all or none.
 *
 * @param names - with or without `.njk`. Without names, all templates and the style sheet are copied
 * @param isForced - overwrite existing files
 */
export function copyViews(folder: string, names: readonly string[], isForced: boolean): Copied {
  const known = [...listBundledTemplates(), 'styles.css', 'filter.js']
  const refuse = (problem: string): Copied => ({ copied: [], problem })
  if (existsSync(folder) && !statSync(folder).isDirectory())
    return refuse(`${folder} is not a folder`)

  const found = names.map((name) => known.find((file) => file === name || file === `${name}.njk`))
  const unknown = names.find((_, index) => found[index] === undefined)
  if (unknown !== undefined) {
    const meant = nearestName(unknown, [...known, ...known.map((file) => file.replace('.njk', ''))])
    const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`
    return refuse(`there is no template ${unknown} (${hint})`)
  }
  // The script is a program. It is only copied by its name.
  const files = names.length > 0 ? found.filter((file) => file !== undefined) : known.slice(0, -1)
  const taken = files.filter((file) => existsSync(join(folder, file)))
  if (taken.length > 0 && !isForced) {
    const list = taken.map((file) => join(folder, file)).join(', ')
    return refuse(`there already is ${list}; nothing was copied (--force overwrites)`)
  }
  mkdirSync(folder, { recursive: true })
  const copied = [...new Set(files)].map((file) => {
    const target = join(folder, file)
    copyFileSync(join(bundledViews, file), target, isForced ? 0 : constants.COPYFILE_EXCL)
    return target
  })
  return { copied }
}
