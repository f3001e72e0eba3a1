import leven from 'leven'
import { isInjected } from './places.ts'

/**
 * Finds variables that are spelled nearly like a setting, and would be ignored without a word. Other programs have variables, too:
 * so one that is near a setting that is set, or that an orchestrator has made, is not meant.
 *
 * @returns one line for each
 */
export function findNearMisses(
  environment: Readonly<Record<string, string | undefined>>,
  settings: readonly string[],
): readonly string[] {
  const missing = settings.filter((name) => !environment[name])
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!value || isInjected(value) || settings.includes(name)) return []
    const meant = missing.find((setting) => isNear(name.toUpperCase(), setting))
    return meant === undefined ? [] : [`${name} is not read (did you mean ${meant}?)`]
  })
}

/** Short names differ in one letter at most: HOME is not HOST. Two that changed places count as one. */
function isNear(name: string, setting: string): boolean {
  const distance = leven(name, setting)
  if (distance <= (setting.length < 10 ? 1 : 2)) return true
  return distance === 2 && name.length === setting.length && isSwapped(name, setting)
}

function isSwapped(name: string, setting: string): boolean {
  const at = Array.from(setting).findIndex((letter, index) => letter !== name[index])
  const swapped = setting.charAt(at + 1) + setting.charAt(at)
  return name === setting.slice(0, at) + swapped + setting.slice(at + 2)
}
