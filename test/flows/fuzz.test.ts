import { beforeAll, describe, expect, test } from 'vitest'
import { connect, consent, refresh, type Tokens } from '../support/flow.ts'
import { createRandom, seeds } from '../support/fuzzing.ts'
import { areActive, basic, requestUrl, send } from '../support/requests.ts'
import type { RawAnswer, RawInit } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

let tokens: Tokens
let seen: readonly string[]
const failures: unknown[] = []
const server = useServer()
beforeAll(async () => {
  server.provider.on('server_error', (_ctx, error) => failures.push(error))
  tokens = await connect(server.issuer)
  // Real values that do no harm: what is sent at random must not end the connection by right.
  seen = [
    (await consent(server.issuer)).code,
    tokens.access_token.slice(1),
    'ledger',
    'mobile',
    'S256',
  ]
})

const paths = [
  '/oauth/authorize',
  '/oauth/authorize/',
  '/oauth/Authorize',
  '/oauth/authorize/some-id',
  '/oauth/token',
  '/oauth/token/',
  '/oauth/token/introspect',
  '/oauth/token/revoke',
  '/oauth/par',
  '/oauth/jwks',
  '/oauth/interaction/some-id',
  '/oauth/interaction/some-id/switch-account',
  '/oauth/interaction/%E0%A4%A',
  '/oauth/assets/styles.css',
  '/oauth/%00',
  '/oauth/../oauth/token',
  '/oauth//token',
  '/oauth/',
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
]
const methods = ['GET', 'POST', 'POST', 'POST', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']
const names = [
  ['client_id', 'client_secret', 'redirect_uri', 'response_type', 'response_mode', 'scope'],
  ['state', 'code_challenge', 'code_challenge_method', 'nonce', 'prompt', 'max_age', 'claims'],
  ['request', 'request_uri', 'resource', 'id_token_hint', 'login_hint', 'dpop_jkt', 'csrf'],
  ['urn:pleo:params:oauth:subject', 'urn_pleo_params_oauth_subject', 'authorization_details'],
  ['grant_type', 'code', 'code_verifier', 'refresh_token', 'token', 'token_type_hint'],
  ['client_assertion', 'client_assertion_type', '__proto__', 'constructor', 'a[b]', 'a[]'],
].flat()
const values = [
  ['', ' ', 'code', 'none', 'login', 'true', '-1', '1e999', 'NaN', 'null', '{}', '[]', '\0'],
  ['authorization_code', 'refresh_token', 'client_credentials', '__proto__', 'toString'],
  ['companies:read', 'openid offline_access', 'https://ledger.example.test/callback'],
  ['https://api.example.test', 'javascript:alert(1)', '//evil.test', 'http://[::1', 'urn:x:y'],
  ['urn:pleo:company:00000000-0000-4000-8000-000000000001', 'urn:pleo:company:', 'ø🥐', '%'],
  ['urn:ietf:params:oauth:request_uri:x', 'eyJhbGciOiJub25lIn0.e30.', 'a'.repeat(43), 'x.y.z'],
  ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer', '<script>', '\'"`${{1+1}}', '../..'],
  ['a'.repeat(5000), '\r\nset-cookie: a=b', '\u202e\ud83d'],
].flat()
const types = [
  ['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=utf-16'],
  ['application/json', 'multipart/form-data; boundary=x', 'text/plain', '', ';', 'a/b;c="'],
].flat()

