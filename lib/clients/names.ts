import { z } from 'zod'
import type { ConfigurationIssue } from '../errors.ts'
import { complain } from '../validation/schemas.ts'
import { containsName, skeletonOf } from './look-alikes.ts'

// Why a name is refused. That another client claims it already is in `name-index.ts`.

/** The rules for names that differ from server to server. */
export interface NameRules {
  /** Names that no client may have as a part of its own. */
  readonly reservedNames: readonly string[]
  /** Signs that names may have beside the usual ones. Each is read as any letter. @defaultValue none */
  readonly nameSigns?: string
}

/** The names of a client in all languages, by the members they are in. */
export const namesOf = (client: unknown): readonly (readonly [member: string, name: string])[] =>
  Object.entries(Object(client) as object).filter(
    (entry): entry is [string, string] =>
      /^client_name($|#)/.test(entry[0]) && typeof entry[1] === 'string',
  )

/** How long a name is at most, as it is given and in its compatibility form: one character can have eighteen in that. */
const longest = 200

/** The rules for every name, also for one that a client has already. */
export function clientName({ reservedNames, nameSigns }: NameRules): z.ZodType<string> {
  return z.string({ error: 'must be a string' }).superRefine((value, context) => {
    const refuse = (code: string, message: string): void => complain(context, code, message)
    if (value === '') return refuse('invalid_name', 'must not be empty')
    if (value.length > longest || value.normalize('NFKC').length > longest) {
      return refuse('invalid_name', `must have ${longest} characters at most`)
    }
    if (hasInvisible(value)) {
      refuse('invalid_name', 'must not have control, direction or other invisible characters')
    }
    if (value.trim() !== value) refuse('invalid_name', 'must not begin or end with white space')
    if (skeletonOf(value) === '') refuse('invalid_name', 'must have a letter or a digit')
    const part = reservedNames.find((name) => containsName(value, name, nameSigns))
    if (part !== undefined) {
      refuse('reserved_name', `must not contain the name "${part}", or what looks like it`)
    } else if (mixesAlphabets(value)) {
      refuse('mixed_alphabets', 'must not mix alphabets, or kinds of digits, within a word')
    }
  })
}

/** Whether a text has what a person cannot see, or what turns the text around it. */
export const hasInvisible = (text: string): boolean => invisible.test(text)

/**
 * Control, direction and format characters, and those that take no room on a page, or leave their room empty without being a
 * space.
 */
const invisible =
  /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\uFFFC\u{13441}\u{13442}\u{16FE4}\u{1D159}]/u

/** The signs of company names. They part words, and look like no letter. */
const usualSigns = "&'’-–.,+/():!™®"

/**
 * Finds new names with signs that can be read as letters, and with letters of scripts that hardly anybody writes today, whose letters
 * look like others. A client keeps the names that it has already.
 *
 * @param others - signs that names may have beside the usual ones
 * @see {@link https://www.unicode.org/reports/tr31/#Table_Candidate_Characters_for_Exclusion_from_Identifiers Unicode UAX 31, Tables 4 and 7}
 */
export function findNameIssues(
  client: object,
  others: string,
  current: object = {},
): readonly ConfigurationIssue[] {
  const kept = new Set(namesOf(current).map(([, name]) => name))
  return namesOf(client)
    .filter(([, name]) => !kept.has(name))
    .flatMap(([path, name]) => {
      if (otherScript.test(name)) {
        const message = 'must have letters of scripts that are in everyday use (Unicode UAX 31)'
        return [{ path, code: 'unusual_script', message }]
      }
      const isWrong = (name.match(sign) ?? []).some((found) => isUnusual(found, others))
      const message = `must have no signs but ${Array.from(usualSigns + others).join(' ')}`
      return isWrong ? [{ path, code: 'unusual_sign', message }] : []
    })
}

/** Signs, marks around the letter before them, and numbers without digits. */
const sign = /[\p{P}\p{S}\p{Me}]|(?!\p{Script=Han})[\p{No}\p{Nl}]/gu

const isUnusual = (found: string, others: string): boolean =>
  !usualSigns.includes(found) &&
  !others.includes(found) &&
  (/[\p{P}\p{S}\p{Me}]/u.test(found) || !/^[\p{L}\p{Nd}]/u.test(found.normalize('NFKD')))

const toList = (text: string): readonly string[] => text.trim().split(/\s+/)

/** @see {@link https://www.unicode.org/reports/tr31/#Table_Recommended_Scripts Unicode UAX 31, Table 5} */
const recommendedScripts = toList(`
  Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul
  Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan
`)

const otherScript = new RegExp(
  `[^${[...recommendedScripts, 'Common', 'Inherited'].map((name) => `\\p{Script=${name}}`).join('')}]`,
  'u',
)

/** Scripts that people write every day in few places. */
const localScripts = toList(`
  Mongolian Cherokee Canadian_Aboriginal Syriac Nko Adlam Tifinagh Vai Bamum
  Balinese Javanese Sundanese Batak Buginese Cham Kayah_Li Lepcha Limbu Lisu Meetei_Mayek
  New_Tai_Lue Newa Ol_Chiki Osage Saurashtra Syloti_Nagri Tai_Le Tai_Tham Tai_Viet Chakma
  Mandaic Miao Yi Wancho Hanifi_Rohingya Nyiakeng_Puachue_Hmong Coptic
`)

/** Scripts that are written together, also within a word. */
const together = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Hangul'],
  ['Latin', 'Han', 'Bopomofo'],
]

const inScripts = (names: readonly string[]): string =>
  names.map((name) => `\\p{Script_Extensions=${name}}`).join('')

const named = [...recommendedScripts, ...localScripts]

/** Words of one alphabet each, with signs of no alphabet. The last is for all scripts that are not named. */
const alphabets: readonly RegExp[] = [
  ...[
    ...together,
    ...named.filter((name) => !together.flat().includes(name)).map((name) => [name]),
  ].map((names) => new RegExp(`^[${inScripts([...names, 'Common', 'Inherited'])}]*$`, 'u')),
  new RegExp(`^[^${inScripts(named)}]*$`, 'u'),
]

/**
 * Whether a word of a text has letters or digits of several scripts, or digits of several number systems. A word may have Latin
 * letters beside Chinese, Japanese or Korean ones; two words may have different scripts.
 *
 * @see {@link https://www.unicode.org/reports/tr39/#Restriction_Level_Detection Unicode TR39, Section 5.2}: Highly Restrictive
 */
export const mixesAlphabets = (text: string): boolean =>
  text
    .split(/[\p{P}\p{S}\p{Z}\p{C}]+/u)
    .map((word) => word.normalize('NFKD'))
    .some((word) => !alphabets.some((alphabet) => alphabet.test(word)) || mixesDigits(word))

const mixesDigits = (word: string): boolean =>
  new Set(Array.from(word.matchAll(/\p{Nd}/gu), ([digit]) => zeroOf(digit))).size > 1

/** Returns the code point of the zero that belongs to a digit: the ten digits of a number system are in a row. */
function zeroOf(digit: string): number {
  let zero = digit.codePointAt(0) ?? 0
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return zero
}
