import Koa from 'koa'
import type { Accounts } from 'pleo-oauth-server'
import { createTestServer, type SignIn } from 'pleo-oauth-server/testing'
import { expect, test } from 'vitest'

const company = 'urn:pleo:company:5f0c3f8e-6f0e-4d0a-9b57-1f7f3c1f5a01'

const accounts: Accounts = {
  find: (accountId) => ({ accountId, name: 'Ada Lind' }),
  subjects: (_, { type }) =>
    type === 'company' ? [{ urn: company, name: 'Old Mill', mayConnect: true }] : [],
  signedIn: (ctx) => ctx.cookies.get('backend_session'),
  signInUrl: '/login',
}

/** The backend, which has a form with one field on its page `/login`. */
function createBackend(): Koa {
  const backend = new Koa()
  backend.use(async (ctx, next) => {
    if (ctx.path !== '/login') return next()
    const { return_to: returnTo, name } = ctx.query
    ctx.body = `<form><input name="name"><input type="hidden" name="return_to" value="${String(returnTo)}"></form>`
    if (typeof name !== 'string' || typeof returnTo !== 'string') return
    ctx.cookies.set('backend_session', name)
    ctx.redirect(returnTo)
  })
  return backend
}

const signIn: SignIn = (page, browser) => {
  const returnTo = page.url.searchParams.get('return_to') ?? ''
  return browser.go(`${page.url.origin}/login?name=ada&return_to=${encodeURIComponent(returnTo)}`)
}

test('people of the backend connect applications', async () => {
  await using server = await createTestServer({
    accounts,
    host: ({ app }) => {
      const backend = createBackend()
      backend.middleware.push(...app.middleware) // mount(app)
      return (request, response) => void backend.callback()(request, response)
    },
  })
  const connection = await server.connect({ account: signIn })
  expect(connection.subject).toBe(company)
})
