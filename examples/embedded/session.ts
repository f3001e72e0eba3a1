import { randomBytes, timingSafeEqual } from 'node:crypto'
import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { checkPassword, findPerson } from './people.ts'

// The backend's own sign-in, older than its authorization server.

// Browsers send cookies to every port of a host: with the port in its name, two backends keep theirs apart.
const cookieOf = ({ socket }: Context): string => `backend_session_${socket.localPort}`
interface SignedIn {
  readonly accountId: string
  /** Milliseconds since the epoch. */
  readonly authenticatedAt: number
}

const sessions = new Map<string, SignedIn>()

/** The person who is signed in, and since when: so the authorization server can ask for a new sign-in. */
export const signedInAs = (ctx: Context): SignedIn | undefined =>
  sessions.get(ctx.cookies.get(cookieOf(ctx), { signed: true }) ?? '')

const formCookieOf = ({ socket }: Context): string => `backend_form_${socket.localPort}`
const cookieOptions = { signed: true, httpOnly: true, sameSite: 'lax', overwrite: true } as const

/** What the sign-in form of this browser has to send: else a page of somebody else could sign a person in as its own account. */
function formTokenOf(ctx: Context): string {
  const known = ctx.cookies.get(formCookieOf(ctx), { signed: true })
  if (known !== undefined) return known
  const token = randomBytes(16).toString('base64url')
  ctx.cookies.set(formCookieOf(ctx), token, cookieOptions)
  return token
}

/** Whether a form came from this backend's own page, in the browser that the page was for. */
function isOwnForm(ctx: Context, origin: string, token: unknown): boolean {
  const [from, site] = [ctx.get('Origin'), ctx.get('Sec-Fetch-Site')]
  // Behind a proxy that hides the referrer, browsers hide the origin too: then `Sec-Fetch-Site` tells.
  const isHidden = from === 'null' && site === 'same-origin'
  if (from !== '' && from !== origin && !isHidden) return false
  if (site !== '' && site !== 'same-origin') return false
  const expected = Buffer.from(ctx.cookies.get(formCookieOf(ctx), { signed: true }) ?? '')
  const given = Buffer.from(typeof token === 'string' ? token : '')
  return expected.length > 0 && expected.length === given.length && timingSafeEqual(expected, given)
}

/** What the sign-in needs to know of the backend. */
export interface SignInPlace {
  /** Where browsers reach the backend. */
  readonly origin: string
  /** Whether somebody may be sent to that URL: else the sign-in would lead people anywhere. */
  readonly mayReturnTo: (url: string) => boolean
}

/** The page to sign in at, which sends people back to where they came from. */
export function createSignIn({ origin, mayReturnTo }: SignInPlace): Middleware {
  const router = new Router()
  const returnTo = (ctx: Context): string => {
    const { return_to: url } = ctx.query
    return typeof url === 'string' && mayReturnTo(url) ? url : '/'
  }
  router.get('/login', (ctx) => {
    ctx.set(pageHeaders)
    ctx.body = toPage(formTokenOf(ctx), `/login?return_to=${encodeURIComponent(returnTo(ctx))}`)
  })
  router.post('/login', (ctx) => {
    ctx.set(pageHeaders)
    const { email, password, csrf } = Object(ctx.request.body) as Readonly<Record<string, unknown>>
    if (!isOwnForm(ctx, origin, csrf)) {
      ctx.status = 403
      ctx.body = toPage(
        formTokenOf(ctx),
        ctx.url,
        'This form was not from here. Please sign in again.',
      )
      return
    }
    const accountId = checkPassword(String(email), String(password))
    if (accountId === undefined) {
      ctx.status = 401
      ctx.body = toPage(
        formTokenOf(ctx),
        ctx.url,
        'That e-mail address and password do not belong together.',
      )
      return
    }
    const id = randomBytes(16).toString('base64url')
    sessions.set(id, { accountId, authenticatedAt: Date.now() })
    ctx.cookies.set(cookieOf(ctx), id, cookieOptions)
    ctx.redirect(returnTo(ctx))
  })
  router.get('/', (ctx) => {
    const person = findPerson(signedInAs(ctx)?.accountId ?? '')
    ctx.body = toDocument(
      person
        ? `<p>Signed in as ${person.name}. <a href="/auth/oauth/connections">Connections</a></p>`
        : '<p><a href="/login">Sign in</a></p>',
    )
  })
  return router.routes() as Middleware
}

/** No other site may frame the form, and no cache may keep its token. */
const pageHeaders = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
}

const toPage = (token: string, action: string, problem = ''): string =>
  toDocument(`<form method="post" action="${action.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">
  <input type="hidden" name="csrf" value="${token}">
  <p role="alert">${problem}</p>
  <p><label>E-mail address <input name="email" type="email" autocomplete="username" required></label></p>
  <p><label>Password <input name="password" type="password" autocomplete="current-password" required></label></p>
  <button>Sign in</button>
</form>`)

const toDocument = (content: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Example backend</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 30rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>Example backend</h1>
${content}
</html>
`
