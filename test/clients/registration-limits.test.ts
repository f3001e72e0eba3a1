import { describe, expect, test } from 'vitest'
import {
  createAuthorizationServer,
  pleoScopes,
  type InitialAccessTokenOptions,
} from '../../lib/index.ts'
import { createAccounts } from '../support/people.ts'
import { registration } from '../support/registered.ts'
import { toJson, type RawAnswer } from '../support/requests.ts'
import {
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
  tryToRegister,
  type SelfRegistered,
} from '../support/self-registered.ts'
import { audience, startServer, useServer, type RunningServer } from '../support/server.ts'

// How much a partner can register for, and give itself later, is for whoever runs the server to say.

const limits = { scopes: ['companies:read', 'users:read'], subjectTypes: ['company'] } as const

const server = useServer({ registration: limits })
const open = useServer({ registration: { ...limits, initialAccessToken: false } })
const unlimited = useServer({ registration: {} })

let count = 0
const fresh = () => ({ ...registration, client_name: `Begrænset ${(count += 1)}` })

const scopeOf = (answer: RawAnswer): unknown => toJson(answer)['scope']
const errorOf = (answer: RawAnswer): readonly unknown[] => {
  const { error, error_description: description } = toJson(answer)
  return [answer.status, error, description]
}
const refused = (why: string): readonly unknown[] => [400, 'invalid_client_metadata', why]

const wider = 'companies:read users:read users:write'
const notYours = 'scope[0] is decided by the operator of this server'
const mustBeCompany =
  'subject_type_preference must be company: the operator of this server decided so'

describe('the limits of the option', () => {
  test('leave out a scope of a registration, with a token and without', async () => {
    for (const answer of [
      await tryToRegister(server, { ...fresh(), scope: wider }),
      await sendJson(`${open.issuer}/oauth/register`, { ...fresh(), scope: wider }),
    ]) {
      expect([answer.status, scopeOf(answer)]).toEqual([201, 'companies:read users:read'])
    }
  })

  test('leave out a scope of a change', async () => {
    const client = await selfRegister(server)
    const answer = await replaceSelf(client, toReplacement(client, { scope: wider }))
    expect([answer.status, scopeOf(answer)]).toEqual([200, 'companies:read users:read'])
  })

  test('refuse a client of whose scopes nothing is left', async () => {
    const client = await selfRegister(server)
    const scope = 'users:write'
    const answers = [
      await tryToRegister(server, { ...fresh(), scope }),
      await sendJson(`${open.issuer}/oauth/register`, { ...fresh(), scope }),
      await replaceSelf(client, toReplacement(client, { scope })),
    ]
    expect(answers.map((answer) => errorOf(answer))).toEqual(answers.map(() => refused(notYours)))
  })

  test('refuse another kind of subject, of a registration and of a change', async () => {
    const client = await selfRegister(server)
    const changes = { subject_type_preference: 'organization' }
    for (const answer of [
      await tryToRegister(server, { ...fresh(), ...changes }),
      await sendJson(`${open.issuer}/oauth/register`, { ...fresh(), ...changes }),
      await replaceSelf(client, toReplacement(client, changes)),
    ]) {
      expect(errorOf(answer)).toEqual(refused(mustBeCompany))
    }
  })

  test('count for the kind of subject that is meant by saying none', async () => {
    const only = await startServer({ registration: { subjectTypes: ['organization'] } })
    expect((await tryToRegister(only, fresh())).status).toBe(400)
    const organization = { ...fresh(), subject_type_preference: 'organization' }
    expect((await tryToRegister(only, organization)).status).toBe(201)
    await only.close()
  })

  test('let a client keep what the operator gave it beyond them', async () => {
    const client = await selfRegister(server)
    const given = { scope: wider, subject_type_preference: 'organization' } as const
    await server.clients.update(client.client_id, given)
    const same = await replaceSelf(client, toReplacement(client, given))
    expect([same.status, toJson(same)]).toMatchObject([200, given])
    const less = { scope: 'users:read', subject_type_preference: 'company' }
    expect((await replaceSelf(client, toReplacement(client, less))).status).toBe(200)
    const back = await replaceSelf(client, toReplacement(client, { ...less, scope: wider }))
    expect(scopeOf(back)).toBe('companies:read users:read')
  })

  test('do not count for the operator', async () => {
    const { client } = await server.clients.create({ ...fresh(), scope: wider })
    expect(client.metadata.scope).toBe(wider)
  })

  test.each([
    [{ scopes: ['companies:write'] }, 'registration.scopes[0]', 'unknown_scope'],
    [{ scopes: [] }, 'registration.scopes', undefined],
    [{ scopes: 'companies:read' }, 'registration.scopes', undefined],
    [{ subjectTypes: ['person'] }, 'registration.subjectTypes[0]', undefined],
    [{ subjectTypes: [] }, 'registration.subjectTypes', undefined],
    [{ scopes: ['users:read'] }, 'registration.scopes', 'no_default_scope'],
  ])('are refused at the start where they are none: %j', (given, path, code) => {
    const create = () =>
      createAuthorizationServer({
        issuer: 'http://127.0.0.1:1',
        cookieKeys: ['a key for the cookies of the tests'],
        accounts: createAccounts(),
        resourceServer: { audience, defaultScopes: ['companies:read'] },
        registration: given as never,
      })
    expect(create).toThrow(
      expect.objectContaining({
        issues: [expect.objectContaining({ path, ...(code !== undefined && { code }) })],
      }),
    )
  })
})

