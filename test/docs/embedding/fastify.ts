import fastify from 'fastify'
import { paths, server } from './authorization-server.ts'
import { logger, setting, statusOf } from './backend.ts' // yours
import { signIn, signInPage } from './sign-in.ts' // yours

const app = fastify()

// A hook, because it runs before Fastify reads the body. Before every hook that wants somebody signed in.
const answer = server.app.callback()
app.addHook('onRequest', async (request, reply) => {
  if (!paths.some((path) => request.url.startsWith(path))) return
  reply.hijack()
  await answer(request.raw, reply.raw)
})
app.get('/health/ready', async (_request, reply) => {
  const { status, body } = await server.health.ready()
  return reply.code(status).send(body)
})

app.addContentTypeParser(
  'application/x-www-form-urlencoded',
  { parseAs: 'string' },
  async (_request: unknown, body: string) => Object.fromEntries(new URLSearchParams(body)),
)
app.get('/login', async (_request, reply) => reply.type('text/html').send(signInPage()))
app.post('/login', async (request, reply) => {
  const { url, body: form, headers } = request
  const signedIn = await signIn({ url, form, from: headers.origin })
  if (!signedIn) return reply.code(403).type('text/html').send(signInPage('Please try again.'))
  return reply.header('Set-Cookie', signedIn.cookie).redirect(signedIn.location, 303)
})
app.get('/invoices', async () => {
  throw new Error('the invoices are away')
})

app.setErrorHandler((error, _request, reply) => {
  const status = statusOf(error)
  if (status >= 500) logger.error(error)
  return reply.code(status).send({ error: 'something went wrong' })
})

await app.listen({ port: Number(setting('PORT')) })
server.checkMounting().catch((error: unknown) => logger.error(error))

process.once('SIGTERM', () => {
  void server
    .close({ server: app.server })
    .then(() => app.close())
    .then(() => process.exit(0))
})
