import { afterEach, describe, expect, test } from 'vitest'
import {
  parseSubject,
  type AccessToken,
  type TokenVerifier,
  type VerifiedToken,
} from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from '../support/api.ts'
import { bakery, idOf, nordlysDenmark } from '../support/people.ts'
import { audience } from '../support/server.ts'

// A verifier of one's own answers what JSON said, and the compiler believes it.

let api: RunningApi
afterEach(() => api.close())

const subject: AccessToken['subject'] = { urn: bakery, type: 'company', id: idOf(bakery) }
const right = (): VerifiedToken => ({
  clientId: 'ledger',
  subject,
  scope: new Set(['companies:read']),
  expiresAt: Date.now() + 60_000,
  keyThumbprint: undefined,
  audience: [audience],
})

/** Asks an API whose verifier answers that. */
async function ask(answer: unknown, path = '/token'): ReturnType<RunningApi['get']> {
  api = await startApi({ verify: (async () => answer) as TokenVerifier })
  return api.get(path, 'some-token')
}

describe('what a verifier of one’s own answers is believed where it is a token', () => {
  test('and the subject can be made with parseSubject', async () => {
    const answer = await ask({ ...right(), subject: parseSubject(bakery.toUpperCase()) })
    expect([answer.status, answer.body['subject']]).toEqual([200, subject])
  })

  test.each([undefined, null, false])('and is 401 where it is none: %s', async (answer) => {
    expect((await ask(answer)).status).toBe(401)
    expect(api.errors).toEqual([])
  })
})

describe('nonsense is 503, and the application is told which member it is, and no value', () => {
  const company = { ...subject, id: undefined }
  test.each<[string, string, unknown]>([
    ['audience', 'a text that has ours in it', `${audience}/other`],
    ['audience', 'our own as a text', audience],
    ['audience', 'a list with what is no text', [audience, 1]],
    ['audience', 'none', undefined],
    ['expiresAt', 'no number', Number.NaN],
    ['expiresAt', 'never', Number.POSITIVE_INFINITY],
    ['expiresAt', 'a text', '9999999999999'],
    ['expiresAt', 'a date', new Date(Date.now() + 60_000)],
    ['scope', 'a text', 'companies:read'],
    ['scope', 'a list', ['companies:read']],
    ['scope', 'a set with what is no text', new Set([1])],
    ['scope', 'none', undefined],
    ['clientId', 'none', undefined],
    ['clientId', 'nothing', ''],
    ['clientId', 'a number', 7],
    ['keyThumbprint', 'null', null],
    ['keyThumbprint', 'nothing', ''],
    ['keyThumbprint', 'an object', {}],
    ['subject', 'none', undefined],
    ['subject', 'a URN', bakery],
    ['subject', 'without an id', company],
    ['subject', 'with the id of another company', { ...subject, id: idOf(nordlysDenmark) }],
    ['subject', 'with another type', { ...subject, type: 'organization' }],
    ['subject', 'without a URN', { type: 'company', id: idOf(bakery) }],
    ['subject', 'with a URN that is none', { ...subject, urn: idOf(bakery) }],
    ['subject', 'with a list as its URN', { ...subject, urn: [bakery] }],
  ])('%s: %s', async (member, _, value) => {
    const { status, body, raw } = await ask({ ...right(), [member]: value }, '/company')
    expect([status, body['error'], raw.headers['retry-after']]).toEqual([
      503,
      'temporarily_unavailable',
      '1',
    ])
    expect(api.errors.map(String)).toEqual([
      `VerificationUnavailableError: the result of verify is invalid: ${member}`,
    ])
  })

  test.each(['yes', true, 1])('all of it: %s', async (answer) => {
    expect((await ask(answer)).status).toBe(503)
    expect(api.errors).toHaveLength(1)
  })
})
