import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type Koa from 'koa'
import {
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type ClientMetadata,
} from '../../lib/index.ts'
import { endAfterTest, useRunning } from './fixtures.ts'
import { createAccounts } from './people.ts'
import { keepTold, noteSecret } from './searched-logs.ts'
import { createTestStorage } from './storage.ts'

export const audience = 'https://api.example.test'

export const confidential: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'ledger',
  client_secret: 'ledger-secret-of-32-characters-at-least',
  client_name: 'Northwind Ledger',
  redirect_uris: ['https://ledger.example.test/callback', 'https://ledger.example.test/other'],
  scope: 'companies:read users:read export-jobs:write',
}

export const publicClient: ClientMetadata = {
  client_id: 'mobile',
  client_name: 'Pocket Books',
  redirect_uris: ['https://mobile.example.test/callback'],
  scope: 'companies:read',
  token_endpoint_auth_method: 'none',
}

export const organizationClient: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'group-ledger',
  client_secret: 'group-secret-of-32-characters-at-least',
  redirect_uris: ['https://group.example.test/callback'],
  scope: 'companies:read',
  subject_type_preference: 'organization',
}

export const resourceServer: ClientMetadata & { readonly client_secret: string } = {
  client_id: 'api',
  client_secret: 'api-secret-of-32-characters-at-least',
  grant_types: [],
  response_types: [],
  redirect_uris: [],
}

/** Options with which every repeat of a refresh is a replay, once the retry window is over. */
export const withoutOverlap = { refreshOverlap: 0, publicRefreshOverlap: 0 }

export interface RunningServer extends AuthorizationServer {
  readonly issuer: string
  readonly accounts: ReturnType<typeof createAccounts>
  readonly close: () => Promise<void>
}

type ServerOptions = Partial<AuthorizationServerOptions>

/** Starts an authorization server, on a free port unless one is given, with the people and clients of the tests. */
export async function startServer(options: ServerOptions = {}, port = 0): Promise<RunningServer> {
  const http = createServer()
  const origin = await listen(http, port)
  const accounts = createAccounts()
  const issuer = options.issuer ?? origin
  const server = createAuthorizationServer({
    issuer,
    cookieKeys: ['a key for the cookies of the tests'],
    accounts,
    resourceServer: { audience, clientIds: [resourceServer.client_id] },
    clients: [confidential, publicClient, organizationClient, resourceServer],
    storage: await createTestStorage(),
    signingKeys: 'ephemeral',
    // Tests sign in the same person many times at once.
    limits: { signInAccount: { count: 1000, seconds: 900 } },
    ...options,
  })
  keepTold(server)
  for (const { client_secret: secret } of options.clients ?? [confidential, organizationClient])
    noteSecret(secret)
  const handle = server.app.callback()
  http.on('request', (request, response) => void handle(request, response))
  return { ...server, issuer: origin, accounts, close: () => closeServer(http) }
}

/** A server for the tests of the file or `describe` that calls this; a function makes the options when it is started. */
export function useServer(
  options: ServerOptions | (() => ServerOptions | Promise<ServerOptions>) = {},
): RunningServer {
  return useRunning(async () =>
    startServer(typeof options === 'function' ? await options() : options),
  )
}

/** Starts a server that ends with the test that calls this. */
export const openServer = async (
  ...options: Parameters<typeof startServer>
): Promise<RunningServer> => endAfterTest(await startServer(...options))

/** Starts any Koa application on a free port. */
export async function startApp(app: Koa): Promise<{ origin: string; close: () => Promise<void> }> {
  const handle = app.callback()
  const http = createServer((request, response) => void handle(request, response))
  return { origin: await listen(http), close: () => closeServer(http) }
}

export async function listen(http: Server, port = 0): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', reject)
    http.listen(port, '127.0.0.1', resolve)
  })
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`
}

export async function closeServer(http: Server): Promise<void> {
  http.closeAllConnections()
  await new Promise((resolve) => http.close(resolve))
}