function createRequests(seed: number): () => { readonly url: string; readonly init: RawInit } {
  const random = createRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const fields = (): string =>
    Array.from({ length: Math.floor(random() * 9) }, () => {
      const value = pick([...values, ...seen])
      const isRaw = random() < 0.1
      return `${encodeURIComponent(pick(names))}=${isRaw ? '%E0%A4%A' : encode(value)}`
    }).join('&')
  const cookies = (): readonly string[] => {
    const nameOf = (type: string): string => server.provider.cookieName(type)
    return [`${nameOf('session')}=x`, `${nameOf('interaction')}=%`, ';;=;', 'a']
  }
  const headers = (): Record<string, string> => ({
    ...(random() < 0.5 && basic(confidential)),
    ...(random() < 0.1 && {
      authorization: pick(['Basic', 'Basic %%%', 'Bearer x', 'DPoP x', '']),
    }),
    ...(random() < 0.8 && { 'content-type': random() < 0.7 ? (types[0] ?? '') : pick(types) }),
    ...(random() < 0.2 && { cookie: pick(cookies()) }),
    ...(random() < 0.2 && { accept: pick(['text/html', 'application/json', '*/*;q=', 'x']) }),
    ...(random() < 0.2 && { origin: pick(['null', 'https://evil.test', server.issuer]) }),
    ...(random() < 0.2 && { 'sec-fetch-site': pick(['cross-site', 'same-origin', 'x']) }),
    ...(random() < 0.1 && { DPoP: pick(['x', 'eyJhbGciOiJub25lIn0.e30.', 'a.b.c']) }),
    ...(random() < 0.1 && { 'content-encoding': pick(['gzip', 'br', 'x']) }),
    ...(random() < 0.1 && { 'accept-language': pick(['x'.repeat(500), '*;q=a', 'da']) }),
  })
  return () => {
    const isAuthorization = random() < 0.3
    const query = random() < 0.6 ? `?${fields()}` : ''
    const url = isAuthorization
      ? `${requestUrl(server.issuer)}&${fields()}`
      : `${server.issuer}${pick(paths)}${query}`
    const method = isAuthorization ? 'GET' : pick(methods)
    const hasBody = method !== 'GET' && method !== 'HEAD'
    return { url, init: { method, headers: headers(), ...(hasBody && { body: fields() }) } }
  }
}

// A lone half of a letter cannot be percent-encoded.
const encode = (value: string): string => encodeURIComponent(value.toWellFormed())

/** What is wrong with an answer: nothing, for every answer that may be given to anybody. */
function problemOf({ status, headers, text }: RawAnswer, method: string | undefined): string {
  if (status >= 500) return `status ${status}`
  if (/\n\s+at |node_modules|\/lib\/|\.[jt]s:\d|Error:/.test(text)) return 'tells of the inside'
  if (text === '' || method === 'HEAD') return ''
  const type = headers['content-type']?.split(';')[0] ?? ''
  if (/^application\/(jwk-set\+)?json$/.test(type)) return isJson(text) ? '' : 'broken JSON'
  if (type === 'text/css') return ''
  const isNotOurs = status === 404 && text === 'Not Found'
  const isRedirect = status === 303 && text.startsWith('Redirecting to ')
  const isPage = type === 'text/html' && /^<!doctype html>[^]*<\/html>\s*$/.test(text)
  return isNotOurs || isRedirect || isPage ? '' : `${type}: ${text.slice(0, 200)}`
}

function isJson(text: string): boolean {
  try {
    return Boolean(JSON.parse(text))
  } catch {
    return false
  }
}

describe('requests made at random', () => {
  const statuses = new Set<number>()

  test.each(seeds(4))(
    'never fail inside, never tell of the inside, and get JSON or a page (seed %i)',
    async (seed) => {
      const next = createRequests(seed)
      for (let batch = 0; batch < 10; batch += 1) {
        const requests = Array.from({ length: 15 }, next)
        const answers = await Promise.all(requests.map(({ url, init }) => send(url, init)))
        for (const [index, answer] of answers.entries()) {
          statuses.add(answer.status)
          const problem = problemOf(answer, requests[index]?.init.method)
          expect(problem && { problem, request: requests[index] }).toBe('')
        }
      }
    },
  )

  test('reach pages, answers, redirects and refusals', () => {
    for (const status of [200, 303, 400, 404, 405]) expect(statuses).toContain(status)
  })

  test('have left everything as it was', async () => {
    expect(failures).toEqual([])
    expect(await areActive(server.issuer, [tokens.access_token])).toEqual([true])
    expect((await refresh(server.issuer, tokens.refresh_token)).status).toBe(200)
  })
})
