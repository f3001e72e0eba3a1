import Router from '@koa/router'
import Koa from 'koa'
import { expectTypeOf, test } from 'vitest'
import {
  bearer,
  companiesFor,
  companyFor,
  introspection,
  jwt,
  local,
  requireScope,
  requireSubject,
  type AccessToken,
  type BearerState,
  type CompanyContext,
  type CompanyId,
  type TokenVerifier,
} from '../../lib/resource-server/index.ts'
import type { AuthorizationServer } from '../../lib/index.ts'

// What does not compile here is what nobody can forget: the compiler reads this file with the tests.

/** As a function does that reads data of a company. */
const employeesOf = (company: CompanyId): readonly string[] => [company]
declare const ctx: CompanyContext & { readonly params: Record<string, string> }

test('a function for a CompanyId takes what companyFor and companiesFor give, and nothing else', () => {
  expectTypeOf(companyFor).returns.resolves.toEqualTypeOf<CompanyId>()
  expectTypeOf(companiesFor).returns.resolves.toEqualTypeOf<readonly CompanyId[]>()
  expectTypeOf(employeesOf).parameter(0).toEqualTypeOf<CompanyId>()
  expectTypeOf<string>().not.toExtend<CompanyId>()
  expectTypeOf<CompanyId>().toExtend<string>()

  const mistakes = [
    // @ts-expect-error what comes in the request was not checked
    () => employeesOf(String(ctx.query['company_id'])),
    // @ts-expect-error nor was this
    () => employeesOf(ctx.params['id'] ?? ''),
    // @ts-expect-error an organization is no company, and a company is only known after the check
    () => employeesOf(ctx.state.token.subject.id),
    // @ts-expect-error nor is a URN
    () => employeesOf(ctx.state.token.subject.urn),
    // @ts-expect-error the check must be over
    () => employeesOf(companyFor(ctx)),
    // @ts-expect-error there may be several
    async () => employeesOf(await companiesFor(ctx)),
    // @ts-expect-error a text is none
    () => employeesOf('7d0a5f1e-5c5b-4c68-9a0e-0d9a0f6f9f01'),
    async () => employeesOf(await companyFor(ctx)),
    async () => employeesOf(await companyFor(ctx, ctx.params['id'])),
  ]
  expectTypeOf(mistakes).toBeArray()
})

test('in a router whose state has no type, anything passes for a CompanyId: the document says to give it one', () => {
  new Router<BearerState>().get('/', (context) => {
    // @ts-expect-error an organization is no company
    context.body = employeesOf(context.state.token.subject.id)
  })
  new Router().get('/', (context) => {
    expectTypeOf(context.state['token']).toBeAny()
  })
})

test('the token of ctx.state has types, and cannot be changed', () => {
  const app = new Koa<BearerState>()
  app.use((context) => {
    expectTypeOf(context.state.token).toEqualTypeOf<AccessToken>()
    expectTypeOf(context.state.token.scope).toEqualTypeOf<ReadonlySet<string>>()
    expectTypeOf(context.state.token.keyThumbprint).toEqualTypeOf<string | undefined>()
    // @ts-expect-error scopes are those that the token has
    const add = () => context.state.token.scope.add('users:read')
    expectTypeOf(add).toBeFunction()
  })
  expectTypeOf(app.use(bearer({ verify, audience: 'https://api.example.test' }))).not.toBeAny()
  expectTypeOf(requireScope).parameter(0).toEqualTypeOf<string>()
  expectTypeOf(requireSubject).parameter(0).toEqualTypeOf<'company' | 'organization'>()
})

const verify: TokenVerifier = async () => undefined

test('every way to verify is the same to bearer()', () => {
  expectTypeOf(introspection).returns.toEqualTypeOf<TokenVerifier>()
  expectTypeOf(jwt).returns.toEqualTypeOf<TokenVerifier>()
  expectTypeOf(local).returns.toEqualTypeOf<TokenVerifier>()
  expectTypeOf<AuthorizationServer>().toExtend<Parameters<typeof local>[0]>()
})

test('nothing that matters can be left out', () => {
  const mistakes = [
    // @ts-expect-error how tokens are verified
    () => bearer({ audience: 'https://api.example.test' }),
    // @ts-expect-error whose tokens are taken
    () => bearer({ verify }),
    // @ts-expect-error who asks
    () => introspection({ endpoint: 'https://auth.example.test/oauth/token/introspect' }),
    // @ts-expect-error which API it is
    () => jwt({ issuer: 'https://auth.example.test' }),
    // @ts-expect-error which scope
    () => requireScope(),
  ]
  expectTypeOf(mistakes).toBeArray()
})
