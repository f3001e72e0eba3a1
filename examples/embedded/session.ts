import { randomBytes } from 'node:crypto'
import Router from '@koa/router'
import type { Context, Middleware } from 'koa'
import { checkPassword, findPerson } from './people.ts'

// The backend's own sign-in, older than its authorization server.

// Browsers send cookies to every port of a host: with the port in its name, two backends keep theirs apart.
const cookieOf = ({ socket }: Context): string => `backend_session_${socket.localPort}`
const sessions = new Map<string, string>()

/** The account id of the person who is signed in. */
export const signedInAs = (ctx: Context): string | undefined =>
  sessions.get(ctx.cookies.get(cookieOf(ctx), { signed: true }) ?? '')

/**
 * The page to sign in at, which sends people back to where they came from.
 *
 * @param mayReturnTo - whether somebody may be sent to that URL: else this would lead people anywhere
 */
export function createSignIn(mayReturnTo: (url: string) => boolean): Middleware {
  const router = new Router()
  const returnTo = (ctx: Context): string => {
    const { return_to: url } = ctx.query
    return typeof url === 'string' && mayReturnTo(url) ? url : '/'
  }
  router.get('/login', (ctx) => {
    ctx.body = toPage(`/login?return_to=${encodeURIComponent(returnTo(ctx))}`)
  })
  router.post('/login', (ctx) => {
    const { email, password } = ctx.request.body as { email?: unknown; password?: unknown }
    const accountId = checkPassword(String(email), String(password))
    if (accountId === undefined) {
      ctx.status = 401
      ctx.body = toPage(ctx.url, 'That e-mail address and password do not belong together.')
      return
    }
    const id = randomBytes(16).toString('base64url')
    sessions.set(id, accountId)
    const options = { signed: true, httpOnly: true, sameSite: 'lax', overwrite: true } as const
    ctx.cookies.set(cookieOf(ctx), id, options)
    ctx.redirect(returnTo(ctx))
  })
  router.get('/', (ctx) => {
    const person = findPerson(signedInAs(ctx) ?? '')
    ctx.body = toDocument(
      person
        ? `<p>Signed in as ${person.name}. <a href="/auth/oauth/connections">Connections</a></p>`
        : '<p><a href="/login">Sign in</a></p>',
    )
  })
  return router.routes() as Middleware
}

const toPage = (action: string, problem = ''): string =>
  toDocument(`<form method="post" action="${action.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}">
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
