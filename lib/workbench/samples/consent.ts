import type { Translator } from '../../pages/texts/translator.ts'
import { containsOf, describeScope } from '../../pages/shown-terms.ts'
import { pleoScopes } from '../../pleo/scopes.ts'
import type { ConsentData } from '../../pages/page-data.ts'
import type { ShownScope, ShownSubject } from '../../pages/shown-data.ts'
import {
  account,
  connectionsUrl,
  longName,
  rightToLeftName,
  sampleDay,
  signedIn,
  toBareClient,
  toClosedSubject,
  toSampleClient,
  toSampleSubject,
  toSampleSubjects,
} from './parts.ts'

const day = 86_400_000

/** The consent page in every state. */
export function createConsentSamples(translator: Translator): ConsentSamples {
  const toUsual: ScopeMaker = (name, differences = {}) => toScope(name, differences, translator)
  const scopes = [toUsual('companies:read'), toUsual('accounts:read'), toUsual('export-jobs:write')]
  const usual = { ...plain, ...toTerms(scopes, translator) }
  return {
    ...createSubjectSamples(usual),
    ...createScopeSamples(usual, toUsual, translator),
    ...createClientSamples(usual),
    'nothing chosen': {
      ...usual,
      ...choose([toSampleSubject(0), toSampleSubject(1)]),
      error: 'consent.problem.noSubject',
    },
  }
}

type ScopeMaker = (name: string, differences?: Partial<ShownScope>) => ShownScope
type ConsentSamples = Readonly<Record<string, ConsentData>>

function createSubjectSamples(usual: ConsentData): ConsentSamples {
  const three = [toSampleSubject(0), toSampleSubject(1), toClosedSubject(2)]
  const asked = toSampleSubject(0, { isChecked: true })
  const others = toSampleSubjects(5).slice(1)
  return {
    'one company': usual,
    'three companies': { ...usual, ...choose(three) },
    '250 companies': { ...usual, ...choose(toSampleSubjects(250)) },
    preselected: { ...usual, ...choose([asked, ...others], asked.urn) },
    organization: {
      ...usual,
      ...choose([toSampleSubject(3, {}, 'organization')]),
      subjectType: 'organization',
      notShared: ['consent.notShared.password', 'consent.notShared.otherOrganizations'],
    },
  }
}

function createScopeSamples(
  usual: ConsentData,
  scope: ScopeMaker,
  translator: Translator,
): ConsentSamples {
  const read = scope('companies:read')
  const added = scope('vendors:write', { isNew: true })
  const connected = toSampleSubject(0, {
    connectedSince: new Date(sampleDay.getTime() - 200 * day),
    newAccess: [added.description],
  })
  const optional = [
    read,
    scope('accounts:read', { isOptional: true, isTicked: true }),
    scope('vendors:write', { isOptional: true }),
  ]
  const readOnly = [read, scope('accounts:read')]
  return {
    '40 scopes': { ...usual, ...toTerms(toManyScopes(40), translator) },
    'optional scopes': { ...usual, ...toTerms(optional, translator) },
    'new since last time': {
      ...usual,
      ...choose([connected]),
      ...toTerms([read, added], translator),
    },
    'several, one connected before': { ...usual, ...choose([connected, toSampleSubject(1)]) },
    'read only': {
      ...usual,
      ...toTerms(readOnly, translator),
      notShared: ['consent.access.readOnly', ...usual.notShared],
    },
  }
}

function createClientSamples(usual: ConsentData): ConsentSamples {
  const longAddress = longName.toLowerCase().slice(0, 60)
  const chooseBeside = (name: string) => choose([toSampleSubject(0, { name }), toSampleSubject(1)])
  return {
    'test client': { ...usual, client: toSampleClient({ isTest: true }) },
    'verified client': { ...usual, client: toSampleClient({ isVerified: true }) },
    'client that says nothing of itself': { ...usual, client: toBareClient() },
    'long names': {
      ...usual,
      client: toSampleClient({ name: longName, initials: 'V' }),
      account: { name: longName, email: `${longAddress}@fjord.example` },
      redirectHost: `${longAddress}.example`,
      ...chooseBeside(longName),
    },
    'names from right to left': {
      ...usual,
      client: toSampleClient({ name: rightToLeftName, initials: 'شا' }),
      account: { name: 'ليلى حداد', email: account.email },
      ...chooseBeside(rightToLeftName),
    },
  }
}

const plain: ConsentData = {
  ...signedIn,
  subjectType: 'company',
  ...choose([toSampleSubject(0)]),
  resources: [],
  canRead: true,
  canChange: true,
  hasOptional: false,
  notShared: [
    'consent.notShared.password',
    'consent.notShared.otherCompanies',
    'consent.notShared.payments',
  ],
  lifetimeDays: 365,
  endsAt: new Date(sampleDay.getTime() + 365 * day),
  redirectHost: 'ledger.northwind.example',
  connectionsUrl,
  error: null,
}

function choose(
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

function toScope(
  name: string,
  differences: Partial<ShownScope>,
  translator: Translator,
): ShownScope {
  return {
    name,
    description: describeScope(name, pleoScopes, translator),
    contains: containsOf(name, pleoScopes, translator),
    access: pleoScopes[name]?.access ?? 'read',
    isOptional: false,
    isTicked: false,
    isNew: false,
    ...differences,
  }
}

const toManyScopes = (count: number): readonly ShownScope[] =>
  Array.from({ length: count }, (_, index) => {
    const access = index % 3 === 2 ? 'write' : 'read'
    const area = Math.floor(index / 2) + 1
    const description = `${access === 'read' ? 'See' : 'Change'} ledger ${area}`
    const contains = index % 2 === 0 ? 'dates, amounts, currencies' : null
    const name = `ledger-${area}:${index % 2 === 0 ? 'list' : 'entries'}`
    return { name, description, contains, access, isOptional: false, isTicked: false, isNew: false }
  })

function toTerms(
  scopes: readonly ShownScope[],
  translator: Translator,
): Pick<ConsentData, 'resources' | 'canRead' | 'canChange' | 'hasOptional'> {
  const names = new Set(scopes.map(({ name }) => name.split(':')[0] ?? name))
  return {
    resources: [...names].map((resource) => ({
      name: translator.find(`resources.${resource}`) ?? resource,
      scopes: scopes.filter(({ name }) => name.startsWith(`${resource}:`)),
    })),
    canRead: scopes.some(({ access }) => access === 'read'),
    canChange: scopes.some(({ access }) => access === 'write'),
    hasOptional: scopes.some(({ isOptional }) => isOptional),
  }
}
