import Router from '@koa/router'
import type { Connections } from 'pleo-oauth-server'
import type { BearerState } from 'pleo-oauth-server/resource-server'

/** What {@link createInstallationRoutes} takes. */
export interface InstallationOptions {
  /** What is connected, and can be ended. */
  readonly connections: Connections
  /** The name that a client is registered with now; its id where it has none. */
  readonly nameOf: (clientId: string) => Promise<string>
}

/** What a client can see and end of its own: that it is connected to the company or organization of its token. */
export function createInstallationRoutes({
  connections,
  nameOf,
}: InstallationOptions): Router<BearerState> {
  const router = new Router<BearerState>()

  router.get('/v1/installations/me', async (ctx, next) => {
    const { clientId, subject } = ctx.state.token
    const [connection] = await connections.list({ clientId, subject: subject.urn })
    // It may have ended just now.
    if (!connection) return next()
    const since = Math.min(...connection.grants.map(({ grantedAt }) => grantedAt))
    ctx.body = {
      data: {
        clientId,
        applicationName: await nameOf(clientId),
        subjectURN: subject.urn,
        status: 'AUTHORIZED',
        createdAt: new Date(since).toISOString(),
      },
    }
  })

  router.delete('/v1/installations/me', async (ctx) => {
    const { clientId, subject } = ctx.state.token
    await connections.revoke({ clientId, subject: subject.urn }, { reason: 'partner' })
    ctx.status = 204
  })
  return router
}
