import { beforeAll, describe, expect, test } from 'vitest'
import { pleoScopes, type ClientMetadata } from '../../lib/index.ts'
import type { Fields, Page } from '../support/browser.ts'
import { connect, goToConsent, introspect, redeem, refresh } from '../support/flow.ts'
import { bakery, nordlysDenmark, nordlysGermany } from '../support/people.ts'
import { startServer, useServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

const scope = 'accounts:read users:read users:write'
const client: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'modest-ledger',
  client_secret: 'modest-secret',
  client_name: 'Modest Ledger',
  redirect_uris: ['https://modest.example.test/callback'],
  scope,
  optional_scope: 'users:read users:write',
}

let storage: Awaited<ReturnType<typeof createTestStorage>>

beforeAll(async () => {
  storage = await createTestStorage()
})
const server = useServer(() => ({ storage, clients: [client] }))

const ask = (requested = scope, as = 'sofia') =>
  goToConsent(server.issuer, { client, as, params: { scope: requested } })

/** The tick boxes of a page, and whether each is ticked. */
const boxes = ({ text }: Page) =>
  [...text.matchAll(/type="checkbox" name="scope" value="([^"]+)"( checked)?/g)].map(
    ([, name = '', checked]) => [name, checked !== undefined],
  )

async function allow(ticked: Fields[string], requested = scope) {
  const { page, browser, verifier } = await ask(requested)
  const answer = await browser.submit(page, { decision: 'allow', subject: bakery, scope: ticked })
  const code = answer.location?.searchParams.get('code') ?? ''
  return redeem(server.issuer, { code, verifier, redirect: page.url }, client)
}

const disconnect = () => server.connections.revoke({ clientId: client.client_id })

describe('scopes that the client registered as optional', () => {
  test('are tick boxes, none of them ticked', async () => {
    const { page } = await ask()
    expect(boxes(page)).toEqual([
      ['users:read', false],
      ['users:write', false],
    ])
  })

  test('are granted where they are ticked, and the answer says which', async () => {
    const { body } = await allow('users:read')
    expect(body['scope']).toBe('accounts:read users:read')
    const shown = await introspect(server.issuer, String(body['access_token']), client)
    expect(shown['scope']).toBe('accounts:read users:read')
    await disconnect()
  })

  test('cannot be had later by a refresh', async () => {
    const { body } = await allow([])
    const token = String(body['refresh_token'])
    const fields = { scope: 'accounts:read users:write' }
    const less = await refresh(server.issuer, token, client, fields)
    expect([less.status, less.body['scope']]).toEqual([200, 'accounts:read'])
    const next = await refresh(server.issuer, String(less.body['refresh_token']), client)
    expect(next.body['scope']).toBe('accounts:read')
    await disconnect()
  })

  test('are ticked again if the connection has them, and those that it does not have come first', async () => {
    await allow('users:write')
    const { page } = await ask()
    expect(boxes(page)).toEqual([
      ['users:read', false],
      ['users:write', true],
    ])
    const [added = '', kept = ''] = page.text.split('It already has 2 permissions')
    expect([added, kept].map((part) => part.match(/(?<=value=")users:\w+/g))).toEqual([
      ['users:read'],
      ['users:write'],
    ])
    expect(page.text).toContain('Connected since ')
    await disconnect()
    expect((await ask()).page.text).not.toMatch(/It already has|Connected since/)
  })

  test('do not come back by themselves: an earlier grant adds nothing', async () => {
    await allow(['users:read', 'users:write'])
    const { body } = await allow([])
    expect(body['scope']).toBe('accounts:read')
    await disconnect()
  })

  test('stay ticked when something else was missing', async () => {
    const { page, browser } = await ask(scope, 'jonas')
    const answer = await browser.submit(page, { decision: 'allow', scope: 'users:write' })
    expect(answer.status).toBe(422)
    expect(boxes(answer)).toEqual([
      ['users:read', false],
      ['users:write', true],
    ])
  })

  test('may be all there is, but then one must be ticked', async () => {
    const { page, browser } = await ask('users:read users:write')
    const fields = { decision: 'allow', subject: bakery }
    const answer = await browser.submit(page, fields)
    expect(answer.status).toBe(422)
    expect(answer.text).toContain('Tick at least one permission.')
    const second = await browser.submit(answer, { ...fields, scope: 'users:write' })
    expect(second.location?.searchParams.get('code')).toBeTruthy()
  })

  test.each([
    ['companies:read'],
    ['accounts:read'],
    ['users:read users:write'],
    [['users:read', '']],
  ])('cannot be made of what is none: %j', async (ticked) => {
    const { page, browser } = await ask()
    const fields = { decision: 'allow', subject: bakery, scope: ticked }
    const answer = await browser.submit(page, fields)
    expect([answer.status, answer.location]).toEqual([422, undefined])
  })
})

test('forty optional scopes can all be ticked', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `thing-${index}:write`)
  const words = (name: string) => ({ description: { en: name }, access: 'write' }) as const
  const many = { ...client, scope: names.join(' '), optional_scope: names.join(' ') }
  const own = await startServer({
    clients: [many],
    resourceServer: {
      audience: 'https://api.example.test',
      scopes: Object.fromEntries(names.map((name) => [name, words(name)])),
    },
  })
  const options = { client: many, params: { scope: many.scope } }
  const { page, browser, verifier } = await goToConsent(own.issuer, options)
  const fields = { decision: 'allow', subject: bakery, scope: names }
  const answer = await browser.submit(page, fields)
  const code = answer.location?.searchParams.get('code') ?? ''
  const { body } = await redeem(own.issuer, { code, verifier, redirect: page.url }, many)
  expect(String(body['scope']).split(' ').toSorted()).toEqual(names.toSorted())
  await own.close()
})

