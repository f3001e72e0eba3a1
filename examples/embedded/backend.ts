import { randomBytes } from 'node:crypto'
import { bodyParser } from '@koa/bodyparser'
import Koa from 'koa'
import compose from 'koa-compose'
import type { AuthorizationServer } from 'pleo-oauth-server'
import { protectedResource } from 'pleo-oauth-server/resource-server'
import { createApi } from './api.ts'
import { createOwnAuthorizationServer, type Place } from './authorization-server.ts'
import { createErrorHandling, createRequestLog } from './errors.ts'
import { createHome } from './home.ts'
import type { Logger } from './logger.ts'
import { createSignIn } from './session.ts'

/** A backend with an authorization server in it. */
export interface Backend {
  readonly app: Koa
  readonly server: AuthorizationServer
}

export function createBackend(place: Place, logger: Logger): Backend {
  const { origin, issuer, audience } = place
  const server = createOwnAuthorizationServer(place, logger)
  const mayReturnTo = (url: string): boolean =>
    url.startsWith(`${issuer}/oauth/interaction/`) || url.startsWith(`${issuer}/oauth/connections`)

  const app = new Koa()
  // In production, a secret from the configuration.
  app.keys = [randomBytes(32).toString('base64url')]
  app.on('error', (error: unknown) => logger.error('error', error))
  app.use(createRequestLog(logger))
  app.use(createErrorHandling(logger))
  // Before everything that wants somebody signed in: a load balancer has no session.
  app.use(server.health.middleware())
  app.use(createHome(place))
  // At the root, as the issuer has the path: so its metadata is found outside of /auth as well. Before the body parser.
  app.use(compose(server.app.middleware))
  app.use(bodyParser())
  app.use(createSignIn({ origin, mayReturnTo }))
  app.use(protectedResource({ audience, authorizationServers: [issuer] }))
  app.use(createApi(audience, server))
  return { app, server }
}
