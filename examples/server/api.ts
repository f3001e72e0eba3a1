import Router from '@koa/router'
import Koa, { type Context } from 'koa'
import { createBearer, type BearerOptions, type VerifiedToken } from './bearer.ts'
import type { Company } from './people-file.ts'
import type { Directory, Employee } from './people.ts'

/** What {@link createApi} takes. */
export interface ApiOptions extends BearerOptions {
  readonly directory: Directory
  /** The name of a client, as it is registered. */
  readonly nameOf: (clientId: string) => string | undefined
}

/** The example API: a resource server that answers in the shapes of the published one. */
export function createApi(options: ApiOptions): Koa {
  const { directory, nameOf } = options
  const bearer = createBearer(options)
  const router = new Router()

  router.get('/v1/introspect', async (ctx) => {
    const token = await bearer(ctx)
    if (!token) return
    ctx.body = {
      data: {
        authMethod: 'OAUTH2',
        clientId: token.clientId,
        scope: token.scope,
        applicationName: nameOf(token.clientId) ?? token.clientId,
        subjectURN: token.subject.urn,
      },
    }
  })

  router.get('/v1/companies', async (ctx) => {
    const token = await bearer(ctx, 'companies:read')
    if (!token) return
    ctx.body = page(companiesFor(token, directory).map((company) => toCompany(company)))
  })

  router.get('/v2/employees', async (ctx) => {
    const token = await bearer(ctx, 'users:read')
    if (!token) return
    const company = chooseCompany(ctx, token, directory)
    if (company) {
      ctx.body = page(directory.employees(company.id).map((employee) => toEmployee(employee)))
    }
  })

  const app = new Koa()
  app.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    await next()
  })
  app.use(router.routes())
  app.use((ctx) => fail(ctx, 404, 'not_found', 'There is no such route.'))
  return app
}

function companiesFor({ subject }: VerifiedToken, directory: Directory): readonly Company[] {
  if (subject.type === 'organization') return directory.companiesOf(subject.id)
  const company = directory.company(subject.id)
  return company ? [company] : []
}

/** The one company a call is about. Answers the call itself where there is none. */
function chooseCompany(
  ctx: Context,
  token: VerifiedToken,
  directory: Directory,
): Company | undefined {
  const named = ctx.query['company_id'] ?? ctx.query['companyId']
  if (Array.isArray(named)) {
    fail(ctx, 400, 'invalid_request', 'company_id is given more than once.')
    return undefined
  }
  if (named === undefined && token.subject.type === 'organization') {
    fail(ctx, 400, 'invalid_request', 'A token of an organization needs company_id.')
    return undefined
  }
  const id = named?.toLowerCase() ?? token.subject.id
  const company = companiesFor(token, directory).find((one) => one.id === id)
  // The same answer for a company of somebody else and for none: the id tells nothing.
  if (!company) fail(ctx, 403, 'forbidden', 'The token is not for that company.')
  return company
}

function toCompany({ id, name, organizationId, registrationNumber, country }: Company): object {
  return {
    id,
    name,
    organizationId: organizationId ?? null,
    registrationNumber: registrationNumber ?? null,
    address: { country: country ?? null },
  }
}

function toEmployee({ id, companyId, name, email, jobTitle }: Employee): object {
  const [firstName, ...rest] = name.split(' ')
  const lastName = rest.join(' ')
  return { id, companyId, email, firstName, lastName, jobTitle: jobTitle ?? null }
}

function page(data: readonly object[]): object {
  return {
    data,
    pagination: {
      currentRequestPagination: { parameters: {} },
      hasNextPage: false,
      hasPreviousPage: false,
      total: data.length,
    },
  }
}

function fail(ctx: Context, status: number, error: string, message: string): void {
  ctx.status = status
  ctx.body = { error, message }
}
