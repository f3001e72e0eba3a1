import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import Router from '@koa/router'
import Koa, { type Context, type Middleware } from 'koa'
import { createPartnerActions, type PartnerOptions } from './partner-actions.ts'
import { connectedPage, disconnectedPage } from './partner-pages.ts'
import { readAsConnected } from './partner-refresh.ts'
import { createPartnerSessions } from './partner-sessions.ts'
import { declinedPage, privacyPage, problemPage, startPage, termsPage } from './partner-site.ts'
import { separateSteps } from './partner-timeline.ts'
import { printProblem } from './print.ts'

/** The example partner application: connects a company, and shows what it may read. */
export function createPartnerApp(options: PartnerOptions): Koa {
  const { origin, store } = options
  const sessions = createPartnerSessions(store, origin)
  const actions = createPartnerActions({ ...options, sessions })
  const router = new Router()

  router.get('/', async (ctx) => {
    if ((await sessions.find(ctx))?.connection) ctx.redirect('/connected')
    else ctx.body = startPage()
  })
  router.get('/connect', actions.connect)
  router.get('/callback', actions.callback)
  router.get('/declined', async (ctx) => {
    ctx.body = declinedPage((await sessions.find(ctx))?.kind ?? 'company')
  })
  router.get('/connected', async (ctx) => {
    const connected = await readAsConnected({ ...options, sessions }, ctx)
    if (connected) ctx.body = connectedPage(connected)
    else ctx.redirect('/disconnected')
  })
  router.get('/disconnected', async (ctx) => {
    const session = await sessions.find(ctx)
    if (!session?.outcome || session.connection) return ctx.redirect('/')
    ctx.body = disconnectedPage(session.outcome, session)
  })
  router.post('/refresh', actions.refresh)
  router.post('/introspect', actions.introspect)
  router.post('/disconnect', actions.disconnect)
  router.get('/terms', (ctx) => void (ctx.body = termsPage()))
  router.get('/privacy', (ctx) => void (ctx.body = privacyPage()))
  for (const file of ['partner.css', 'partner.js', 'partner-logo.png']) {
    router.get(`/${file}`, async (ctx) => {
      ctx.type = extname(file)
      ctx.body = await readFile(new URL(file, import.meta.url))
    })
  }

  const app = new Koa()
  app.use(securityHeaders)
  app.use(onOneOrigin(origin))
  app.use(problemsAsPages)
  app.use(separateSteps)
  app.use(router.routes())
  return app
}

const securityHeaders: Middleware = async (ctx, next) => {
  ctx.set({
    'Cache-Control': 'no-store',
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    // The callback's URL holds the authorization code. Not no-referrer: forms would lose their Origin.
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  })
  await next()
}

/** Cookie and redirect URI belong to one origin; and what changes something is accepted from there only. */
function onOneOrigin(origin: string): Middleware {
  const { host } = new URL(origin)
  return async (ctx, next) => {
    const reads = ctx.method === 'GET' || ctx.method === 'HEAD'
    if (!reads && ctx.get('Origin') !== origin) {
      ctx.status = 403
      ctx.body = problemPage('Not from here', 'This request came from another page.')
    } else if (reads && ctx.host !== host) {
      ctx.redirect(origin + ctx.originalUrl)
    } else await next()
  }
}

const problemsAsPages: Middleware = async (ctx, next) => {
  try {
    await next()
    if (ctx.status === 404 && ctx.body === undefined) notFound(ctx)
  } catch (error) {
    const reason = describe(error)
    // The path alone: the callback's query holds the authorization code.
    printProblem(`Partner application: ${ctx.method} ${ctx.path}: ${toOneLine(reason)}`)
    ctx.status = 502
    ctx.body = problemPage(
      'That did not work',
      'The other side did not answer as it should. If you are connected, you still are: try again in a moment.',
      reason,
    )
  }
}

function notFound(ctx: Context): void {
  ctx.status = 404
  ctx.body = problemPage('There is no such page', 'The address may be mistyped.')
}

/** Some of it may come from whoever sends the request: nothing of that is to move the terminal's cursor. */
const toOneLine = (text: string): string => text.replaceAll(/\p{Cc}+/gu, ' ')

/** The protocol's error code and description where there are some; never a token. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const { error: code, error_description: text } = error as {
    error?: string
    error_description?: string
  }
  return code ? [code, text].filter(Boolean).join(': ') : error.message
}
