import Koa from 'koa'
import * as oauth from 'oauth4webapi'
import { afterEach, describe, expect, test } from 'vitest'
import {
  protectedResource,
  type ProtectedResourceOptions,
} from '../../lib/resource-server/index.ts'
import { send } from '../support/requests.ts'
import { closeServer, listen } from '../support/server.ts'
import { createServer, type Server } from 'node:http'

let http: Server | undefined
afterEach(async () => {
  if (http) await closeServer(http)
})

/** An API whose audience is where it listens, below that path. */
async function start(
  path = '',
  options: Partial<ProtectedResourceOptions> = {},
): Promise<{ origin: string; audience: string }> {
  http = createServer()
  const origin = await listen(http)
  const audience = origin + path
  const app = new Koa()
  const authorizationServers = ['https://auth.example.test']
  app.use(protectedResource({ audience, authorizationServers, ...options }))
  app.use((ctx) => void (ctx.body = 'behind it'))
  const handle = app.callback()
  http.on('request', (request, response) => void handle(request, response))
  return { origin, audience }
}

const path = '/.well-known/oauth-protected-resource'

describe('protectedResource', () => {
  test('says all of it, to anybody', async () => {
    const { origin, audience } = await start('', { scopes: ['companies:read', 'users:read'] })
    const { status, headers, text } = await send(origin + path)
    expect([status, JSON.parse(text)]).toEqual([
      200,
      {
        resource: audience,
        authorization_servers: ['https://auth.example.test'],
        scopes_supported: ['companies:read', 'users:read'],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: ['ES256', 'Ed25519', 'EdDSA'],
      },
    ])
    expect(headers['content-type']).toMatch(/^application\/json/)
    expect(headers['access-control-allow-origin']).toBe('*')
  })

  test('says nothing of what there is not', async () => {
    const { origin } = await start('', { dpop: false })
    const names = Object.keys(JSON.parse((await send(origin + path)).text) as object)
    expect(names).toEqual(['resource', 'authorization_servers', 'bearer_methods_supported'])
  })

  test.each(['', '/', '/pleo', '/pleo/v1', '/pleo/'])(
    'is found by a published client for an API at "%s"',
    async (below) => {
      const { audience } = await start(below)
      const resource = new URL(audience)
      const response = await oauth.resourceDiscoveryRequest(resource, {
        [oauth.allowInsecureRequests]: true,
      })
      const found = await oauth.processResourceDiscoveryResponse(resource, response)
      expect(found.authorization_servers).toEqual(['https://auth.example.test'])
    },
  )

  test('stands at the path of its API, and nowhere else', async () => {
    const { origin } = await start('/pleo')
    const texts = [path, `${path}/`, `${path}/other`, `/pleo${path}`, `${path}/pleo/more`, '/']
    for (const text of texts) expect((await send(origin + text)).text).toBe('behind it')
    expect((await send(`${origin}${path}/pleo?a=b`)).status).toBe(200)
    expect((await send(`${origin}${path}/pleo`, { method: 'POST' })).text).toBe('behind it')
    expect((await send(`${origin}${path}/pleo`, { method: 'HEAD' })).status).toBe(200)
  })

  test.each(['', '/pleo', '/pleo/'])('answers preflights for an API at "%s"', async (below) => {
    const { origin } = await start(below)
    const headers = {
      origin: 'https://page.example.test',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'mcp-protocol-version',
    }
    const answer = await send(`${origin}${path}${below}`, { method: 'OPTIONS', headers })
    expect([answer.status, answer.text]).toEqual([204, ''])
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET',
      'access-control-allow-headers': 'mcp-protocol-version',
      'access-control-max-age': '3600',
      allow: 'GET, HEAD, OPTIONS',
    })
  })

  test('answers other OPTIONS with what is allowed, and leaves those for other paths alone', async () => {
    const { origin } = await start()
    const { status, headers } = await send(origin + path, { method: 'OPTIONS' })
    expect([status, headers.allow]).toEqual([204, 'GET, HEAD, OPTIONS'])
    expect(headers).not.toHaveProperty('access-control-allow-methods')
    expect((await send(`${origin}/v1/companies`, { method: 'OPTIONS' })).text).toBe('behind it')
  })
})
