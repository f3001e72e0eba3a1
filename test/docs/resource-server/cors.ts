import Koa, { type Middleware } from 'koa'
import {
  bearer,
  protectedResource,
  type BearerState,
  type TokenVerifier,
} from 'pleo-oauth-server/resource-server'

/** Lets pages of every origin ask. No cookie is involved: the token alone decides. */
const cors: Middleware = async (ctx, next) => {
  ctx.set('Access-Control-Allow-Origin', '*')
  ctx.set('Access-Control-Expose-Headers', 'WWW-Authenticate')
  if (ctx.method !== 'OPTIONS') return next()
  ctx.set('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE')
  ctx.set('Access-Control-Allow-Headers', 'Authorization, Content-Type, DPoP')
  ctx.set('Access-Control-Max-Age', '3600')
  ctx.status = 204
}

/** An API that pages in browsers call. */
export function createApi(audience: string, issuer: string, verify: TokenVerifier): Koa {
  const app = new Koa<BearerState>()
  app.use(protectedResource({ audience, authorizationServers: [issuer] }))
  app.use(cors)
  app.use(bearer({ verify, audience }))
  app.use((ctx) => {
    ctx.body = { clientId: ctx.state.token.clientId }
  })
  return app
}