describe('the limits of an invitation', () => {
  async function invite(
    at: RunningServer,
    options: InitialAccessTokenOptions,
    members: object = {},
  ): Promise<RawAnswer> {
    const { token } = await at.clients.createInitialAccessToken(options)
    return sendJson(`${at.issuer}/oauth/register`, { ...fresh(), ...members }, { token })
  }

  test('count for the registration, and for every change after it', async () => {
    const options = { scopes: ['companies:read'], subjectTypes: ['company'] } as const
    const answer = await invite(unlimited, options, { scope: wider })
    expect([answer.status, scopeOf(answer)]).toEqual([201, 'companies:read'])
    const client = toJson(answer) as unknown as SelfRegistered
    for (let times = 0; times < 2; times += 1) {
      const changed = await replaceSelf(client, toReplacement(client, { scope: wider }))
      expect([changed.status, scopeOf(changed)]).toEqual([200, 'companies:read'])
    }
    const organization = { subject_type_preference: 'organization' }
    const other = await replaceSelf(client, toReplacement(client, organization))
    expect(errorOf(other)).toEqual(refused(mustBeCompany))
    const scope = 'users:write'
    const nothing = await replaceSelf(client, toReplacement(client, { scope }))
    expect(errorOf(nothing)).toEqual(refused(notYours))
  })

  test('come in place of those of the option, each by itself', async () => {
    const answer = await invite(server, { scopes: ['users:write'] }, { scope: wider })
    expect([answer.status, scopeOf(answer)]).toEqual([201, 'users:write'])
    const organization = { subject_type_preference: 'organization', scope: 'users:write' }
    expect((await invite(server, { scopes: ['users:write'] }, organization)).status).toBe(400)
    const both = { scopes: ['users:write'], subjectTypes: ['organization'] } as const
    expect((await invite(server, both, organization)).status).toBe(201)
  })

  test('are not told, and leave other clients alone', async () => {
    const answer = await invite(unlimited, { scopes: ['companies:read'] })
    expect(Object.keys(toJson(answer))).not.toContain('limits')
    expect(scopeOf(await invite(unlimited, {}, { scope: wider }))).toBe(wider)
  })

  test.each([
    [{ scopes: [] }, 'scopes must be a list, and not empty. There are '],
    [{ scopes: 'companies:read' }, 'scopes must be a list'],
    [{ scopes: ['users:read', 'nope'] }, 'scopes[1] does not exist. There are '],
    [
      { subjectTypes: ['person'] },
      'subjectTypes[0] does not exist. There are company, organization',
    ],
    [{ scope: ['companies:read'] }, 'scope is not an option (did you mean "scopes"?)'],
    [{ days: 7 }, 'days is not an option (there are lifetime, scopes, subjectTypes)'],
    [
      { lifetime: 1e12 },
      'lifetime must be a whole number of seconds from 1 to 31536000 (365 days)',
    ],
  ])('are refused where they are none: %j', async (options, message) => {
    const created = unlimited.clients.createInitialAccessToken(options as never)
    await expect(created).rejects.toThrow(message)
  })

  test('can have a scope of the host’s own', async () => {
    const words = { description: { en: 'Read budgets' }, access: 'read' } as const
    const own = await startServer({
      registration: {},
      resourceServer: { audience, scopes: { ...pleoScopes, 'budgets:read': words } },
    })
    const answer = await invite(own, { scopes: ['budgets:read'] }, { scope: 'budgets:read' })
    expect([answer.status, scopeOf(answer)]).toEqual([201, 'budgets:read'])
    await own.close()
  })
})
