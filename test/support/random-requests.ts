import { createRandom } from './fuzzing.ts'
import { basic, requestUrl, type RawAnswer, type RawInit } from './requests.ts'
import { confidential, type RunningServer } from './server.ts'

// Requests that are drawn at random: known paths and parameters, with good values and absurd ones.

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

/**
 * Makes a generator of requests.
 *
 * @param seen - real values, which are sent as values of parameters, too
 */
export function createRequests(
  server: Pick<RunningServer, 'issuer' | 'provider'>,
  seen: readonly string[],
  seed: number,
): () => { readonly url: string; readonly init: RawInit } {
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

/** Says what is wrong with an answer. It is empty for every answer that may be given to anybody. */
export function problemOf(
  { status, headers, text }: RawAnswer,
  method: string | undefined,
): string {
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
