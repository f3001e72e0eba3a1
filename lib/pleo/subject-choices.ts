import type { Accounts, SubjectChoice } from './accounts.ts'
import { parseSubject, type SubjectType } from './subject.ts'

/**
 * What the person belongs to, as the host says it now.
 *
 * @throws where the host names what is no subject of that type: a token for it would be good for none
 */
export async function loadSubjectChoices(
  accounts: Accounts,
  accountId: string,
  type: SubjectType,
): Promise<readonly SubjectChoice[]> {
  const choices = await accounts.subjects(accountId, { type })
  return choices.map((choice) => {
    const subject = parseSubject(choice.urn)
    if (subject?.type !== type) {
      throw new TypeError(`accounts.subjects answered with a urn that is not one of a ${type}`)
    }
    // A host without types may say something that only looks like a no.
    const mayConnect: unknown = choice.mayConnect
    return { ...choice, urn: subject.urn, mayConnect: mayConnect === true }
  })
}
