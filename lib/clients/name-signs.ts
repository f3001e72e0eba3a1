import type { ConfigurationIssue } from '../errors.ts'
import { namesOf, type ClientMetadata } from './metadata.ts'

/** The signs of company names. They part words, and look like no letter. */
const usualSigns = "&'’-–.,+/():!™®"

/** @see {@link https://www.unicode.org/reports/tr31/#Table_Recommended_Scripts Unicode UAX 31, Table 5} */
const recommendedScripts = `
  Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul
  Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan
`
  .trim()
  .split(/\s+/)

const otherScript = new RegExp(
  `[^${[...recommendedScripts, 'Common', 'Inherited'].map((name) => `\\p{Script=${name}}`).join('')}]`,
  'u',
)

/** Signs, marks around the letter before them, and numbers that are no digits and have none in them. */
const sign = /[\p{P}\p{S}\p{Me}]|(?!\p{Script=Han})[\p{No}\p{Nl}]/gu

const isUnusual = (found: string, others: string): boolean =>
  !usualSigns.includes(found) &&
  !others.includes(found) &&
  (/[\p{P}\p{S}\p{Me}]/u.test(found) || !/^[\p{L}\p{Nd}]/u.test(found.normalize('NFKD')))

type Named = Partial<ClientMetadata>

/**
 * Finds names with signs that can be read as letters, and with letters of scripts that hardly anybody writes today, whose letters look
 * like others. A client keeps the names that it has already.
 *
 * @param others - signs that names may have beside the usual ones
 * @see {@link https://www.unicode.org/reports/tr31/#Table_Candidate_Characters_for_Exclusion_from_Identifiers Unicode UAX 31, Tables 4 and 7}
 */
export function findNameIssues(
  client: Named,
  others: string,
  current: Named = {},
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

/** Warns of clients with such a name that they had before there was this rule. They go on working. */
export function warnOfNames(clients: readonly ClientMetadata[], others: string): void {
  const found = clients.flatMap((client) =>
    findNameIssues(client, others).map(({ path }) => `${client.client_id} (${path})`),
  )
  if (found.length === 0) return
  const more = found.length > mostShown ? ` and ${found.length - mostShown} more` : ''
  process.emitWarning(
    `These clients have names with signs or letters that a new name may not have, because they can be read as others: ` +
      `${found.slice(0, mostShown).join(', ')}${more}. They were not changed. Look at them, and change or suspend those that you do not know.`,
    { type: 'ClientWarning', code: 'unusual_names' },
  )
}

/** How many clients a warning names. */
const mostShown = 10
