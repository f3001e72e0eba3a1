import { withoutRegion } from './translator.ts'

/** Words of the host, by language tag (BCP 47). `en` is what a missing language falls back to. */
export interface HostWords {
  readonly en: string
  readonly [language: string]: string
}

/** The words in a language, or in that without its region; `undefined` where they are not in it. */
export const findHostWords = (words: HostWords, language: string): string | undefined =>
  withoutRegion(language)
    .filter((tag) => Object.hasOwn(words, tag))
    .map((tag) => words[tag])[0]
