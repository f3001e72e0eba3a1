/** The sign-in of the backends in docs/recipes.md: older than the authorization server, and the same in each framework. */
import { randomBytes } from 'node:crypto'
import { setting } from './backend.ts'
import { authenticate } from './people.ts'

interface Session {
  readonly accountId: string
  /** Milliseconds since the epoch. */
  readonly authenticatedAt: number
}

const sessions = new Map<string, Session>()

/** The session that a `Cookie` header names. */
export function sessionOf(cookies: string): Session | undefined {
  const [, id = ''] = /(?:^|; )session=([\w-]+)/.exec(cookies) ?? []
  return sessions.get(id)
}

/** A page with a form, which the browser posts to the same URL. It contains nothing that a stranger sent. */
export const signInPage = (message = ''): string => `<!doctype html>
<title>Sign in</title>
<p>${message}</p>
<form method="post">
  <input name="email" type="email"><input name="password" type="password"><button>Sign in</button>
</form>`

interface SignInAttempt {
  /** The URL of the page, with `return_to` in its query. */
  readonly url: string
  readonly form: unknown
  /** The `Origin` header. */
  readonly from: string | undefined
}

/**
 * The cookie to set and the place to go to. Undefined if the password is wrong, or if the form is of another site, which could sign
 * somebody in as the attacker.
 */
export async function signIn({
  url,
  form,
  from,
}: SignInAttempt): Promise<{ readonly cookie: string; readonly location: string } | undefined> {
  const origin = setting('ORIGIN')
  const { email, password } = Object(form) as Readonly<Record<string, unknown>>
  if (from !== origin || typeof email !== 'string' || typeof password !== 'string') return undefined
  const accountId = await authenticate({ username: email, password })
  if (accountId === undefined) return undefined
  const id = randomBytes(16).toString('base64url')
  sessions.set(id, { accountId, authenticatedAt: Date.now() })
  const returnTo = new URL(url, origin).searchParams.get('return_to') ?? ''
  const mayReturn = ['interaction/', 'connections'].some((place) =>
    returnTo.startsWith(`${origin}/auth/oauth/${place}`),
  )
  return {
    cookie: `session=${id}; Path=/; HttpOnly; SameSite=Lax`,
    location: mayReturn ? returnTo : '/',
  }
}
