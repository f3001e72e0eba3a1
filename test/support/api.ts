import { createServer } from 'node:http'
import Router from '@koa/router'
import Koa, { type Context } from 'koa'
import {
  bearer,
  companiesFor,
  companyFor,
  inProcess,
  protectedResource,
  requireScope,
  requireSubject,
  type BearerOptions,
  type CompanyId,
  type Subject,
} from '../../lib/resource-server/index.ts'
import { idOf, nordlysDenmark, nordlysGermany, nordlysGroup } from './people.ts'
import { toJson, send, type RawAnswer } from './requests.ts'
import { audience, closeServer, listen } from './server.ts'

/** An API on a port of its own, in front of which `bearer()` stands. */
export interface RunningApi {
  readonly origin: string
  /** What went out as the application's event `error`. */
  readonly errors: readonly unknown[]
  /** Asks with that access token, or without one. */
  get(path: string, token?: string): Promise<ApiAnswer>
  close(): Promise<void>
}

export interface ApiAnswer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly challenge: string | undefined
  readonly raw: RawAnswer
}

export const toApiAnswer = (raw: RawAnswer): ApiAnswer => ({
  status: raw.status,
  body: raw.text.startsWith('{') ? toJson(raw) : { text: raw.text },
  challenge: raw.headers['www-authenticate'],
  raw,
})

/** Which companies belong to an organization, as the API of the tests knows it. */
export const companiesOf = ({ urn }: Subject): readonly string[] =>
  urn === nordlysGroup ? [nordlysDenmark, nordlysGermany].map(idOf) : []

/** Starts an API that says what it knows of the token, and for which company it would read. */
export async function startApi(
  options: Partial<BearerOptions> & Pick<BearerOptions, 'verify'>,
): Promise<RunningApi> {
  const http = createServer()
  const origin = await listen(http)
  const app = createApi({ audience, baseUrl: origin, companiesOf, ...options })
  const errors: unknown[] = []
  app.on('error', (error: unknown) => errors.push(error))
  const handle = app.callback()
  http.on('request', (request, response) => void handle(request, response))
  return {
    origin,
    errors,
    async get(path, token) {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
      return toApiAnswer(await send(origin + path, { headers }))
    },
    close: () => closeServer(http),
  }
}

function createApi(options: BearerOptions): Koa {
  const router = new Router()
  router.get('/token', (ctx: Context) => {
    const { token } = ctx.state
    ctx.body = { ...token, scope: [...token.scope] }
  })
  router.get('/jobs', requireScope('export-jobs:write'), (ctx) => {
    ctx.body = { jobs: [] }
  })
  router.get('/organization', requireSubject('organization'), (ctx) => {
    ctx.body = {}
  })
  router.all('/company', async (ctx) => {
    ctx.body = { company: readCompany(await companyFor(ctx)) }
  })
  router.all('/company/:id', async (ctx) => {
    ctx.body = { company: readCompany(await companyFor(ctx, ctx.params['id'])) }
  })
  router.get('/misspelled/:id', async (ctx) => {
    ctx.body = { company: readCompany(await companyFor(ctx, ctx.params['ID'])) }
  })
  router.all('/companies', async (ctx) => {
    ctx.body = { companies: (await companiesFor(ctx)).map((id) => readCompany(id)) }
  })
  const app = new Koa()
  const { audience: own, baseUrl = own, dpop = true, dpopSigningAlgorithms } = options
  app.use(
    protectedResource({
      audience: own,
      baseUrl,
      dpop,
      ...(dpopSigningAlgorithms && { dpopSigningAlgorithms }),
      authorizationServers: ['https://auth.example.test'],
      scopes: ['companies:read'],
    }),
  )
  app.use(bearer({ usedProofs: inProcess(), ...options }))
  app.use(router.routes())
  return app
}

/** As a function does that reads from a database: it cannot be called without the check. */
const readCompany = (id: CompanyId): string => id
