import type { Lifetimes } from 'pleo-oauth-server'

// Every server is set up with this, and the load asks every server for this.

/** How many requests are under way at any time for each process of a server, each on a connection of its own. */
export const connectionCount = 32

export const audience = 'https://api.example.test'

export const redirectUri = 'https://ledger.example.test/callback'

export const client: {
  readonly client_id: string
  readonly client_secret: string
  readonly client_name: string
  readonly redirect_uris: [string]
  readonly scope: string
} = {
  client_id: 'ledger',
  client_secret: 'ledger-secret-of-32-characters-at-least',
  client_name: 'Northwind Ledger',
  redirect_uris: [redirectUri],
  scope: 'companies:read users:read export-jobs:write',
}

export const storageKey = 'a storage key of more than thirty-two characters'

export const cookieKeys: string[] = ['a key of more than thirty-two characters for the cookies']

/** The name to sign in with, from which each server tells the account. */
export const toUsername = (accountId: string): string => `${accountId}@example.test`

export const toAccountId = (username: string): string => username.replace('@example.test', '')

/** The company of an account. */
export const toSubject = (accountId: string): string =>
  `urn:pleo:company:00000000-0000-4000-8000-${accountId.padStart(12, '0')}`

let people = 0

/** The answers of a new person to all forms of all servers. One person with thousands of connections would be no usual one. */
export function createAnswers(): Readonly<Record<string, string>> {
  people += 1
  const login = String(people)
  const username = toUsername(login)
  return { username, login, password: 'any', subject: toSubject(login), decision: 'allow' }
}

export const paths = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  introspection: '/oauth/token/introspect',
  revocation: '/oauth/token/revoke',
  pushed_authorization_request: '/oauth/par',
} as const

/** Seconds, as in the contract. */
export const lifetimes: Omit<Lifetimes, 'keyAnnouncement' | 'keyRetirement'> = {
  accessToken: 900,
  refreshToken: 60 * 86_400,
  grant: 365 * 86_400,
  authorizationCode: 60,
  interaction: 3600,
  session: 12 * 3600,
}
