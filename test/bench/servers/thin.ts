import bodyParser from '@koa/bodyparser'
import OAuth2Server from '@node-oauth/oauth2-server'
import { Redis } from 'ioredis'
import Koa, { type Context } from 'koa'
import { client, lifetimes, paths, toAccountId } from '../fixture.ts'
import { countCommands, redisUrl, serve } from '../serve.ts'
import { createThinModel } from './thin-model.ts'

// @node-oauth/oauth2-server has the token endpoint, the authorization endpoint and the check of a bearer token. The page,
// introspection and revocation are written here, each in the shortest way that gives the right answer.

const { Request, Response } = OAuth2Server
const model = createThinModel(countCommands(new Redis(redisUrl)))
const oauth = new OAuth2Server({
  model,
  accessTokenLifetime: lifetimes.accessToken,
  refreshTokenLifetime: lifetimes.refreshToken,
  authorizationCodeLifetime: lifetimes.authorizationCode,
  alwaysIssueNewRefreshToken: true,
})

const toRequest = (ctx: Context, headers = ctx.headers as Record<string, string>) =>
  new Request({
    headers,
    method: ctx.method,
    query: ctx.query as Record<string, string>,
    body: ctx.request.body,
  })

function send(ctx: Context, { status = 200, headers = {}, body }: OAuth2Server.Response): void {
  ctx.status = status
  ctx.set(headers)
  ctx.body = body as unknown
}

async function answerTokens(ctx: Context): Promise<void> {
  const response = new Response()
  // An error is in the response too.
  await oauth.token(toRequest(ctx), response).catch(() => {})
  send(ctx, response)
}

const basic = `${client.client_id}:${client.client_secret}`

/** Checks who calls, as the library does it for the token endpoint. */
function authenticateCaller(ctx: Context): void {
  const [scheme, credentials = ''] = ctx.get('authorization').split(' ')
  const given = Buffer.from(credentials, 'base64').toString()
  if (scheme !== 'Basic' || given !== basic) ctx.throw(401)
}

const tokenOf = (ctx: Context): string => String((ctx.request.body as { token?: unknown }).token)

async function introspect(ctx: Context): Promise<void> {
  authenticateCaller(ctx)
  const request = toRequest(ctx, { authorization: `Bearer ${tokenOf(ctx)}` })
  request.body = {}
  const token = await oauth.authenticate(request, new Response())
  ctx.body = {
    active: true,
    client_id: token.client.id,
    scope: token.scope?.join(' '),
    sub: token.user['id'] as unknown,
    exp: Math.floor(Number(token.accessTokenExpiresAt) / 1000),
  }
}

async function revoke(ctx: Context): Promise<void> {
  authenticateCaller(ctx)
  const token = await model.getRefreshToken(tokenOf(ctx))
  if (token && token.client.id === client.client_id) await model.revokeToken(token)
  ctx.body = ''
}

const needsSignIn = new Error('nobody has signed in')

/** Signs in and agrees on one page, and remembers nobody. */
async function authorize(ctx: Context): Promise<void> {
  const response = new Response()
  const { username } = (ctx.request.body ?? {}) as { username?: unknown }
  const handle = (): unknown => {
    if (typeof username === 'string') return { id: toAccountId(username) }
    throw needsSignIn
  }
  try {
    await oauth.authorize(toRequest(ctx), response, { authenticateHandler: { handle } })
    send(ctx, response)
  } catch (error) {
    if (error !== needsSignIn) throw error
    const hidden = Object.entries(ctx.query).map(
      ([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`,
    )
    ctx.type = 'html'
    ctx.body = `<!doctype html><title>Sign in</title><form method="post" action="${paths.authorization}">${hidden.join('')}${inputs}</form>`
  }
}

const inputs =
  '<input name="username"><input type="password" name="password"><button>Allow</button>'

const escape = (text: unknown): string =>
  String(text).replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')

const routes: Readonly<Record<string, (ctx: Context) => Promise<void>>> = {
  [`POST ${paths.token}`]: answerTokens,
  [`POST ${paths.introspection}`]: introspect,
  [`POST ${paths.revocation}`]: revoke,
  [`GET ${paths.authorization}`]: authorize,
  [`POST ${paths.authorization}`]: authorize,
}

serve(() => {
  const app = new Koa()
  app.use(bodyParser())
  app.use((ctx) => routes[`${ctx.method} ${ctx.path}`]?.(ctx))
  return app.callback()
})
