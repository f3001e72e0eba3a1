import { serve, type HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { paths, server } from './authorization-server.ts'
import { logger, setting, statusOf } from './backend.ts' // yours
import { signIn, signInPage } from './sign-in.ts' // yours

const app = new Hono<{ Bindings: HttpBindings }>()

// Before everything that reads the body, and before everything that wants somebody signed in.
const answer = server.app.callback()
app.use(async (c, next) => {
  if (!paths.some((path) => c.req.path.startsWith(path))) return next()
  await answer(c.env.incoming, c.env.outgoing)
  return RESPONSE_ALREADY_SENT
})
app.get('/health/ready', async (c) => {
  const { status, body } = await server.health.ready()
  return c.json(body, status)
})

app.use(bodyLimit({ maxSize: 100 * 1024 })) // Hono has no limit of its own
app.get('/login', (c) => c.html(signInPage()))
app.post('/login', async (c) => {
  const form: unknown = await c.req.parseBody()
  const signedIn = await signIn({ url: c.req.url, form, from: c.req.header('Origin') })
  if (!signedIn) return c.html(signInPage('Please try again.'), 403)
  c.header('Set-Cookie', signedIn.cookie)
  return c.redirect(signedIn.location, 303)
})
app.get('/invoices', () => {
  throw new Error('the invoices are away')
})

app.onError((error) => {
  const status = statusOf(error)
  if (status >= 500) logger.error(error)
  return Response.json({ error: 'something went wrong' }, { status })
})

const http = serve({ fetch: app.fetch, port: Number(setting('PORT')) }, () => {
  server.checkMounting().catch((error: unknown) => logger.error(error))
})

process.once('SIGTERM', () => {
  void server.close({ server: http }).then(() => process.exit(0))
})
