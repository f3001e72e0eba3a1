import { beforeAll, describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { createBrowser, type Browser, type Page } from '../support/browser.ts'
import { isConsentPage, isSignInPage } from '../support/browser-visits.ts'
import { authorizationUrl, consent, createPkce, goToConsent, redeem } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { ask, basic, requestUrl, send, sendForm, toJson, toRedirect } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'
import { signedInBefore } from '../support/sessions.ts'

// What libraries for OpenID Connect send to every server.

const storage = createMemoryAdapter()
const server = useServer({ storage })
let issuer: string
beforeAll(() => void ({ issuer } = server))

type Params = Readonly<Record<string, string>>

const start = (browser: Browser, params: Params = {}): Promise<Page> =>
  browser.go(
    authorizationUrl(issuer, confidential, { code_challenge: createPkce().challenge, ...params }),
  )

/** Pushes a request, and gives what leads to its page. */
interface Pushed {
  readonly status: number
  readonly error: unknown
  readonly description: unknown
  readonly params: Params
}

async function push(params: Params): Promise<Pushed> {
  const body = new URL(requestUrl(issuer, params)).searchParams
  const answer = await send(`${issuer}/oauth/par`, { body, headers: basic(confidential) })
  const { error, error_description: description, request_uri } = toJson(answer)
  const { status } = answer
  return { status, error, description, params: { request_uri: String(request_uri) } }
}

async function signedIn(secondsAgo = 0): Promise<Browser> {
  const { browser } = await goToConsent(issuer)
  await signedInBefore(storage, browser, secondsAgo)
  return browser
}

const errorOf = ({ location }: Page): string | null | undefined =>
  location?.searchParams.get('error')

const ignored = ['nonce', 'acr_values', 'claims_locales', 'id_token_hint']

describe.each(ignored)('%s', (name) => {
  test('does not end a request, however often it is sent', async () => {
    const url = requestUrl(issuer)
    expect(isSignInPage(await send(`${url}&${name}=a.b.c`))).toBe(true)
    expect(isSignInPage(await send(`${url}&${name}=a&${name}=b`))).toBe(true)
  })

  test('does not end a pushed request, however often it is sent', async () => {
    const { searchParams } = new URL(requestUrl(issuer))
    for (const more of [`${name}=a.b.c`, `${name}=a&${name}=b`]) {
      const form = `${searchParams.toString()}&${more}`
      const { status } = await sendForm(`${issuer}/oauth/par`, form, {
        headers: basic(confidential),
      })
      expect(status).toBe(201)
    }
  })
})

test('a request of AppAuth gets tokens', async () => {
  const params = {
    nonce: 'KFK4yVk2',
    prompt: 'login',
    ui_locales: 'da',
    display: 'page',
    claims: '{}',
  }
  const given = await consent(issuer, { params })
  expect((await redeem(issuer, given)).status).toBe(200)
})

describe('max_age', () => {
  test.each([
    ['who typed the password within it is not asked again', 3600, 60, isConsentPage],
    ['who typed it longer ago is asked again', 60, 3600, isSignInPage],
    ['0 means now', 0, 0, isSignInPage],
  ])('%s', async (_, maxAge, ago, isRight) => {
    const browser = await signedIn(ago)
    expect(isRight(await start(browser, { max_age: String(maxAge) }))).toBe(true)
    const pushed = await push({ max_age: String(maxAge) })
    expect(isRight(await start(browser, pushed.params))).toBe(true)
  })

  test.each(['0', '60'])('a person who signs in again goes on: %s', async (max_age) => {
    const browser = await signedIn(3600)
    const fields = { username: 'sofia@example.test', password }
    const page = await browser.submit(await start(browser, { max_age }), fields)
    const answer = await browser.submit(page, { decision: 'allow', subject: bakery })
    expect(answer.location?.searchParams.get('code')).toBeTruthy()
  })

  test.each([
    ['0', 0],
    ['60', 3600],
  ])('with prompt=none it is login_required: %s', async (max_age, ago) => {
    const browser = await signedIn(ago)
    expect(errorOf(await start(browser, { max_age, prompt: 'none' }))).toBe('login_required')
    const pushed = await push({ max_age, prompt: 'none' })
    expect(errorOf(await start(browser, pushed.params))).toBe('login_required')
  })

  test('with prompt=none it does not end a request within its time', async () => {
    const browser = await signedIn(0)
    const page = await start(browser, { max_age: '60', prompt: 'none' })
    expect(errorOf(page)).toBe('consent_required')
  })

  test.each(['-1', '1.5', '1e3', '0x10', '+5', ' 5', 'soon', '99999999999999999999'])(
    'is a whole number of seconds: %s is not',
    async (max_age) => {
      const { params } = toRedirect(await ask(issuer, { max_age }))
      expect(params['error']).toBe('invalid_request')
      expect(params['error_description']).toContain('max_age must be a whole number of seconds')
      expect(await push({ max_age })).toMatchObject({ status: 400, error: 'invalid_request' })
    },
  )

  test('is not sent twice', async () => {
    const { params } = toRedirect(await send(`${requestUrl(issuer)}&max_age=1&max_age=2`))
    expect(params['error_description']).toBe("'max_age' parameter must not be provided twice")
  })
})

describe('prompt', () => {
  test.each(['create', 'create login', ' login  consent ', 'LOGIN', 'quick_select'])(
    'an unknown value is ignored: %s',
    async (prompt) => {
      expect(isSignInPage(await ask(issuer, { prompt }))).toBe(true)
      expect((await push({ prompt })).status).toBe(201)
    },
  )

  test('a known value beside an unknown one counts', async () => {
    expect(isSignInPage(await start(await signedIn(), { prompt: 'create  login' }))).toBe(true)
  })

  test.each(['none login', 'none create', 'create none', 'none select_account'])(
    'none is alone: %s',
    async (prompt) => {
      const { params } = toRedirect(await ask(issuer, { prompt }))
      expect(params['error']).toBe('invalid_request')
      expect(params['error_description']).toBe('prompt none must only be used alone')
      expect(await push({ prompt })).toMatchObject({ status: 400, error: 'invalid_request' })
    },
  )
})

describe('a parameter that changes what is answered is never ignored', () => {
  test.each<[string, Params]>([
    ['request_not_supported', { request: 'e30.e30.' }],
    ['registration_not_supported', { registration: '{}' }],
    ['request_uri_not_supported', { request_uri: 'https://ledger.example.test/request' }],
    ['unsupported_response_mode', { response_mode: 'web_message' }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_target', { resource: 'https://other.example.test' }],
  ])('%s', async (error, params) => {
    const all = { nonce: 'x', ...params }
    const { params: answer } = toRedirect(await ask(issuer, all))
    expect([answer['error'], answer['error_description']]).toEqual([error, expect.any(String)])
    const pushed = await push(all)
    expect(pushed).toMatchObject({ status: 400, error, description: expect.any(String) })
  })

  test('dpop_jkt binds the code to the key', async () => {
    const given = await consent(issuer, { params: { nonce: 'x', dpop_jkt: 'a'.repeat(43) } })
    expect((await redeem(issuer, given)).status).toBe(400)
  })

  test('sent twice it is refused', async () => {
    for (const name of ['response_mode', 'code_challenge_method', 'dpop_jkt', 'registration']) {
      const { params } = toRedirect(await send(`${requestUrl(issuer)}&${name}=a&${name}=b`))
      expect(params['error_description']).toMatch(/must not be provided twice/)
    }
  })
})

test('the password is asked for in a new browser, whatever the parameters say', async () => {
  expect(isSignInPage(await start(createBrowser(), { max_age: '99', nonce: 'x' }))).toBe(true)
})
