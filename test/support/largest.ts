import { authorizationUrl } from './flow.ts'
import { registration } from './registered.ts'
import { confidential } from './server.ts'

// The largest that a stranger can send which is not refused for its length, and the same twice as long, which is.

/** How long it is, beside the largest that is looked at. */
type Factor = 1 | 2

/** One request, as a stranger sends it to an issuer where everybody registers clients. */
export interface LargestRequest {
  readonly name: string
  /** The usual request that it is held against. */
  readonly usual: 'registration' | 'authorization' | 'token'
  readonly send: (issuer: string, factor: Factor) => Promise<Response>
}

const json = (issuer: string, body: object): Promise<Response> =>
  fetch(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

const form = (issuer: string, body: string): Promise<Response> =>
  fetch(`${issuer}/oauth/token`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${btoa('ledger:ledger-secret')}`,
    },
    body: `grant_type=refresh_token&refresh_token=x&${body}`,
  })

const authorize = (issuer: string, more: string): Promise<Response> =>
  fetch(authorizationUrl(issuer, confidential) + more, { redirect: 'manual' })

const range = <T>(length: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length }, (_, index) => make(index))

const languages =
  'af am ar az be bg bn bs ca cs cy da de el es et eu fa fi fr ga gl gu he hi hr hu hy id is'.split(
    ' ',
  )

/** Names in so many languages, each with letters of its own. */
const names = (count: number, name: string): object =>
  Object.fromEntries(
    languages.slice(0, count).map((tag, index) => [`client_name#${tag}`, name + String(index)]),
  )

const registering = (name: string, members: (factor: Factor) => object): LargestRequest => ({
  name,
  usual: 'registration',
  send: (issuer, factor) => json(issuer, { ...registration, ...members(factor) }),
})

/** What each kind of request usually is. */
export const usual: Readonly<
  Record<LargestRequest['usual'], (issuer: string) => Promise<Response>>
> = {
  registration: (issuer) => json(issuer, registration),
  authorization: (issuer) => authorize(issuer, ''),
  token: (issuer) => form(issuer, 'scope=companies%3Aread'),
}

export const largest: readonly LargestRequest[] = [
  registering('scopes that there are not', (factor) => ({
    scope: range(500 * factor, (n) => `unknown:scope-${n}`)
      .join(' ')
      .padEnd(10_000 * factor),
  })),
  registering('blanks for scopes', (factor) => ({ scope: ' '.repeat(10_000 * factor) })),
  registering('optional scopes', (factor) => ({ optional_scope: 'a '.repeat(500 * factor) })),
  registering('names of letters', (factor) => names(15 * factor, 'q'.repeat(60))),
  registering('names of many words', (factor) => names(15 * factor, 'q w '.repeat(15).trim())),
  registering('names in a rare alphabet', (factor) => names(15 * factor, 'ไ ท '.repeat(15).trim())),
  registering('names of characters that expand', (factor) =>
    names(15 * factor, '\uFDFA'.repeat(3)),
  ),
  registering('one name that expands', (factor) => ({
    client_name: '\uFDFA'.repeat(100 * factor),
  })),
  registering('misspelled members', (factor) =>
    Object.fromEntries(range(190 * factor, (n) => [`client_uri${n}`, 'x'])),
  ),
  registering('long members', (factor) => ({ ['s'.repeat(25_000 * factor)]: 'x' })),
  registering('redirect URIs', (factor) => ({
    redirect_uris: range(50 * factor, (n) => `https://ledger.example.test/${n}/${'x'.repeat(500)}`),
  })),
  registering('contacts', (factor) => ({
    contacts: range(20 * factor, (n) => `c${n}${'.c'.repeat(100)}@example.test`),
  })),
  registering('pages in many languages', (factor) =>
    Object.fromEntries(
      range(25 * factor, (n) => [
        `tos_uri#${languages[n % 30] ?? 'da'}-x-${n}`,
        `https://ledger.example.test/${'x'.repeat(900)}`,
      ]),
    ),
  ),
  {
    name: 'parameters of a query',
    usual: 'authorization',
    send: (issuer, factor) => authorize(issuer, '&a'.repeat(190 * factor)),
  },
  {
    name: 'languages of the pages',
    usual: 'authorization',
    send: (issuer, factor) => authorize(issuer, `&ui_locales=${'a+'.repeat(490 * factor)}`),
  },
  {
    name: 'scopes of a request for tokens',
    usual: 'token',
    send: (issuer, factor) => form(issuer, `scope=${'a+'.repeat(4990 * factor)}`),
  },
  {
    name: 'resources of a request for tokens',
    usual: 'token',
    send: (issuer, factor) => form(issuer, 'resource=https://a&'.repeat(100 * factor)),
  },
]

/** As much of something as fits into a request. */
export const fullest: readonly LargestRequest[] = [
  registering('scopes', () => ({ scope: 'a '.repeat(27_000) })),
  registering('names that expand', () => names(30, '\uFDFA'.repeat(198))),
  registering('misspelled members', () =>
    Object.fromEntries(range(3500, (n) => [`scope${n}`, 'x'])),
  ),
  registering('a misspelled member', () => ({ ['s'.repeat(55_000)]: 'x' })),
  {
    name: 'parameters of a query',
    usual: 'authorization',
    send: (issuer) => authorize(issuer, '&a'.repeat(7000)),
  },
  {
    name: 'parameters of a form',
    usual: 'token',
    send: (issuer) => form(issuer, 'resource=a&'.repeat(5000)),
  },
]
