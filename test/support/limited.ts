import { createBrowser, type Page } from './browser.ts'
import { post, type Answer } from './flow.ts'
import { password } from './people.ts'
import { send, requestUrl, type RawAnswer } from './requests.ts'
import { confidential } from './server.ts'

/** A proxy in front of the server that says from where a request comes. */
export const behindProxy = { trustedProxies: ['loopback'] } as const

export const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })

interface SignIn {
  readonly username?: string
  readonly password?: string
  readonly headers?: Record<string, string>
}

/** Somebody signs in without an interaction: 200 if it worked, 422 if the password is wrong. */
export async function signIn(
  issuer: string,
  { username = 'sofia@example.test', password: typed = password, headers = {} }: SignIn = {},
): Promise<Page> {
  const browser = createBrowser()
  const page = await browser.go(`${issuer}/oauth/sign-in`)
  return browser.submit(page, { username, password: typed }, { headers })
}

export const guess = (issuer: string, of: Omit<SignIn, 'password'> = {}): Promise<Page> =>
  signIn(issuer, { ...of, password: 'a guess' })

/** A client authenticates, with a token that nobody has. */
export const authenticate = (
  issuer: string,
  secret: string = confidential.client_secret,
  headers: Record<string, string> = {},
  path = '/oauth/token/introspect',
): Promise<Answer> =>
  post(
    issuer + path,
    { token: 'x', client_id: confidential.client_id, client_secret: secret },
    headers,
  )

/** A browser opens an authorization request. */
export const open = (issuer: string, headers: Record<string, string> = {}): Promise<RawAnswer> =>
  send(requestUrl(issuer), { headers: { accept: 'text/html', ...headers } })

/** The statuses of requests, one after the other. */
export async function statusesOf(
  times: number,
  ask: (index: number) => Promise<{ readonly status: number }>,
): Promise<readonly number[]> {
  const statuses: number[] = []
  for (let index = 0; index < times; index += 1) statuses.push((await ask(index)).status)
  return statuses
}
