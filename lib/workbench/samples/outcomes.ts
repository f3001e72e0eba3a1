import type { AnsweredData, ErrorData } from '../../pages/page-data.ts'
import { connectionsUrl, longName, sampleDay } from './parts.ts'

const answered: AnsweredData = {
  outcome: 'allowed',
  application: { name: 'Northwind Ledger', url: 'https://northwind.example' },
  subject: 'Fjord Foods',
  connectionsUrl,
}

/** The page of a request that was answered before. */
export const answeredSamples: Readonly<Record<string, AnsweredData>> = {
  allowed: answered,
  'allowed for a company that is gone': { ...answered, subject: null },
  declined: { ...answered, outcome: 'declined', subject: null },
  'declined for an application without a page': {
    ...answered,
    outcome: 'declined',
    application: { name: longName, url: null },
    subject: null,
  },
}

const toSupport = (code: string, description = 'the storage does not answer'): string =>
  `Code: ${code}\nDescription: ${description}\nTime: ${sampleDay.toISOString()}\nRequest: 2tYwXb0kTz8`

const error: ErrorData = {
  title: 'error.title.general',
  message: 'error.message.general',
  code: 'invalid_request',
  details: 'redirect_uri did not match any of the registered redirect_uris',
  continueUrl: null,
  application: { name: 'Northwind Ledger', url: 'https://northwind.example' },
  support: toSupport(
    'invalid_request',
    'redirect_uri did not match any of the registered redirect_uris',
  ),
}

/** The error page. */
export const errorSamples: Readonly<Record<string, ErrorData>> = {
  'wrong request': error,
  denied: {
    ...error,
    title: 'error.title.denied',
    message: 'error.message.denied',
    code: 'access_denied',
    details: null,
    application: { name: longName, url: null },
    support: toSupport('access_denied', 'the request was denied'),
  },
  'not available': {
    ...error,
    title: 'error.title.unavailable',
    message: 'error.message.unavailable',
    code: 'temporarily_unavailable',
    details: null,
    application: null,
    support: toSupport('temporarily_unavailable'),
  },
  'no longer valid': {
    ...error,
    title: 'error.title.expired',
    message: 'error.message.expired',
    details: null,
    application: null,
    support: toSupport('invalid_request', 'interaction session not found'),
  },
  'cookie lost': {
    ...error,
    title: 'error.title.cookies',
    message: 'error.message.cookies',
    details: null,
    application: null,
    support: toSupport('invalid_request', 'the browser did not send the cookie back'),
  },
  'answered before': {
    ...error,
    title: 'error.title.answered',
    message: 'error.message.answered',
    details: null,
    continueUrl: 'https://ledger.northwind.example/callback?code=sample',
  },
}
