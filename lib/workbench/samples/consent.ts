import type { Translator } from '../../pages/texts/translator.ts'
import { containsOf, describeScope, groupScopes } from '../../pages/shown-terms.ts'
import { pleoScopes } from '../../pleo/scopes.ts'
import type { ConsentData } from '../../pages/page-data.ts'
import type { ShownScope } from '../../pages/shown-data.ts'
import {
  choose,
  createOrganizationSamples,
  createSubjectSamples,
  type ConsentSamples,
} from './consent-subjects.ts'
import {
  account,
  connectionsUrl,
  longName,
  rightToLeftName,
  sampleDay,
  signedIn,
  toBareClient,
  toSampleClient,
  toSampleSubject,
} from './parts.ts'

const day = 86_400_000

/** The consent page in every state. */
export function createConsentSamples(translator: Translator): ConsentSamples {
  const toUsual: ScopeMaker = (name, differences = {}) => toScope(name, differences, translator)
  const scopes = [toUsual('companies:read'), toUsual('accounts:read'), toUsual('export-jobs:write')]
  const usual = { ...plain, ...groupScopes(scopes, false, translator) }
  return {
    ...createSubjectSamples(usual),
    ...createScopeSamples(usual, toUsual, translator),
    ...createChangeSamples(usual, toUsual, translator),
    ...createOrganizationSamples(usual),
    ...createClientSamples(usual),
    'nothing chosen': {
      ...usual,
      ...choose([toSampleSubject(0), toSampleSubject(1)]),
      error: 'consent.problem.noSubject.company',
    },
  }
}

type ScopeMaker = (name: string, differences?: Partial<ShownScope>) => ShownScope

function createScopeSamples(
  usual: ConsentData,
  scope: ScopeMaker,
  translator: Translator,
): ConsentSamples {
  const read = scope('companies:read')
  const optional = [
    read,
    scope('accounts:read', { isOptional: true, isTicked: true }),
    scope('vendors:write', { isOptional: true }),
  ]
  const more = ['export-items:read', 'users:read'].map((name) => scope(name))
  const readOnly = [read, scope('accounts:read')]
  return {
    'five scopes': {
      ...usual,
      client: toSampleClient({ isVerified: true }),
      ...groupScopes([...optional, ...more], false, translator),
    },
    '40 scopes': { ...usual, ...groupScopes(toManyScopes(40), false, translator) },
    'optional scopes': { ...usual, ...groupScopes(optional, false, translator) },
    'read only': {
      ...usual,
      ...groupScopes(readOnly, false, translator),
      notShared: ['consent.notShared.changes', ...usual.notShared],
    },
  }
}

/** The client is connected already. */
function createChangeSamples(
  usual: ConsentData,
  scope: ScopeMaker,
  translator: Translator,
): ConsentSamples {
  const added = scope('vendors:write', { isNew: true })
  const connectedSince = new Date(sampleDay.getTime() - 200 * day)
  const connected = toSampleSubject(0, { connectedSince, newAccess: [added.description] })
  const kept = ['companies:read', 'accounts:read', 'users:read'].map((name) => scope(name))
  const changed = groupScopes([...kept, added], true, translator)
  return {
    'new since last time': { ...usual, ...choose([connected]), ...changed },
    'new for the one that is preselected': {
      ...usual,
      ...choose([{ ...connected, isChecked: true }, toSampleSubject(1)], connected.urn),
      ...changed,
    },
    'all is new': {
      ...usual,
      ...choose([connected]),
      ...groupScopes([added], true, translator),
    },
    'nothing new': {
      ...usual,
      ...choose([toSampleSubject(0, { connectedSince })]),
      ...groupScopes(kept, true, translator),
    },
    'several, one connected before': { ...usual, ...choose([connected, toSampleSubject(1)]) },
  }
}

function createClientSamples(usual: ConsentData): ConsentSamples {
  const longAddress = longName.toLowerCase().slice(0, 60)
  const chooseBeside = (name: string) => choose([toSampleSubject(0, { name }), toSampleSubject(1)])
  return {
    'test client': { ...usual, client: toSampleClient({ isTest: true }) },
    'verified client': { ...usual, client: toSampleClient({ isVerified: true }) },
    'client that says nothing of itself': { ...usual, client: toBareClient() },
    'client that cannot refresh': { ...usual, lifetimeDays: 1, unusedDays: null },
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
  changes: null,
  notShared: [
    'consent.notShared.password',
    'consent.notShared.otherCompanies',
    'consent.notShared.payments',
  ],
  lifetimeDays: 365,
  endsAt: new Date(sampleDay.getTime() + 365 * day),
  unusedDays: 60,
  redirectHost: 'ledger.northwind.example',
  connectionsUrl,
  error: null,
}

function toScope(
  name: string,
  differences: Partial<ShownScope>,
  translator: Translator,
): ShownScope {
  return {
    name,
    names: [name],
    description: describeScope(name, pleoScopes, translator),
    contains: containsOf(name, pleoScopes, translator),
    access: pleoScopes[name]?.access ?? 'read',
    saysAccess: true,
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
    const fixed = { saysAccess: false, isOptional: false, isTicked: false, isNew: false }
    return { name, names: [name], description, contains, access, ...fixed }
  })
