import { randomBytes, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { pageHeaders, signInPage, startPage } from './pages.ts'
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
  const refuse = (ctx: Context, status: number, problem: string, email?: unknown): void => {
    ctx.status = status
    ctx.body = signInPage({
      action: ctx.url,
      csrf: formTokenOf(ctx),
      problem,
      email: typeof email === 'string' ? email : '',
    })
  }
  router.use((ctx, next) => {
    ctx.set(pageHeaders)
    return next()
  })
  router.get('/login', (ctx) => {
    const action = `/login?return_to=${encodeURIComponent(returnTo(ctx))}`
    ctx.body = signInPage({ action, csrf: formTokenOf(ctx) })
  })
  router.post('/login', (ctx) => {
    const { email, password, csrf } = Object(ctx.request.body) as Readonly<Record<string, unknown>>
    if (!isOwnForm(ctx, origin, csrf))
      return refuse(ctx, 403, 'This form was not from here. Please sign in again.')
    const accountId = checkPassword(String(email), String(password))
    if (accountId === undefined) return refuse(ctx, 401, 'Wrong email or password.', email)
    const id = randomBytes(16).toString('base64url')
    sessions.set(id, { accountId, authenticatedAt: Date.now() })
    ctx.cookies.set(cookieOf(ctx), id, cookieOptions)
    ctx.redirect(returnTo(ctx))
  })
  router.get('/', (ctx) => {
    ctx.body = startPage(findPerson(signedInAs(ctx)?.accountId ?? '')?.name)
  })
  for (const file of ['style.css', 'harbour.svg']) {
    router.get(`/${file}`, async (ctx) => {
      ctx.type = extname(file)
      ctx.body = await readFile(join(import.meta.dirname, file))
    })
  }
  return router.routes() as Middleware
}
