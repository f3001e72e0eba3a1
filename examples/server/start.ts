import {
  ConfigurationError,
  createAuthorizationServer,
  type AuthorizationServer,
  type ClientMetadata,
  type Storage,
  type ViewsOptions,
} from 'pleo-oauth-server'
import { introspection } from 'pleo-oauth-server/resource-server'
import { writeAuditLog } from './audit-log.ts'
import { apiScopes, createApi } from './api.ts'
import { bundledPeople } from './bundled-people.ts'
import {
  apiClient,
  createNameOf,
  partnerClients,
  readClientsFile,
  terminalClient,
  type FileClients,
  type GeneratedCredentials,
} from './clients.ts'
import { apiHome, serverHome, withHint, withHome } from './home.ts'
import type { Listener } from './listeners.ts'
import { findNearMisses } from './near-misses.ts'
import { createPartnerApp } from './partner-app.ts'
import { createPartnerClient } from './partner-client.ts'
import { readPeopleFile } from './people-file.ts'
import { createDirectory, type Directory } from './people.ts'
import { serveMetrics, takePorts, type Ports } from './ports.ts'
import { printRefused, printProblem } from './print.ts'
import { refusePublicPasswords } from './public-passwords.ts'
import {
  readSettings,
  settingNames,
  toStartError,
  type Environment,
  type Settings,
} from './settings.ts'
import { openStorage, type OpenStorage } from './storage.ts'
import { readViews } from './themes.ts'

/** The running example. */
export interface Example {
  /** The issuer of the authorization server. */
  readonly issuer: string
  /** Where the authorization server listens; the issuer, unless `ISSUER` says another one. */
  readonly authorizationServer: string
  readonly api: string
  readonly app: string
  /** Where the metrics are, if `METRICS_PORT` is set. */
  readonly metrics: string | undefined
  /** Where everything is kept, in words. */
  readonly place: string
  /** Every registered client, with its secret. */
  readonly clients: readonly ClientMetadata[]
  /** Credentials made for clients of `CLIENTS_FILE`. */
  readonly generated: readonly GeneratedCredentials[]
  readonly signIns: Directory['signIns']
  /** Whether the people come from a `PEOPLE_FILE`. */
  readonly ownPeople: boolean
  /** The theme that the pages have, where there is one. */
  readonly theme: string | undefined
  readonly close: () => Promise<void>
}

interface Running {
  readonly server: AuthorizationServer
}

/**
 * Starts authorization server, API and partner application, each on its own port.
 *
 * @throws {@link StartError} with one line for each mistake
 */
export async function startExample(environment: Environment): Promise<Example> {
  for (const line of findNearMisses(environment, settingNames)) printProblem(line)
  const settings = readSettings(environment)
  const { peopleFile } = settings
  const people = peopleFile ? await readPeopleFile(peopleFile) : bundledPeople()
  await refusePublicPasswords(people, settings)
  const directory = createDirectory(people)
  const taken: Listener[] = []
  let storage: OpenStorage | undefined
  const giveUp = async (): Promise<void> => {
    await Promise.all(taken.map((listener) => listener.close(0)))
    await storage?.close()
  }
  try {
    const ports = await takePorts(settings, taken)
    storage = await openStorage(settings)
    const { server, ...parts } = await compose(settings, directory, ports, storage)
    if (settings.auditLog) await writeAuditLog(server, settings.auditLog)
    const metrics = ports.metrics && serveMetrics(server, ports.metrics)
    const { signIns } = directory
    const { theme } = settings
    const close = createClose(server, ports, storage)
    return { ...parts, metrics, signIns, ownPeople: peopleFile !== undefined, theme, close }
  } catch (error) {
    await giveUp()
    throw error
  }
}

/** Ends everything within 8 seconds, and cuts no request that takes less. */
function createClose(
  server: AuthorizationServer,
  ports: Ports,
  storage: OpenStorage,
): Example['close'] {
  return async () => {
    // These two ask the authorization server, so it ends after them.
    await Promise.all([ports.app.close(2000), ports.api.close(2000)])
    await ports.metrics?.close(0)
    await ports.server.close(5000, (http, timeout) => server.close({ server: http, timeout }))
    await storage.close()
  }
}

