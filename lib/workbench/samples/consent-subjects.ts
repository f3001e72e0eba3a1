import type { ConsentData } from '../../pages/page-data.ts'
import type { ShownSubject } from '../../pages/shown-data.ts'
import { toClosedSubject, toSampleSubject, toSampleSubjects } from './parts.ts'

/** States of the consent page, by their names. */
export type ConsentSamples = Readonly<Record<string, ConsentData>>

/** The person has companies. */
export function createSubjectSamples(usual: ConsentData): ConsentSamples {
  const three = [toSampleSubject(0), toSampleSubject(1), toClosedSubject(2)]
  const asked = toSampleSubject(0, { isChecked: true })
  const others = toSampleSubjects(5).slice(1)
  return {
    'one company': usual,
    'three companies': { ...usual, ...choose(three) },
    '250 companies': { ...usual, ...choose(toSampleSubjects(250)) },
    preselected: { ...usual, ...choose([asked, ...others], asked.urn) },
  }
}

/** The person has organizations. */
export function createOrganizationSamples(usual: ConsentData): ConsentSamples {
  const organization = (number: number, count?: number): ShownSubject => {
    const names = toSampleSubjects(count ?? 0).map(({ name }) => name)
    const companies = count === undefined ? null : { names, includesLater: number !== 4 }
    return toSampleSubject(number, { detail: null, companies }, 'organization')
  }
  const state = (...organizations: readonly ShownSubject[]): ConsentData => ({
    ...usual,
    ...choose(organizations),
    subjectType: 'organization',
    notShared: ['consent.notShared.password', 'consent.notShared.otherOrganizations'],
  })
  return {
    organization: state(organization(3, 3)),
    'organization of 40 companies': state(organization(4, 40)),
    'organization whose companies are not known': state(organization(5)),
    'three organizations': state(organization(3, 3), organization(4, 40), organization(5, 0)),
  }
}

/** The choice between these subjects. @param requested - the URN that the client asked for */
export function choose(
  subjects: readonly ShownSubject[],
  requested?: string,
): Pick<ConsentData, 'subjects' | 'single' | 'preselected' | 'others'> {
  const [only] = subjects
  const preselected = subjects.find(({ urn }) => urn === requested) ?? null
  return {
    subjects,
    single: subjects.length === 1 && only ? only : null,
    preselected,
    others: subjects.filter((subject) => subject !== preselected),
  }
}
