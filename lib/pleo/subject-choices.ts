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
  return choices.map(withoutNull).map((choice) => {
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
}

/** A database may say null for a member that is left out. */
const withoutNull = (choice: SubjectChoice): SubjectChoice =>
  Object.fromEntries(
    Object.entries(choice).filter(([, value]: [string, unknown]) => value !== null),
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
