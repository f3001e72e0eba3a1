import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose'
import { describe, expect, test, vi } from 'vitest'
import {
  createBrowser,
  formAction,
  type Browser,
  type Fields,
  type Page,
} from '../support/browser.ts'
import { introspect, post } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { registration } from '../support/registered.ts'
import { basic, requestUrl, toJson } from '../support/requests.ts'
import { readSelf, replaceSelf, sendJson, toReplacement } from '../support/self-registered.ts'
import { audience } from '../support/server.ts'
import { publishedBy } from '../support/signed-tokens.ts'
import { readKeptDump, type HeldConnection } from './kept-dump.ts'
import { serveDump } from './served-dump.ts'

// What version 1 left in Redis is served: `make-dump.ts` has filled it, with lifetimes of fifty years. Pushed requests and
// proofs are short-lived, so their tests move the clock back.

const dump = await readKeptDump()
const { madeAt, settings, held } = dump
const signed = held.connections.filter(({ format }) => format === 'jwt')
const [ledger, mobile] = held.connections as [HeldConnection, HeldConnection]

const served = serveDump(dump)
const { here, refresh, redeem, expectEnd } = served

describe('a browser', () => {
  function open(): Browser {
    const browser = createBrowser()
    for (const [key, cookie] of Object.entries(held.cookies)) browser.cookies.set(key, cookie)
    return browser
  }

  /** Posts a form, and goes where the issuer of the dump would send it. */
  async function submit(browser: Browser, page: Page, fields: Fields): Promise<Page> {
    const headers = { origin: settings.issuer }
    let answer = await browser.submit(page, fields, { action: here(formAction(page)), headers })
    while (answer.location?.origin === settings.issuer) {
      answer = await browser.go(here(answer.location))
    }
    return answer
  }

  test('is still signed in, and disconnects a client', async () => {
    const browser = open()
    const page = await browser.go(here('/oauth/connections'))
    expect(page.text).toContain('Northwind Ledger')
    const fields = { client_id: ledger.client.client_id, subject: bakery }
    const question = await browser.go(
      here(`/oauth/connections/disconnect?${new URLSearchParams(fields).toString()}`),
    )
    expect((await submit(browser, question, fields)).text).toContain('no longer has access')
    await expectEnd(ledger)
  })

  test('answers the page that it was left at', async () => {
    const browser = open()
    const page = await browser.go(here(held.open.path))
    const { location } = await submit(browser, page, { subject: bakery, decision: 'allow' })
    const code = location?.searchParams.get('code') ?? ''
    expect((await redeem(mobile, { code, verifier: held.open.verifier })).status).toBe(200)
  })

  test('is told again what was decided', async () => {
    const page = await open().go(here(held.declined))
    expect(page.text).toMatch(/You did not allow .*Northwind Ledger/)
  })

  test('opens a request that was pushed, if it comes in time', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: madeAt })
    const { client_id } = ledger.client
    const query = new URLSearchParams({ client_id, request_uri: held.requestUri })
    const browser = open()
    const { location } = await browser.go(here(`/oauth/authorize?${query.toString()}`))
    expect((await browser.go(here(location ?? ''))).text).toContain('value="allow"')
  })
})

test('a proof that was used is not good again', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: madeAt })
  const holder = ledger.client
  const fields = Object.fromEntries(new URL(requestUrl(settings.issuer, {}, holder)).searchParams)
  const headers = { ...basic(holder), ...held.proof }
  const { status, body } = await post(here('/oauth/par'), fields, headers)
  expect([status, body['error']]).toEqual([400, 'invalid_dpop_proof'])
})

describe('a client', () => {
  const { machine, oneSecret, twoSecrets, selfRegistered, openlyRegistered } = held
  test.each([
    ['with one secret', oneSecret],
    ['with the newer of two secrets', twoSecrets],
    ['with the older of two secrets', { ...twoSecrets, client_secret: twoSecrets.older_secret }],
    ['that registered itself', selfRegistered],
    ['that registered itself without a token', openlyRegistered],
    ['that the host stored', machine],
  ])('%s authenticates', async (_, credentials) => {
    expect(await introspect(served.server.issuer, 'x', credentials)).toEqual({ active: false })
    const wrong = { ...credentials, client_secret: `${credentials.client_secret}x` }
    expect(await introspect(served.server.issuer, 'x', wrong)).toMatchObject({
      error: 'invalid_client',
    })
  })

  test('has a token for itself, and gets another one', async () => {
    expect(await served.introspect(machine.access_token)).toEqual(machine.introspection)
    const fields = { grant_type: 'client_credentials' }
    expect((await post(here('/oauth/token'), fields, basic(machine))).status).toBe(200)
  })

  test('that registered itself reads and changes itself', async () => {
    const own = {
      ...selfRegistered,
      registration_client_uri: here(selfRegistered.registration_client_uri),
    }
    const {
      client_secret: _,
      client_secret_expires_at: __,
      ...shown
    } = { client_secret_expires_at: 0, ...selfRegistered }
    expect(toJson(await readSelf(own))).toEqual(shown)
    const changed = await replaceSelf(own, toReplacement(own, { scope: 'users:read' }))
    expect([changed.status, toJson(changed)['scope']]).toEqual([200, 'users:read'])
  })

  test('registers once with the initial access token, within its limits', async () => {
    const body = { ...registration, client_name: 'Ny' }
    const register = () =>
      sendJson(here('/oauth/register'), body, { token: held.initialAccessToken })
    const first = await register()
    expect([first.status, toJson(first)['scope']]).toEqual([201, 'companies:read'])
    expect((await register()).status).toBe(401)
  })

  test.each([oneSecret, twoSecrets, selfRegistered])(
    'that is new does not get the name $client_name',
    async ({ client_name = '' }) => {
      await expect(
        served.server.clients.create({ ...registration, client_name }),
      ).rejects.toMatchObject({
        issues: [{ code: 'name_taken' }],
      })
    },
  )

  test('that is new gets a name that nobody claims', async () => {
    const { client_name = '' } = openlyRegistered
    const created = await served.server.clients.create({ ...registration, client_name })
    expect(created.client.claimsNames).toBe(true)
  })
})

describe('the signing keys', () => {
  async function expectSigned({ access_token, client: { client_id } }: HeldConnection) {
    const keys = (await (await fetch(here('/oauth/jwks'))).json()) as JSONWebKeySet
    const rules = { issuer: settings.issuer, audience, typ: 'at+jwt' }
    const { payload } = await jwtVerify(access_token, createLocalJWKSet(keys), rules)
    expect(payload['client_id']).toBe(client_id)
  }

  test.each(signed)('verify the access token of $name', (connection) => expectSigned(connection))

  test('go on signing, and are rotated', async () => {
    const [connection] = signed as [HeldConnection]
    const [inUse] = await publishedBy(served.server.issuer)
    const { body } = await refresh(connection)
    expect(decodeProtectedHeader(String(body['access_token'])).kid).toBe(inUse)
    const states = (await served.server.signingKeys.rotate()).map(({ state }) => state)
    expect(states).toEqual(['retiring', 'in use', 'announced'])
    expect(await publishedBy(served.server.issuer)).toHaveLength(3)
    await expectSigned(connection)
  })
})
