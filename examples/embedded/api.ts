import Router from '@koa/router'
import type { Middleware } from 'koa'
import compose from 'koa-compose'
import type { AuthorizationServer } from 'pleo-oauth-server'
import {
  bearer,
  companiesFor,
  companyFor,
  inProcess,
  local,
  requireScope,
  type BearerState,
  type CompanyId,
} from 'pleo-oauth-server/resource-server'
import { companies } from './people.ts'

const vendors = new Map<string, string[]>()

// What reads or writes data of a company takes a CompanyId, and only companyFor and companiesFor make one.
const vendorsOf = (company: CompanyId): readonly string[] => vendors.get(company) ?? []
const addVendor = (company: CompanyId, name: string): void =>
  void vendors.set(company, [...vendorsOf(company), name])

/** The backend's API, for the applications that its customers have connected. */
export function createApi(audience: string, server: AuthorizationServer): Middleware {
  const router = new Router<BearerState>({ prefix: '/api' })
  router.get('/companies', requireScope('companies:read'), async (ctx) => {
    ctx.body = { data: (await companiesFor(ctx)).map((id) => companies.get(id)) }
  })
  router.get('/vendors', requireScope('vendors:read'), async (ctx) => {
    ctx.body = { data: vendorsOf(await companyFor(ctx)) }
  })
  router.post('/vendors', requireScope('vendors:write'), async (ctx) => {
    const { name } = Object(ctx.request.body) as { readonly name?: unknown }
    const company = await companyFor(ctx)
    if (typeof name !== 'string' || name === '') return ctx.throw(400, 'name must be a text')
    addVendor(company, name)
    ctx.status = 201
    ctx.body = { data: { name } }
  })
  const protect = bearer({ verify: local(server), audience, usedProofs: inProcess() })
  const answer = compose([protect, router.routes()]) as Middleware
  return (ctx, next) => (ctx.path.startsWith('/api/') ? answer(ctx, next) : next())
}
