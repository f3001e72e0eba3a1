import type { localizedMembers } from './metadata.ts'

/** What a client registered in other languages, by member and language tag as they stand there: `client_name#da`. */
export type Localized = Readonly<Record<string, string>>

/**
 * The same in one member: the framework keeps no member with a language tag, and no other that it is not told the
 * name of.
 */
export const toLocalized = (client: object): { readonly localized?: Localized } => {
  const entries = Object.entries(client).filter(([name]) => name.includes('#'))
  return entries.length === 0 ? {} : { localized: Object.fromEntries(entries) }
}

/**
 * What a client registered for people who read that language: with its region or without, or with another one. Undefined
 * where there is nothing, and what stands without a tag counts.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc7591.html#section-2.2 RFC 7591, Section 2.2}
 */
export function localizedFor(
  localized: unknown,
  member: (typeof localizedMembers)[number],
  language: string,
): string | undefined {
  const wanted = language.toLowerCase()
  const texts = Object.entries(Object(localized) as object)
    .filter(([name, text]) => name.startsWith(`${member}#`) && typeof text === 'string')
    .map(([name, text]) => [name.slice(member.length + 1).toLowerCase(), String(text)] as const)
  const found =
    texts.find(([tag]) => tag === wanted) ??
    texts.find(([tag]) => wanted.startsWith(`${tag}-`)) ??
    texts.find(([tag]) => tag.startsWith(`${wanted}-`))
  return found?.[1]
}