async function compose(
  settings: Settings,
  directory: Directory,
  ports: Ports,
  { storage, usedProofs, partnerStore, place, noteFailure }: OpenStorage,
): Promise<Omit<Example, 'metrics' | 'signIns' | 'ownPeople' | 'theme' | 'close'> & Running> {
  const [api, app] = [ports.api.origin, ports.app.origin]
  const issuer = settings.issuer ?? ports.server.origin
  const partners = partnerClients(app, issuer)
  const resourceServer = apiClient()
  const bundled = [partners.company, partners.organization, terminalClient(), resourceServer]
  const file = await readFileClients(settings, bundled)
  // Those of the file come last: of two with one name, the later one is reported.
  const clients = [...bundled, ...file.clients]

  const { origin } = ports.server
  const server = createServer(issuer, settings, directory, {
    storage,
    clients,
    bundled: bundled.length,
    resourceServerId: resourceServer.client_id,
    views: await readViews(settings.theme),
  })
  server.provider.proxy = settings.trustProxy
  server.provider.on('server_error', (_ctx, error) => noteFailure(error))
  server.app.on('refused', printRefused)
  server.app.use(server.health.middleware())
  const apiApp = createApi({
    verify: introspection({
      // Where it listens: the issuer may be behind a proxy that is not reached from here.
      endpoint: origin + new URL(`${issuer}/oauth/token/introspect`).pathname,
      issuer,
      client: { id: resourceServer.client_id, secret: resourceServer.client_secret },
      // Whoever disconnects here is to see at once that it works.
      cache: { maxAge: 0 },
    }),
    usedProofs,
    audience: settings.audience,
    baseUrl: api,
    issuer,
    directory,
    connections: server.connections,
    nameOf: createNameOf(clients, server.clients),
  })
  const client = createPartnerClient(issuer, partners)

  const places = { issuer, api, app }
  const issuerPath = new URL(issuer).pathname.replace(/\/$/, '')
  const answer = withHint(issuerPath, places, server.app.callback())
  ports.server.serve(withHome(issuerPath, serverHome(places), places, answer))
  ports.api.serve(withHome('', apiHome(places), places, apiApp.callback()))
  ports.app.serve(createPartnerApp({ origin: app, api, client, store: partnerStore }).callback())
  const { generated } = file
  return { server, issuer, authorizationServer: origin, api, app, place, clients, generated }
}

const readFileClients = async (
  { clientsFile }: Settings,
  bundled: readonly ClientMetadata[],
): Promise<FileClients> =>
  clientsFile
    ? readClientsFile(
        clientsFile,
        bundled.map(({ client_id }) => client_id),
      )
    : { clients: [], generated: [] }

interface Known {
  readonly storage: Storage
  readonly clients: readonly ClientMetadata[]
  /** How many of them come first that are not from the file. */
  readonly bundled: number
  readonly resourceServerId: string
  readonly views: ViewsOptions
}

function createServer(
  issuer: string,
  settings: Settings,
  { accounts }: Directory,
  known: Known,
): AuthorizationServer {
  try {
    return createAuthorizationServer({
      issuer,
      accounts,
      cookieKeys: settings.cookieKeys,
      clients: known.clients,
      resourceServer: {
        audience: settings.audience,
        clientIds: [known.resourceServerId],
        // A client that registers itself may not know of scopes.
        ...(settings.openRegistration && { defaultScopes: apiScopes }),
      },
      ...(settings.openRegistration && { registration: { initialAccessToken: false } }),
      storage: known.storage,
      trustedProxies: settings.trustProxy ? ['loopback', 'linklocal', 'uniquelocal'] : [],
      views: known.views,
      // Without Redis said outright, so that it also starts with NODE_ENV=production.
      signingKeys: settings.redis ? 'stored' : 'ephemeral',
    })
  } catch (error) {
    throw error instanceof ConfigurationError
      ? toStartError(error.issues, settings, known.clients, known.bundled)
      : error
  }
}