describe('what is connected already', () => {
  test('is marked at each company, with what would be new, and nowhere else', async () => {
    const params = { scope: 'accounts:read' }
    await connect(server.issuer, { client, as: 'jonas', subject: nordlysGermany, params })
    const { page } = await ask('accounts:read users:write', 'jonas')
    const [, denmark = '', germany = ''] = page.text.split('<label class="choice">')
    expect(denmark).toContain(nordlysDenmark)
    expect(denmark).not.toMatch(/Connected since|New:/)
    expect(germany).toMatch(/Connected since .*<\/span>/)
    expect(germany).toContain('New: \u2068\u2068Change employees\u2069\u2069')
    await disconnect()
  })

  test('is not told to somebody without the authority to see it', async () => {
    await connect(server.issuer, { client, as: 'sofia', params: { scope } })
    const { page } = await ask(scope, 'emil')
    expect(page.text).not.toContain('Connected since')
    await disconnect()
  })
})

describe('when what the client may ask for changes while the page is open', () => {
  const stored = { ...client, client_id: 'stored-ledger' }
  const save = (metadata: Record<string, unknown>) =>
    storage.records('Client').upsert(stored.client_id, metadata)

  test('nothing is granted that the page did not show as it is now', async () => {
    await save({ ...stored, optional_scope: 'users:write' })
    const options = { client: stored, params: { scope: 'accounts:read users:write' } }
    const { page, browser } = await goToConsent(server.issuer, options)
    expect(boxes(page)).toEqual([['users:write', false]])
    // Required now: what was left out by not ticking it would be granted.
    await save({ ...stored, optional_scope: undefined })
    const fields = { decision: 'allow', subject: bakery }
    const answer = await browser.submit(page, fields)
    expect([answer.status, answer.location]).toEqual([422, undefined])
    expect(answer.text).toContain('has changed in the meantime')
    expect(boxes(answer)).toEqual([])
    const second = await browser.submit(answer, fields)
    expect(second.location?.searchParams.get('code')).toBeTruthy()
  })

  test('the person can still decline', async () => {
    await save({ ...stored, optional_scope: 'users:write' })
    const options = { client: stored, params: { scope: 'accounts:read users:write' } }
    const { page, browser } = await goToConsent(server.issuer, options)
    await save({ ...stored, optional_scope: undefined })
    const answer = await browser.submit(page, { decision: 'decline' })
    expect(answer.location?.searchParams.get('error')).toBe('access_denied')
  })
})

test('no scope of the catalogue is without a group and words on the page', async () => {
  const all = { ...client, client_id: 'all-ledger', scope: Object.keys(pleoScopes).join(' ') }
  const own = await startServer({ clients: [all] })
  const options = { client: all, params: { scope: all.scope } }
  const { page } = await goToConsent(own.issuer, options)
  for (const [name, { description }] of Object.entries(pleoScopes)) {
    expect.soft(page.text).toContain(description.en)
    expect.soft(page.text).toContain(`<code>${name}</code>`)
  }
  await own.close()
})
