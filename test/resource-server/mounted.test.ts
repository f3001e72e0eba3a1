import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import Koa from 'koa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bearer, companyFor, local, protectedResource } from '../../lib/resource-server/index.ts'
import { connectBound, proveUse } from '../support/bound-tokens.ts'
import { createProofKeys, type ProofKeys } from '../support/dpop.ts'
import { useRunning } from '../support/fixtures.ts'
import { bakery, idOf } from '../support/people.ts'
import { startGateway } from '../support/gateway.ts'
import { send } from '../support/requests.ts'
import { audience, closeServer, listen, useServer } from '../support/server.ts'

// An API in Koa, below a path of a host in Express.

/** What Express and connect do: `originalUrl` has the whole URL, `url` what is behind the path. */
const mountLikeExpress =
  (paths: readonly string[], handle: RequestListener): RequestListener =>
  (request: IncomingMessage & { originalUrl?: string }, response) => {
    const whole = request.url ?? ''
    const path = paths.find((one) => whole.startsWith(`${one}/`))
    if (path === undefined) return void response.writeHead(404).end()
    request.originalUrl ??= whole
    request.url = whole.slice(path.length)
    handle(request, response)
  }

let http: Server
let origin: string
let keys: ProofKeys
let token: string
const server = useServer()
beforeAll(async () => {
  keys = await createProofKeys()
  token = await connectBound(server.issuer, keys)
  http = createServer()
  origin = await listen(http)
  const baseUrl = `${origin}/api`
  const app = new Koa()
  app.use(protectedResource({ audience, baseUrl, authorizationServers: [server.issuer] }))
  app.use(bearer({ verify: local(server), audience, baseUrl }))
  app.use(async (ctx) => void (ctx.body = await companyFor(ctx)))
  const handle = app.callback()
  const listener: RequestListener = (request, response) => void handle(request, response)
  const mounted = mountLikeExpress(['/api', '/.well-known'], listener)
  // What comes in absolute form, the host leaves alone.
  http.on('request', (request: IncomingMessage, response) =>
    (request.url?.startsWith('/') ? mounted : listener)(request, response),
  )
})
const gateway = useRunning(() => startGateway('http://evil.test'))
beforeAll(async () => {
  gateway.sendTo(origin)
})
afterAll(() => closeServer(http))

/** Asks with a proof that is for that path. */
const ask = async (path: string, proven: string, others: Record<string, string> = {}) => {
  const proof = await proveUse(keys, token, { url: origin + proven })
  const headers = { authorization: `DPoP ${token}`, ...proof, ...others }
  return send(origin + path, { headers })
}

test('a proof is for the URL that the client asked', async () => {
  const { status, text } = await ask('/api/jobs?a=b', '/api/jobs')
  expect([status, text]).toEqual([200, idOf(bakery)])
})

test('and not for what the host left of it, nor for what a header says', async () => {
  const text = 'the DPoP proof is for another URL'
  const forged = { 'x-original-url': '/jobs', originalurl: '/jobs', 'x-forwarded-prefix': '/' }
  for (const others of [{}, forged]) {
    const answer = await ask('/api/jobs', '/jobs', others)
    expect([answer.status, answer.text]).toEqual([401, expect.stringContaining(text)])
  }
})

test('the metadata is where the challenge says', async () => {
  const { headers } = await send(`${origin}/api/jobs`)
  const [, url = ''] = /resource_metadata="(.*?)"/.exec(headers['www-authenticate'] ?? '') ?? []
  expect(url).toBe(`${origin}/.well-known/oauth-protected-resource/api`)
  const { status, text } = await send(url)
  expect([status, JSON.parse(text)]).toMatchObject([200, { resource: audience }])
})

test('a gateway may send the whole URL as the request target, and its host is ignored', async () => {
  const metadata = await send(`${gateway.origin}/.well-known/oauth-protected-resource/api`)
  expect([metadata.status, JSON.parse(metadata.text)]).toMatchObject([200, { resource: audience }])
  const askThere = async (url: string) => {
    const proof = await proveUse(keys, token, { url })
    const headers = { authorization: `DPoP ${token}`, ...proof }
    return (await send(`${gateway.origin}/api/jobs?a=b`, { headers })).status
  }
  expect(await askThere(`${origin}/api/jobs`)).toBe(200)
  expect(await askThere('http://evil.test/api/jobs')).toBe(401)
  const { status, headers } = await send(`${gateway.origin}/api/jobs`)
  expect([status, headers['www-authenticate']]).toEqual([401, expect.stringContaining(origin)])
})
