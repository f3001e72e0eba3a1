import { lookAlikes } from './look-alikes.ts'

const byLetter: ReadonlyMap<string, string> = new Map(
  Object.entries(lookAlikes).flatMap(([target, letters]) =>
    Array.from(letters, (letter) => [letter, target] as const),
  ),
)

/** Looks that Latin letters and digits share among themselves; in a text in lower case. */
const shared: Readonly<Record<string, string>> = { '0': 'o', '1': 'l', '|': 'l', i: 'l', m: 'rn' }

/** What stands for a letter where somebody wants a name to be read that is not there. */
const standIns: Readonly<Record<string, string>> = { '3': 'e', '€': 'e', '!': 'l', '£': 'l' }

/** Control, direction and format characters, and whatever else takes no room on a page. */
const invisible = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u

/** Whether a text has what a person cannot see, or what turns the text around it. */
export const hasInvisible = (text: string): boolean => invisible.test(text)

/**
 * What a name looks like: two names with the same skeleton are one to a person. Case, diacritics, white space and
 * punctuation do not count, nor do letters of other scripts that look like Latin ones.
 *
 * @see {@link https://www.unicode.org/reports/tr39/#Confusable_Detection Unicode TR39, Section 4}
 */
export const skeletonOf = (name: string): string => wordsOf(name).join('')

/**
 * Whether a name contains another one, or what looks like it: within a word (`MyPleo`), as the beginning of
 * words that are read as one (`Ple o`, `P.l.e.o`), or with digits for letters (`PL30`). Not where it
 * comes about between two other words (`Simple Office`).
 */
export function containsName(name: string, other: string): boolean {
  const searched = skeletonOf(other)
  if (searched === '') return false
  const plain = wordsOf(name)
  const leet = wordsOf(eachLetter(name, (letter) => standIns[letter]))
  return [plain, leet].some((words) => hasRun(words, searched))
}

/** How short a name must be to be looked for as a word of its own only, in letters. */
const shortest = 4

function hasRun(words: readonly string[], searched: string): boolean {
  return words.some((word, index) => {
    const rest = words.slice(index)
    if (searched.length >= shortest) {
      return word.includes(searched) || rest.join('').startsWith(searched)
    }
    return rest.some((_, length) => rest.slice(0, length + 1).join('') === searched)
  })
}

const wordsOf = (name: string): readonly string[] =>
  eachLetter(
    eachLetter(fold(name), (letter) => byLetter.get(letter)),
    (letter) => shared[letter],
  )
    .replaceAll('vv', 'w')
    .split(/[\p{P}\p{Z}\s]+/u)
    .filter(Boolean)

const eachLetter = (text: string, change: (letter: string) => string | undefined): string =>
  text.replaceAll(/./gsu, (letter) => change(letter) ?? letter)

/** In lower case and in its parts, without the marks on Latin, Greek and Cyrillic letters. */
const fold = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, (mark) => (/\p{Script=Inherited}/u.test(mark) ? '' : mark))
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
