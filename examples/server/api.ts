import Router from '@koa/router'
import Koa from 'koa'
import {
  bearer,
  companiesFor,
  companyFor,
  protectedResource,
  requireScope,
  type BearerState,
  type TokenVerifier,
  type UsedProofs,
} from 'pleo-oauth-server/resource-server'
import { createInstallationRoutes, type InstallationOptions } from './installations.ts'
import type { Company } from './people-file.ts'
import type { Directory, Employee } from './people.ts'

/** What {@link createApi} takes. */
export interface ApiOptions extends InstallationOptions {
  readonly verify: TokenVerifier
  readonly usedProofs: UsedProofs
  readonly audience: string
  /** Where the API is reached. */
  readonly baseUrl: string
  readonly issuer: string
  readonly directory: Directory
}

/** The scopes that the routes below ask for. */
export const apiScopes = ['companies:read', 'users:read'] as const

/** The example API: a resource server that answers in the shapes of the published one. */
export function createApi(options: ApiOptions): Koa {
  const { verify, usedProofs, audience, baseUrl, issuer, directory, nameOf } = options
  const app = new Koa()
  const scopes = apiScopes
  app.use(protectedResource({ audience, baseUrl, authorizationServers: [issuer], scopes }))
  app.use(async (ctx, next) => {
    ctx.set('Cache-Control', 'no-store')
    await next()
  })
  app.use(
    bearer({
      verify,
      usedProofs,
      audience,
      baseUrl,
      scopes,
      companiesOf: ({ id }) => directory.companiesOf(id).map((company) => company.id),
    }),
  )
  app.use(createRoutes(directory, nameOf).routes())
  app.use(createInstallationRoutes(options).routes())
  app.use((ctx) => {
    ctx.status = 404
    ctx.body = { error: 'not_found', error_description: 'there is no such route' }
  })
  return app
}

function createRoutes(directory: Directory, nameOf: ApiOptions['nameOf']): Router<BearerState> {
  const router = new Router<BearerState>()

  router.get('/v1/introspect', async (ctx) => {
    const { clientId, scope, subject } = ctx.state.token
    ctx.body = {
      data: {
        authMethod: 'OAUTH2',
        clientId,
        scope: [...scope].join(' '),
        applicationName: await nameOf(clientId),
        subjectURN: subject.urn,
      },
    }
  })

  router.get('/v1/companies', requireScope('companies:read'), async (ctx) => {
    const ids = await companiesFor(ctx)
    ctx.body = page(ids.flatMap((id) => directory.company(id) ?? []).map(toCompany))
  })

  router.get('/v1/companies/:id', requireScope('companies:read'), async (ctx, next) => {
    const company = directory.company(await companyFor(ctx, ctx.params['id']))
    if (!company) return next()
    ctx.body = { data: toCompany(company) }
  })

  router.get('/v2/employees', requireScope('users:read'), async (ctx) => {
    const ids = await companiesFor(ctx)
    ctx.body = page(ids.flatMap((id) => directory.employees(id)).map(toEmployee))
  })
  return router
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
