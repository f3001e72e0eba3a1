import express, { type ErrorRequestHandler } from 'express'
import { paths, server } from './authorization-server.ts'
import { logger, setting, statusOf } from './backend.ts' // yours
import { signIn, signInPage } from './sign-in.ts' // yours

const app = express()

// Before body parsers, and before everything that wants somebody signed in.
const answer = server.app.callback()
app.use(paths, (request, response) => answer(request, response))
app.get('/health/ready', async (_request, response) => {
  const { status, body } = await server.health.ready()
  response.status(status).json(body)
})

app.use(express.urlencoded())
app.get('/login', (_request, response) => {
  response.send(signInPage())
})
app.post('/login', async (request, response) => {
  const form: unknown = request.body
  const signedIn = await signIn({ url: request.url, form, from: request.get('Origin') })
  if (!signedIn) response.status(403).send(signInPage('Please try again.'))
  else response.set('Set-Cookie', signedIn.cookie).redirect(303, signedIn.location)
})
app.get('/invoices', () => {
  throw new Error('the invoices are away')
})

const answerError: ErrorRequestHandler = (error, _request, response, next) => {
  const status = statusOf(error)
  if (status >= 500) logger.error(error)
  if (response.headersSent) next(error)
  else response.status(status).json({ error: 'something went wrong' })
}
app.use(answerError)

const http = app.listen(Number(setting('PORT')), () => {
  server.checkMounting().catch((error: unknown) => logger.error(error))
})

process.once('SIGTERM', () => {
  void server.close({ server: http }).then(() => process.exit(0))
})
