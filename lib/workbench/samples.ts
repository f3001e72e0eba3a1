import type { Translator } from '../pages/texts/translator.ts'
import { createConsentSamples } from './samples/consent.ts'
import { answeredSamples, errorSamples } from './samples/outcomes.ts'
import type {
  CannotConnectData,
  ConnectionsData,
  DisconnectData,
  LoginData,
  Page,
  PageData,
  SelectAccountData,
  SignOutData,
} from '../pages/page-data.ts'
import type { ShownConnection } from '../pages/shown-data.ts'
import {
  account,
  connectionsUrl,
  csrf,
  interactionUrl,
  longName,
  sampleDay,
  toBareClient,
  toClosedSubject,
  toSampleClient,
  toSampleSubject,
} from './samples/parts.ts'

/** Every page in every state, by the name of the state. */
export type Samples = { readonly [Name in Page]: Readonly<Record<string, PageData[Name]>> }

/** Makes the samples, with words in the language of the translator. */
export const createSamples = (translator: Translator): Samples => ({
  login: loginSamples,
  'select-account': selectAccountSamples,
  consent: createConsentSamples(translator),
  'cannot-connect': cannotConnectSamples,
  connections: createConnectionsSamples(translator),
  disconnect: disconnectSamples,
  'sign-out': signOutSamples,
  answered: answeredSamples,
  error: errorSamples,
})

const login: LoginData = {
  client: toSampleClient(),
  action: interactionUrl,
  csrf,
  username: '',
  error: null,
}

const loginSamples: Readonly<Record<string, LoginData>> = {
  'for a client': login,
  'for a client that says nothing of itself': { ...login, client: toBareClient() },
  'for a test client': { ...login, client: toSampleClient({ isTest: true }) },
  'without a client': { ...login, client: null, action: 'https://auth.example.test/oauth/sign-in' },
  'wrong password': {
    ...login,
    username: 'astrid@fjord.example',
    error: 'login.problem.mismatch',
  },
}

const selectAccount: SelectAccountData = {
  client: toSampleClient(),
  account,
  action: interactionUrl,
  switchAction: `${interactionUrl}/switch-account`,
  csrf,
}

const selectAccountSamples: Readonly<Record<string, SelectAccountData>> = {
  'for a client': selectAccount,
  'for a test client that says nothing of itself': {
    ...selectAccount,
    client: toBareClient({ isTest: true }),
  },
  'a long name, and no e-mail address': {
    ...selectAccount,
    account: { name: longName, email: null },
  },
}

const cannotConnect: CannotConnectData = {
  client: toSampleClient(),
  account,
  subjectType: 'company',
  subjects: [],
  action: interactionUrl,
  switchAction: `${interactionUrl}/switch-account`,
  csrf,
}

const cannotConnectSamples: Readonly<Record<string, CannotConnectData>> = {
  'no companies': cannotConnect,
  'two companies': { ...cannotConnect, subjects: [toClosedSubject(0), toClosedSubject(1)] },
  '40 companies': {
    ...cannotConnect,
    subjects: Array.from({ length: 40 }, (_, index) => toClosedSubject(index)),
  },
  organization: {
    ...cannotConnect,
    client: toBareClient({ isTest: true }),
    subjectType: 'organization',
    subjects: [toSampleSubject(0, { mayConnect: false, detail: null }, 'organization')],
  },
}

const latestSampleDay = new Date(sampleDay.getTime() + 305 * 86_400_000)

function createConnectionsSamples({
  text,
  formats,
  find,
}: Translator): Readonly<Record<string, ConnectionsData>> {
  const date = formats.date(sampleDay)
  const toConnection = (differences: Partial<ShownConnection>): ShownConnection => ({
    client: toSampleClient(),
    settingsUri: 'https://northwind.example/settings',
    scopes: ['companies:read', 'export-jobs:write'].map((name) => ({
      name,
      description: find(`scopes.${name}`) ?? name,
    })),
    granted: text('connections.connectedBy', { name: account.name, date }),
    used: text('connections.lastUsed', { date }),
    ends: text('connections.untilUnused', { date, latest: formats.date(latestSampleDay) }),
    disconnectUrl: `${connectionsUrl}/disconnect?client_id=northwind`,
    ...differences,
  })
  const bare = toConnection({
    client: toBareClient({ name: longName, initials: 'V' }),
    settingsUri: null,
    used: text('connections.neverUsed'),
  })
  const empty: ConnectionsData = {
    account,
    done: null,
    signOutUrl: 'https://auth.example.test/oauth/sign-out',
    subjects: [],
  }
  const subjects = [
    { name: 'Fjord Foods', detail: 'DK 10000000', connections: [toConnection({}), bare] },
    { name: 'Harbour Foods', detail: null, connections: [toConnection({})] },
  ]
  return {
    none: empty,
    some: { ...empty, subjects },
    many: {
      ...empty,
      signOutUrl: null,
      subjects: Array.from({ length: 12 }, () => subjects).flat(),
    },
    'one just disconnected': {
      ...empty,
      subjects,
      done: { client: 'Northwind Ledger', subject: 'Fjord Foods' },
    },
  }
}

const disconnectSamples: Readonly<Record<string, DisconnectData>> = {
  question: {
    client: toSampleClient(),
    clientId: 'northwind',
    subject: toSampleSubject(0),
    action: `${connectionsUrl}/disconnect`,
    connectionsUrl,
    csrf,
  },
}

const signOutSamples: Readonly<Record<string, SignOutData>> = {
  question: {
    isDone: false,
    action: 'https://auth.example.test/oauth/sign-out',
    connectionsUrl,
    csrf,
  },
  done: {
    isDone: true,
    action: 'https://auth.example.test/oauth/sign-out',
    connectionsUrl,
    csrf,
  },
}
