import type { Translator } from '../pages/texts/translator.ts'
import { cannotConnectSamples } from './samples/cannot-connect.ts'
import { createConnectionsSamples, createDisconnectSamples } from './samples/connected-apps.ts'
import { createConsentSamples } from './samples/consent.ts'
import type { AnsweredData, ErrorData, LoginData, Page, PageData } from '../pages/page-data.ts'
import {
  connectionsUrl,
  csrf,
  interactionUrl,
  longName,
  sampleDay,
  signedIn,
  signOutUrl,
  toBareClient,
  toSampleClient,
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
  disconnect: createDisconnectSamples(translator),
  'sign-out': signOutSamples,
  answered: answeredSamples,
  error: errorSamples,
})

const northwind = { name: 'Northwind Ledger', url: 'https://northwind.example' }

const login: LoginData = {
  client: toSampleClient(),
  action: interactionUrl,
  csrf,
  isAgain: false,
  links: { forgottenPassword: null, help: null },
  username: '',
  error: null,
}

const loginSamples: Samples['login'] = {
  'for a client': login,
  'for a client that says nothing of itself': { ...login, client: toBareClient() },
  'for a test client': { ...login, client: toSampleClient({ isTest: true }) },
  'signed in, once more': { ...login, isAgain: true, username: 'astrid@fjord.example' },
  'with links': {
    ...login,
    links: {
      forgottenPassword: 'https://fjord.example/forgotten',
      help: 'https://fjord.example/help',
    },
  },
  'without a client': { ...login, client: null, action: 'https://auth.example.test/oauth/sign-in' },
  'wrong password': {
    ...login,
    username: 'astrid@fjord.example',
    error: 'login.problem.mismatch',
  },
}

const selectAccountSamples: Samples['select-account'] = {
  'for a client': signedIn,
  'for a test client that says nothing of itself': {
    ...signedIn,
    client: toBareClient({ isTest: true }),
  },
  'a long name, and no email address': { ...signedIn, account: { name: longName, email: null } },
}

const signOut = { action: signOutUrl, connectionsUrl, csrf }

const signOutSamples: Samples['sign-out'] = {
  question: { ...signOut, isDone: false },
  done: { ...signOut, isDone: true },
}

const allowed: AnsweredData = {
  outcome: 'allowed',
  application: northwind,
  subject: 'Fjord Foods',
  connectionsUrl,
}
const declined: AnsweredData = { ...allowed, outcome: 'declined', subject: null }

const answeredSamples: Samples['answered'] = {
  allowed,
  'allowed for a company that is gone': { ...allowed, subject: null },
  declined,
  'declined for an application without a page': {
    ...declined,
    application: { name: longName, url: null },
  },
}

const mismatch = 'redirect_uri did not match any of the registered redirect_uris'

/** @param name - that of the title and the message in the catalogues */
const toError = (
  name: string,
  code: string,
  description: string,
  differences: Partial<ErrorData> = {},
): ErrorData => ({
  title: `error.title.${name}`,
  message: `error.message.${name}`,
  code,
  details: null,
  continueUrl: null,
  retryUrl: null,
  application: null,
  connectionsUrl,
  support: `Code: ${code}\nDescription: ${description}\nTime: ${sampleDay.toISOString()}\nRequest: 2tYwXb0kTz8`,
  ...differences,
})

const errorSamples: Samples['error'] = {
  'wrong request': toError('general', 'invalid_request', mismatch, {
    details: mismatch,
    application: northwind,
  }),
  denied: toError('denied', 'access_denied', 'the request was denied', {
    application: { name: longName, url: null },
  }),
  'not available': toError(
    'unavailable',
    'temporarily_unavailable',
    'the storage does not answer',
    {
      application: northwind,
      retryUrl: interactionUrl,
    },
  ),
  'too many attempts': toError(
    'limited',
    'temporarily_unavailable',
    'there were too many attempts',
  ),
  'no longer valid': toError('expired', 'invalid_request', 'interaction session not found'),
  'cookie lost': toError('cookies', 'invalid_request', 'the browser did not send the cookie back', {
    connectionsUrl: null,
  }),
  'answered before': toError('answered', 'invalid_request', mismatch, {
    application: northwind,
    continueUrl: 'https://ledger.northwind.example/callback?code=sample',
  }),
}
