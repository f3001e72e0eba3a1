import { bodyParser } from '@koa/bodyparser'
import type { Middleware } from 'koa'
import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { mountBelow, startHost } from '../support/hosts.ts'
import { registration } from '../support/registered.ts'
import { send, toJson } from '../support/requests.ts'
import {
  bearer,
  readSelf,
  removeSelf,
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
} from '../support/self-registered.ts'
import { startServer, useServer, type RunningServer } from '../support/server.ts'

const server = useServer({ registration: {} })
const off = useServer()

const endpoint = (at: RunningServer = server): string => `${at.issuer}/oauth/register`
const token = async (): Promise<string> => (await server.clients.createInitialAccessToken()).token
let count = 0
const fresh = () => ({ ...registration, client_name: `Kontoret ${(count += 1)}` })

describe('the endpoints', () => {
  test('are in the metadata where they are on, with the path of the issuer', async () => {
    const storage = createMemoryAdapter()
    const below = await startServer({
      issuer: 'https://auth.example.test/sub',
      storage,
      registration: {},
    })
    const at = async ({ issuer }: RunningServer, path = ''): Promise<unknown> => {
      const answer = await send(`${issuer}${path}/.well-known/oauth-authorization-server`)
      return toJson(answer)['registration_endpoint']
    }
    expect([await at(server), await at(off), await at(below, '/sub')]).toEqual([
      endpoint(),
      undefined,
      'https://auth.example.test/sub/oauth/register',
    ])
    await below.close()
  })

  test('are not there where they are off, whatever the method', async () => {
    const { token: one } = await off.clients.createInitialAccessToken()
    for (const path of ['', '/', '/some-id'])
      for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
        const answer = await send(endpoint(off) + path, { method, headers: bearer(one) })
        expect([method, answer.status, answer.headers['cache-control']]).toEqual([
          method,
          404,
          undefined,
        ])
      }
  })

  test.each(['/oauth/register/', '/oauth/Register', '/oauth/REGISTER/'])(
    'answer at %s as well',
    async (path) => {
      const answer = await sendJson(server.issuer + path, fresh(), { token: await token() })
      expect(answer.status).toBe(201)
      const url = `${server.issuer}${path.replace(/\/$/, '')}/${String(toJson(answer)['client_id'])}`
      const headers = bearer(String(toJson(answer)['registration_access_token']))
      for (const spelled of [url, `${url}/`]) {
        expect((await send(spelled, { headers })).status).toBe(200)
      }
    },
  )

  test('know their methods', async () => {
    const allowed = async (url: string, method: string): Promise<unknown> => {
      const { status, headers } = await send(url, { method })
      return [status, headers.allow]
    }
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect(await allowed(endpoint(), method)).toEqual([405, 'POST'])
    for (const method of ['POST', 'PATCH', 'OPTIONS'])
      expect(await allowed(`${endpoint()}/some-id`, method)).toEqual([
        405,
        'GET, HEAD, PUT, DELETE',
      ])
  })

  test('are open to no browser on another site', async () => {
    const origin = 'https://evil.example.test'
    const headers = { ...bearer(await token()), origin, 'content-type': 'application/json' }
    const answer = await send(endpoint(), { headers, body: JSON.stringify(fresh()) })
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  test('answer below a prefix, behind a body parser and another host name of the parent', async () => {
    const host = await startHost(
      (parent, { app }) => {
        parent.use(bodyParser({ enableTypes: ['form', 'json'] }) as Middleware)
        parent.use(mountBelow('/sub', app))
      },
      { path: '/sub', registration: {} },
    )
    const client = await selfRegister(host)
    expect(client.registration_client_uri).toBe(`${host.issuer}/oauth/register/${client.client_id}`)
    expect((await readSelf(client)).status).toBe(200)
    expect((await replaceSelf(client, toReplacement(client))).status).toBe(200)
    expect((await removeSelf(client)).status).toBe(204)
    await host.close()
  })
})
