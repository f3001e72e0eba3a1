import { lookAlikes } from './look-alikes.ts'

/** What letters are read as. */
type Letters = Readonly<Record<string, string>>

const latin: Letters = Object.fromEntries(
  Object.entries(lookAlikes).flatMap(([target, letters]) =>
    Array.from(letters, (letter) => [letter, target] as const),
  ),
)

/** Looks that Latin letters and digits share among themselves; in a text in lower case. */
const shared: Letters = { '0': 'o', '1': 'l', '|': 'l', i: 'l', m: 'rn' }

/** What stands for a letter where somebody wants a name to be read that is not there. */
const standIns: Letters = { '3': 'e', '€': 'e', '!': 'l', '£': 'l' }

/**
 * Control, direction and format characters, and whatever else takes no room on a page, or takes it and leaves it empty
 * without being a space.
 */
const invisible =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{13441}\u{13442}\u{16FE4}\u{1D159}]/u

/** Whether a text has what a person cannot see, or what turns the text around it. */
export const hasInvisible = (text: string): boolean => invisible.test(text)

/**
 * What a name looks like: two names with the same skeleton are one to a person. Case, diacritics, white space,
 * punctuation and symbols do not count, nor do letters of other scripts that look like Latin ones.
 *
 * @see {@link https://www.unicode.org/reports/tr39/#Confusable_Detection Unicode TR39, Section 4}
 */
export const skeletonOf = (name: string): string => wordsOf(name).join('')

/**
 * Whether a name contains another one, or what looks like it: within a word (`MyPleo`), as the beginning of
 * words that are read as one (`Ple o`, `P.l.e.o`, `P|l|e|o`), or with digits for letters (`PL30`). Not where it
 * comes about between two other words (`Simple Office`).
 *
 * @param anyLetter - signs that are read as any letter, too
 */
export function containsName(name: string, other: string, anyLetter = ''): boolean {
  const searched = skeletonOf(other)
  if (searched === '') return false
  const marked = markLoneSigns(name)
  const apart = name.replaceAll(/[\p{P}\p{S}]/gu, (sign) => (isLetter(sign) ? sign : ' '))
  const readings = [wordsOf(name), wordsOf(name, standIns), wordsOf(apart, standIns)]
  return (
    readings.some((words) => hasRun(words, searched)) ||
    (marked !== name && hasWithAny(marked, searched, any)) ||
    Array.from(anyLetter).some(
      (sign) => name.includes(sign) && hasWithAny(name, searched, anyLetter),
    )
  )
}

/** A letter that no name has, for signs that are read as any letter. */
const any = '\u{E000}'

const eastAsian =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}]/gu

/** One East Asian letter in a Latin word is probably there for its look: it is read as any letter. */
const markLoneSigns = (name: string): string =>
  name.replaceAll(/[\p{L}\p{M}\p{N}]+/gu, (word) =>
    /\p{Script=Latin}/u.test(word) && word.match(eastAsian)?.length === 1
      ? word.replace(eastAsian, any)
      : word,
  )

/** Whether a name is searched for if each of some signs may be one letter of it. */
function hasWithAny(name: string, searched: string, anyLetter: string): boolean {
  const marked = Array.from(name, (sign) => (anyLetter.includes(sign) ? any : sign)).join('')
  let reached = new Set<number>()
  for (const letter of wordsOf(marked, standIns).join('')) {
    const next = [...reached, 0].flatMap((at) => {
      if (letter !== any) return searched.startsWith(letter, at) ? [at + letter.length] : []
      // One letter looks like these two.
      return searched.startsWith('rn', at) ? [at + 1, at + 2] : [at + 1]
    })
    if (next.includes(searched.length)) return true
    reached = new Set(next)
  }
  return false
}

/** Whether a sign is a letter in a circle, in a square or of a flag, and not one that may also part two letters. */
const isLetter = (sign: string): boolean =>
  /^[\p{L}\p{N}]$/u.test(sign.normalize('NFKD')) || /[\u{1F130}-\u{1F1FF}]/u.test(sign)

/** How short a name must be to be looked for as a word of its own only, in letters. */
const shortest = 4

function hasRun(words: readonly string[], searched: string): boolean {
  const isLong = searched.length >= shortest
  if (isLong && words.some((word) => word.includes(searched))) return true
  const whole = words.join('')
  const bounds = new Set([0])
  let end = 0
  for (const word of words) {
    end += word.length
    bounds.add(end)
  }
  return [...bounds].some(
    (start) => whole.startsWith(searched, start) && (isLong || bounds.has(start + searched.length)),
  )
}

/** The words of a name in the letters that they look like, with what else stands for some. */
const wordsOf = (name: string, others: Letters = {}): readonly string[] =>
  [latin, others, shared]
    .reduce((text, letters) => withoutMarks(eachLetter(text, letters)), fold(name))
    .replaceAll('vv', 'w')
    .split(/[\p{P}\p{S}\p{Z}\s]+/u)
    .filter(Boolean)

const eachLetter = (text: string, letters: Letters): string =>
  text.replaceAll(/./gsu, (letter) => (Object.hasOwn(letters, letter) && letters[letter]) || letter)

/** Without the marks of any script on Latin, Greek and Cyrillic letters, and on digits and signs: others make another letter. */
const withoutMarks = (text: string): string =>
  text.replaceAll(
    /(^|(?!\p{M})[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Common}])\p{M}+/gu,
    '$1',
  )

/** In lower case and in its parts, without what stands beside or on a letter of any script, or takes no room. */
const fold = (text: string): string =>
  text
    // Its decomposition has letters, but it is a sign.
    .replaceAll('\u2122', ' ')
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .replaceAll(/(?![\u3099\u309A])\p{Script=Inherited}/gu, (mark) =>
      /\p{M}/u.test(mark) ? '' : mark,
    )
    .replaceAll(modifiers, '')

/** Letters that modify the one before them: apostrophes, strokes, tones. */
const modifiers = /[\u02B0-\u02FF\uA700-\uA721\uA788-\uA78C\uA78F]/g
