import { beforeAll, describe, expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { authorizationUrl, consent, createPkce, goToConsent, redeem } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { ask, requestUrl, send, sendForm, toErrorPage, toRedirect } from '../support/requests.ts'
import { audience, confidential, publicClient, useServer } from '../support/server.ts'

const excepted = {
  client_id: 'old-ledger',
  client_secret: 'old-secret',
  redirect_uris: ['https://old.example.test/callback'],
  scope: 'companies:read',
  pkce_exception: true,
}

const server = useServer({ clients: [confidential, publicClient, excepted] })
let issuer: string
beforeAll(() => void ({ issuer } = server))

type Params = Record<string, string | undefined>

describe('POST at the authorization endpoint', () => {
  const post = (params: Params, headers: Record<string, string> = {}) => {
    const body = new URL(requestUrl(issuer, params)).searchParams
    return send(`${issuer}/oauth/authorize`, { body, headers: { accept: 'text/html', ...headers } })
  }

  test.each<[string, Params]>([
    ['a wrong scope', { scope: 'bogus:read' }],
    ['offline_access', { scope: 'companies:read offline_access' }],
    ['no PKCE', { code_challenge: undefined, code_challenge_method: undefined }],
    ['another response mode', { response_mode: 'fragment' }],
    ['prompt none', { prompt: 'none' }],
    ['a malformed subject', { 'urn:pleo:params:oauth:subject': 'nonsense' }],
  ])('answers as GET does: %s', async (_, params) => {
    const answer = toRedirect(await post(params))
    expect(answer).toEqual(toRedirect(await ask(issuer, params)))
    expect(answer.params['error']).toBeTypeOf('string')
  })

  test('answers as GET does: a wrong redirect URI', async () => {
    const params = { redirect_uri: 'https://evil.example.test/' }
    const answer = toErrorPage(await post(params))
    expect(answer).toEqual(toErrorPage(await ask(issuer, params)))
    expect(answer.status).toBe(400)
  })

  test('refuses what is there twice', async () => {
    const body = `${new URL(requestUrl(issuer)).searchParams.toString()}&scope=users%3Aread`
    const { params } = toRedirect(await sendForm(`${issuer}/oauth/authorize`, body))
    expect(params).toEqual({
      error: 'invalid_request',
      error_description: "'scope' parameter must not be provided twice",
      state: 'some-state',
      iss: issuer,
    })
  })

  test('leads to a code, state and iss', async () => {
    const { browser } = await goToConsent(issuer)
    const { verifier, challenge } = createPkce()
    const body = new URL(requestUrl(issuer, { code_challenge: challenge })).searchParams
    const page = await browser.go(`${issuer}/oauth/authorize`, { method: 'POST', body })
    const answer = await browser.submit(page, { decision: 'allow', subject: bakery })
    const { code = '', ...rest } = Object.fromEntries(answer.location?.searchParams ?? [])
    expect(rest).toEqual({ state: 'some-state', iss: issuer })
    expect((await redeem(issuer, { code, verifier, redirect: answer.url })).status).toBe(200)
  })

  test('from another site goes on as GET, so that the browser sends its cookies', async () => {
    const params = { code_challenge: 'x'.repeat(43), state: 'ø &=' }
    const answer = await post(params, { 'sec-fetch-site': 'cross-site' })
    expect(answer.status).toBe(303)
    const sorted = (url: string): string => {
      const { searchParams } = new URL(url)
      searchParams.sort()
      return searchParams.toString()
    }
    const { location = '' } = answer.headers
    expect(location.split('?')[0]).toBe(`${issuer}/oauth/authorize`)
    expect(sorted(location)).toEqual(sorted(requestUrl(issuer, params)))
  })
})

describe('an authorization request', () => {
  const none = { code_challenge: undefined, code_challenge_method: undefined }

  test('without PKCE is for confidential clients with the exception', async () => {
    const given = await consent(issuer, { client: excepted, params: none })
    const answer = await redeem(issuer, given, excepted, { code_verifier: undefined })
    expect(answer.status).toBe(200)
    const refused = toRedirect(await ask(issuer, none, publicClient))
    expect(refused.params['error']).toBe('invalid_request')
  })

  test('with PKCE is held to it, also from a client with the exception', async () => {
    const given = await consent(issuer, { client: excepted })
    const answer = await redeem(issuer, given, excepted, { code_verifier: undefined })
    const error_description = 'code_verifier is missing'
    expect([answer.status, answer.body]).toEqual([
      400,
      { error: 'invalid_grant', error_description },
    ])
  })

  test('without PKCE takes no verifier at the token endpoint', async () => {
    const given = await consent(issuer, { client: excepted, params: none })
    const answer = await redeem(issuer, given, excepted)
    expect([answer.status, answer.body['error']]).toEqual([400, 'invalid_grant'])
  })

  test('may name the API it is for', async () => {
    const given = await consent(issuer, { params: { resource: audience } })
    expect((await redeem(issuer, given)).status).toBe(200)
  })

  test('with prompt=none says consent_required where somebody is signed in', async () => {
    const browser = createBrowser()
    await goToConsent(issuer, { browser })
    const { challenge } = createPkce()
    const params = { code_challenge: challenge, prompt: 'none' }
    const answer = await browser.go(authorizationUrl(issuer, confidential, params))
    expect(Object.fromEntries(answer.location?.searchParams ?? [])).toEqual({
      error: 'consent_required',
      error_description: 'consent is required',
      state: 'some-state',
      iss: issuer,
    })
  })
})
