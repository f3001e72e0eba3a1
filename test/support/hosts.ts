import { createServer } from 'node:http'
import compose from 'koa-compose'
import Koa, { type Context, type Middleware } from 'koa'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import {
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type Storage,
} from '../../lib/index.ts'
import { formToken, type Browser, urlOfInteraction, type Page } from './browser.ts'
import { createAccounts } from './people.ts'
import {
  audience,
  closeServer,
  confidential,
  listen,
  organizationClient,
  publicClient,
  resourceServer,
} from './server.ts'
import { createTestStorage } from './storage.ts'

/** At the root, as `mount(app)` of koa-mount does. */
export const mountAtRoot = (app: Koa): Middleware => compose(app.middleware) as Middleware

/** Below a prefix, as `mount(prefix, app)` of koa-mount does: the mounted application sees the rest. */
export function mountBelow(prefix: string, app: Koa): Middleware {
  const downstream = mountAtRoot(app)
  return async (ctx, upstream) => {
    const whole = ctx.path
    if (whole !== prefix && !whole.startsWith(`${prefix}/`)) return upstream()
    const rest = whole.slice(prefix.length) || '/'
    ctx['mountPath'] = prefix
    ctx.path = rest
    await downstream(ctx, async () => {
      ctx.path = whole
      await upstream()
      ctx.path = rest
    })
    ctx.path = whole
  }
}

export interface Host extends AuthorizationServer {
  readonly origin: string
  readonly issuer: string
  close(): Promise<void>
}

interface HostOptions extends Partial<AuthorizationServerOptions> {
  /** The path of the issuer; its origin is the free port. */
  readonly path?: string
  /** @defaultValue an empty one */
  readonly parent?: Koa
}

/** Starts a parent application on a free port; `build` puts the authorization server into it. */
export async function startHost(
  build: (parent: Koa, server: AuthorizationServer) => void,
  { path = '', parent = new Koa(), ...options }: HostOptions = {},
): Promise<Host> {
  const http = createServer()
  const origin = await listen(http)
  const issuer = options.issuer ?? origin + path
  const server = createAuthorizationServer({
    issuer,
    cookieKeys: ['a key for the cookies of the tests'],
    accounts: createAccounts(),
    resourceServer: { audience, clientIds: [resourceServer.client_id] },
    clients: [confidential, publicClient, organizationClient, resourceServer],
    storage: await createTestStorage(),
    signingKeys: 'ephemeral',
    ...options,
  })
  build(parent, server)
  const handle = parent.callback()
  http.on('request', (request, response) => void handle(request, response))
  return { ...server, origin, issuer, close: () => closeServer(http) }
}

/** The parent's own sign-in: a cookie says who it is, and `ctx.state` carries it on. */
export function createHostSession(): {
  readonly middleware: Middleware
  readonly accountIdOf: (ctx: Context) => unknown
} {
  return {
    accountIdOf: (ctx) => ctx.state['accountId'],
    middleware: async (ctx, next) => {
      ctx.state['accountId'] = ctx.cookies.get('host_account')
      if (ctx.path !== '/login') return next()
      const { as, return_to: returnTo } = ctx.query
      ctx.body = `the host's own sign-in page: ${ctx.querystring}`
      if (typeof as !== 'string' || typeof returnTo !== 'string') return
      ctx.cookies.set('host_account', as)
      ctx.redirect(returnTo)
    },
  }
}

/**
 * What a TLS-terminating proxy does, as a `fetch`: takes requests to the issuer's origin and sends
 * them on in plain HTTP, naming the outer host and protocol.
 */
export function createProxyFetch(issuer: string, inner: () => string): typeof fetch {
  const direct = fetch
  const outer = new URL(issuer)
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.origin !== outer.origin) return direct(input, init)
    const headers = new Headers(init?.headers)
    headers.set('Host', outer.host)
    headers.set('X-Forwarded-Proto', outer.protocol.slice(0, -1))
    headers.set('X-Forwarded-For', '203.0.113.7')
    return direct(`${inner()}${url.pathname}${url.search}`, { ...init, headers })
  }
}

/** Storage in memory that tells how many records of a model were ever stored under a new id. */
export function createCountingStorage(now?: () => number): {
  readonly storage: Storage
  readonly stored: (model: string) => number
} {
  const memory = createMemoryAdapter(now ? { now } : {})
  const ids = new Map<string, Set<string>>()
  const note = (model: string, id: string): void => {
    ids.set(model, (ids.get(model) ?? new Set()).add(id))
  }
  const storage: Storage = {
    ...memory,
    grants: {
      ...memory.grants,
      save: async (id, payload, lifetime) => {
        await memory.grants.save(id, payload, lifetime)
        note('Grant', id)
      },
      add: async (grantId, kind, token) => {
        const isAdded = await memory.grants.add(grantId, kind, token)
        if (isAdded) note(kind, token.id)
        return isAdded
      },
    },
    records: (model) => {
      const records = memory.records(model)
      return {
        ...records,
        upsert: async (id, payload, lifetime) => {
          await records.upsert(id, payload, lifetime)
          note(model, id)
        },
      }
    },
  }
  return { storage, stored: (model) => ids.get(model)?.size ?? 0 }
}

/** Posts the form of a page and stops there: where the answer leads is in its `location` header. */
export function postWithoutFollowing(
  { cookies }: Browser,
  page: Page,
  fields: Record<string, string>,
): Promise<Response> {
  const cookie = [...cookies]
    .filter(([, { path }]) => urlOfInteraction(page).pathname.startsWith(path))
    .map(([key, { value }]) => `${key.slice(key.indexOf(' ') + 1)}=${value}`)
  return fetch(urlOfInteraction(page), {
    method: 'POST',
    redirect: 'manual',
    headers: { cookie: cookie.join('; ') },
    body: new URLSearchParams({ csrf: formToken(page), ...fields }),
  })
}
