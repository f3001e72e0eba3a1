import { pleoScopes, type HostWords, type ScopeWords } from '../../pleo/scopes.ts'
import { defaultLanguage } from './catalogues.ts'
import { withoutRegion, type Translator } from './translator.ts'

/** The words in a language, or in that without its region; `undefined` where they are not in it. */
export const findHostWords = (words: HostWords, language: string): string | undefined =>
  withoutRegion(language)
    .filter((tag) => Object.hasOwn(words, tag))
    .map((tag) => words[tag])[0]

/**
 * A scope in the words of a language: those that the host gave with the scope, then those of the catalogues, then
 * the English ones.
 */
export function toScopeDescription(
  name: string,
  { description }: ScopeWords,
  translator: Translator,
): string {
  const path = `scopes.${name}`
  // Words of ours are in the catalogues, too, and a host can override them there.
  const isOurs = description === pleoScopes[name]?.description
  if (isOurs) {
    return translator.find(path) ?? translator.find(path, defaultLanguage) ?? description.en
  }
  const given = findHostWords(description, translator.language)
  return given ?? translator.find(path) ?? description.en
}
