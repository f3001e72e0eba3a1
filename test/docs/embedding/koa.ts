import { bodyParser } from '@koa/bodyparser'
import Router from '@koa/router'
import Koa from 'koa'
import mount from 'koa-mount'
import { server } from './authorization-server.ts'
import { logger, setting, statusOf } from './backend.ts' // yours
import { signIn, signInPage } from './sign-in.ts' // yours

const app = new Koa()
app.use(async (ctx, next) => {
  try {
    await next()
  } catch (error) {
    ctx.status = statusOf(error)
    if (ctx.status >= 500) logger.error(error)
    ctx.body = { error: 'something went wrong' }
  }
})

// Before body parsers, and before everything that wants somebody signed in.
app.use(server.health.middleware())
app.use(mount(server.app))

app.use(bodyParser())
const router = new Router()
router.get('/login', (ctx) => {
  ctx.body = signInPage()
})
router.post('/login', async (ctx) => {
  const form: unknown = ctx.request.body
  const signedIn = await signIn({ url: ctx.url, form, from: ctx.get('Origin') })
  if (!signedIn) {
    ctx.status = 403
    ctx.body = signInPage('Please try again.')
    return
  }
  ctx.set('Set-Cookie', signedIn.cookie)
  ctx.status = 303
  ctx.redirect(signedIn.location)
})
router.get('/invoices', () => {
  throw new Error('the invoices are away')
})
app.use(router.routes())

const http = app.listen(Number(setting('PORT')), () => {
  server.checkMounting().catch((error: unknown) => logger.error(error))
})

process.once('SIGTERM', () => {
  void server.close({ server: http }).then(() => process.exit(0))
})
