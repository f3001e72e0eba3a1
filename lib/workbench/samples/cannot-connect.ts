import type { CannotConnectData } from '../../pages/page-data.ts'
import type { ShownSubject } from '../../pages/shown-data.ts'
import { signedIn, toBareClient, toClosedSubject, toSampleSubject } from './parts.ts'

const cannotConnect = {
  ...signedIn,
  subjectType: 'company',
  startUrl: 'https://northwind.example/connect',
} as const

const refuse = (
  ...groups: readonly (readonly ShownSubject[])[]
): Pick<CannotConnectData, 'subjects' | 'refusals'> => ({
  subjects: groups.flat(),
  refusals: groups.map((subjects) => ({
    reason: subjects[0]?.reason ?? null,
    administrators: subjects[0]?.administrators ?? [],
    subjects,
  })),
})

/** The page of a person who may connect nothing, in every state. */
export const cannotConnectSamples: Readonly<Record<string, CannotConnectData>> = {
  'no companies': { ...cannotConnect, ...refuse() },
  'one company': { ...cannotConnect, ...refuse([toClosedSubject(0)]) },
  'three companies, two reasons': {
    ...cannotConnect,
    ...refuse([0, 1].map(toClosedSubject), [
      toSampleSubject(2, { mayConnect: false, administrators: ['Bjørn Dahl'] }),
    ]),
    startUrl: null,
  },
  '40 companies': { ...cannotConnect, ...refuse([...Array(40).keys()].map(toClosedSubject)) },
  organization: {
    ...cannotConnect,
    client: toBareClient({ isTest: true }),
    subjectType: 'organization',
    ...refuse([toSampleSubject(0, { mayConnect: false, detail: null }, 'organization')]),
  },
}
