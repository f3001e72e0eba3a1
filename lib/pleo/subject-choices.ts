import type { Accounts, SubjectChoice } from './accounts.ts'
import { parseSubject, type SubjectType } from './subject.ts'

/**
 * Asks the host for the companies or organizations of the person.
 *
 * @param language - that of the page that shows them
 * @throws TypeError if the host gives a URN that is not a subject of that type, or companies that are not those of an organization
 */
export async function loadSubjectChoices(
  accounts: Accounts,
  accountId: string,
  type: SubjectType,
  language: string,
): Promise<readonly SubjectChoice[]> {
  const choices = await accounts.subjects(accountId, { type, language })
  const checked = choices.map(toPlain).map((choice) => {
    const subject = parseSubject(choice.urn)
    if (subject?.type !== type) {
      throw new TypeError(`accounts.subjects answered with a urn that is not one of a ${type}`)
    }
    if (choice.companies !== undefined && !isOfOrganization(choice.companies, type)) {
      throw new TypeError(
        'accounts.subjects answered with companies that are not { names, includesLater } of an organization',
      )
    }
    // A host without types may say something that only looks like a no.
    const mayConnect: unknown = choice.mayConnect
    return { ...choice, urn: subject.urn, mayConnect: mayConnect === true }
  })
  // A query may list one again for each role of the person. One role that may is enough.
  const byAuthority = checked.toSorted((one, other) => +one.mayConnect - +other.mayConnect)
  return [...new Map(byAuthority.map((choice) => [choice.urn, choice])).values()]
}

const members = Object.keys({
  urn: true,
  name: true,
  detail: true,
  mayConnect: true,
  reason: true,
  administrators: true,
  companies: true,
} satisfies Record<keyof SubjectChoice, true>) as readonly (keyof SubjectChoice)[]

/** Objects of a database may say null for a member that is left out, and have getters. */
const toPlain = (choice: SubjectChoice): SubjectChoice =>
  Object.fromEntries(
    members
      .map((name): [string, unknown] => [name, choice[name]])
      .filter(([, value]) => value !== null && value !== undefined),
  ) as unknown as SubjectChoice

/** A host without types may say anything. */
function isOfOrganization(companies: unknown, type: SubjectType): boolean {
  const { names, includesLater } = Object(companies) as Record<string, unknown>
  return (
    type === 'organization' &&
    typeof includesLater === 'boolean' &&
    Array.isArray(names) &&
    names.every((name) => typeof name === 'string')
  )
}
