import { constants, copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { nearestName } from '../validation/did-you-mean.ts'
import { bundledViews, listBundledTemplates } from '../workbench/preview.ts'
import { Refusal } from './terminal/refusals.ts'

/**
 * Copies bundled templates into a folder, all or none, and returns the paths of the copies.
 *
 * @param names - with or without `.njk`. Without names, all templates and the style sheet are copied
 * @param isForced - overwrite existing files
 * @throws {@link Refusal} if nothing was copied
 */
export function copyViews(
  folder: string,
  names: readonly string[],
  isForced: boolean,
): readonly string[] {
  const known = [...listBundledTemplates(), 'styles.css', 'script.js']
  if (existsSync(folder) && !statSync(folder).isDirectory())
    throw new Refusal(`${resolve(folder)} is not a folder`)

  const found = names.map((name) => known.find((file) => file === name || file === `${name}.njk`))
  const unknown = names.find((_, index) => found[index] === undefined)
  if (unknown !== undefined) {
    const meant = nearestName(unknown, [...known, ...known.map((file) => file.replace('.njk', ''))])
    const hint = meant === undefined ? `there are ${known.join(', ')}` : `did you mean ${meant}?`
    throw new Refusal(`there is no template ${unknown} (${hint})`)
  }
  // The script is a program. It is only copied by its name.
  const files = names.length > 0 ? found.filter((file) => file !== undefined) : known.slice(0, -1)
  const taken = files.map((file) => join(folder, file)).filter((path) => existsSync(path))
  if (taken.length > 0 && !isForced)
    throw new Refusal(
      `there already is ${taken.join(', ')}; nothing was copied (--force overwrites)`,
    )
  mkdirSync(folder, { recursive: true })
  return [...new Set(files)].map((file) => {
    const target = join(folder, file)
    copyFileSync(join(bundledViews, file), target, isForced ? 0 : constants.COPYFILE_EXCL)
    return target
  })
}
