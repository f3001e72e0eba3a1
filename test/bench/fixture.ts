import type { Lifetimes } from 'pleo-oauth-server'

/** What both servers are set up with, and what the load asks of both. */
export const audience = 'https://api.example.test'

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
  redirect_uris: ['https://ledger.example.test/callback'],
  scope: 'companies:read users:read export-jobs:write',
}

export const redirectUri = 'https://ledger.example.test/callback'

export const cookieKeys: string[] = ['a key of more than thirty-two characters for the cookies']

export const subject = 'urn:pleo:company:00000000-0000-4000-8000-000000000001'

export const paths = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  introspection: '/oauth/token/introspect',
  revocation: '/oauth/token/revoke',
  pushed_authorization_request: '/oauth/par',
} as const

/** Seconds, the same on both sides: as in the contract. */
export const lifetimes: Omit<Lifetimes, 'keyAnnouncement' | 'keyRetirement'> = {
  accessToken: 900,
  refreshToken: 60 * 86_400,
  grant: 365 * 86_400,
  authorizationCode: 60,
  interaction: 3600,
  session: 12 * 3600,
}

/** What a person types into the two pages, in the field names of each server. */
export interface PageFields {
  readonly login: Readonly<Record<string, string>>
  readonly consent: Readonly<Record<string, string>>
}
