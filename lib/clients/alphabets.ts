/** Scripts that Unicode TR31 recommends for identifiers, or that people write every day in few places. */
const scripts = `
  Latin Cyrillic Greek Arabic Hebrew Armenian Georgian Ethiopic Thaana Devanagari Bengali
  Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar
  Khmer Mongolian Cherokee Canadian_Aboriginal Syriac Nko Adlam Tifinagh Vai Bamum
  Balinese Javanese Sundanese Batak Buginese Cham Kayah_Li Lepcha Limbu Lisu Meetei_Mayek
  New_Tai_Lue Newa Ol_Chiki Osage Saurashtra Syloti_Nagri Tai_Le Tai_Tham Tai_Viet Chakma
  Mandaic Miao Yi Wancho Hanifi_Rohingya Nyiakeng_Puachue_Hmong Coptic
`
  .trim()
  .split(/\s+/)

/** Scripts that are written together, also within a word. */
const together = [
  ['Latin', 'Han', 'Hiragana', 'Katakana'],
  ['Latin', 'Han', 'Hangul'],
  ['Latin', 'Han', 'Bopomofo'],
]

const inScripts = (names: readonly string[]): string =>
  names.map((name) => `\\p{Script_Extensions=${name}}`).join('')

/** Words of one alphabet each, with signs that are of none. The last is of all scripts that are not named. */
const alphabets: readonly RegExp[] = [
  ...[...scripts.map((name) => [name]), ...together].map(
    (names) => new RegExp(`^[${inScripts([...names, 'Common', 'Inherited'])}]*$`, 'u'),
  ),
  new RegExp(`^[^${inScripts([...scripts, ...together.flat()])}]*$`, 'u'),
]

/**
 * Whether letters or digits of several scripts stand within one word of a text, or digits of several number systems. Latin
 * letters may stand among those of Chinese, Japanese and Korean; words of several scripts may stand beside each other.
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

/** Where the ten digits begin that one is of: they stand in a row. */
function zeroOf(digit: string): number {
  let zero = digit.codePointAt(0) ?? 0
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
  return zero
}
