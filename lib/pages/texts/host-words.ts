import type { HostWords } from '../../pleo/scopes.ts'
import { withoutRegion } from './translator.ts'

/** The words in a language, or in that without its region; `undefined` where they are not in it. */
export const findHostWords = (words: HostWords, language: string): string | undefined =>
  withoutRegion(language)
    .filter((tag) => Object.hasOwn(words, tag))
    .map((tag) => words[tag])[0]
