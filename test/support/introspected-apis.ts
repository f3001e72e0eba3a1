import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { introspection, type IntrospectionOptions } from '../../lib/resource-server/index.ts'
import { startApi, type RunningApi } from './api.ts'
import { connect } from './flow.ts'
import { startIntrospectionProxy, type IntrospectionProxy } from './introspection-proxy.ts'
import { resourceServer, startServer, type RunningServer } from './server.ts'

/** The credentials of the API. */
export const client: IntrospectionOptions['client'] = {
  id: resourceServer.client_id,
  secret: resourceServer.client_secret,
}

/** An authorization server, and APIs that ask it about tokens through a proxy. */
export interface IntrospectedApis {
  readonly server: RunningServer
  /** Another one for each test. */
  readonly proxy: IntrospectionProxy
  /** Has another proxy, after a test has closed the one there was. */
  readonly renewProxy: () => Promise<void>
  /** Starts an API, until the test is over. */
  readonly start: (options?: Partial<IntrospectionOptions>) => Promise<RunningApi>
  readonly newToken: () => Promise<string>
}

/** Starts the server before the tests of a file, and a proxy before each; stops all of it afterwards. */
export function startIntrospectedApis(): IntrospectedApis {
  let server: RunningServer
  let proxy: IntrospectionProxy
  let apis: RunningApi[]
  beforeAll(async () => {
    server = await startServer()
  })
  afterAll(() => server.close())
  const renewProxy = async (): Promise<void> => {
    proxy = await startIntrospectionProxy(`${server.issuer}/oauth/token/introspect`)
  }
  beforeEach(async () => {
    await renewProxy()
    apis = []
  })
  afterEach(async () => {
    await Promise.all(apis.map((api) => api.close()))
    await proxy.close()
  })
  return {
    get server() {
      return server
    },
    get proxy() {
      return proxy
    },
    renewProxy,
    start: async (options = {}) => {
      const verify = introspection({ endpoint: proxy.endpoint, client, ...options })
      const api = await startApi({ verify })
      apis.push(api)
      return api
    },
    newToken: async () => (await connect(server.issuer)).access_token,
  }
}
