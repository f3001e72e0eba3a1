import { createServer, type IncomingMessage } from 'node:http'
import type Koa from 'koa'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { AuthorizationServer } from '../../lib/index.ts'
import { connectBound } from '../support/bound-tokens.ts'
import { createProofKeys } from '../support/dpop.ts'
import { endAfterTest } from '../support/fixtures.ts'
import { connect, goToConsent, introspect, refresh } from '../support/flow.ts'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { mountAtRoot, mountBelow, startHost } from '../support/hosts.ts'
import { ask, send } from '../support/requests.ts'
import { closeServer, listen } from '../support/server.ts'

// Some gateways, and `curl -x`, send the whole URL as the request target. A server must accept that (RFC 9112, Section 3.2.2).

type Build = (parent: Koa, server: AuthorizationServer) => void

async function startBehind(gateway: Gateway, path: string, build: Build): Promise<string> {
  const issuer = gateway.origin + path
  const host = endAfterTest(await startHost(build, { issuer }))
  endAfterTest(gateway)
  gateway.sendTo(host.origin)
  return issuer
}

/** As Express does: `url` loses the path of the mount and keeps the authority, `originalUrl` has all of it. */
async function startInExpress(gateway: Gateway, path: string): Promise<string> {
  const issuer = gateway.origin + path
  const host = await startHost(() => undefined, { issuer })
  const handle = host.app.callback()
  const http = createServer((request: IncomingMessage & { originalUrl?: string }, response) => {
    request.originalUrl = request.url ?? ''
    request.url = request.originalUrl.replace(/^(http:\/\/[^/]+)\/auth\//, '$1/')
    void handle(request, response)
  })
  gateway.sendTo(await listen(http))
  endAfterTest(host)
  endAfterTest(gateway)
  onTestFinished(() => closeServer(http))
  return issuer
}

const atRoot: Build = (parent, { app }) => parent.use(mountAtRoot(app))
const inPrefix: Build = (parent, { app }) => {
  parent.use(mountBelow('/auth', app))
  parent.use(mountBelow('/.well-known', app))
}

const ways: readonly (readonly [string, string, (gateway: Gateway) => Promise<string>])[] = [
  ['a host, at its root', '', (gateway) => startBehind(gateway, '', atRoot)],
  ['a host, with a prefix', '/auth', (gateway) => startBehind(gateway, '/auth', atRoot)],
  ['a host, below a prefix', '/auth', (gateway) => startBehind(gateway, '/auth', inPrefix)],
  ['Express', '/auth', (gateway) => startInExpress(gateway, '/auth')],
]

describe.each(ways)('requests in absolute form are answered in %s', (_, path, start) => {
  test.each(['http://evil.test', 'HTTPS://user:word@evil.test:8443'])(
    'and nothing comes from %s',
    async (authority) => {
      const gateway = await startGateway(authority)
      const issuer = await start(gateway)
      const metadata = await send(`${gateway.origin}/.well-known/oauth-authorization-server${path}`)
      const opened = await ask(issuer)
      const { page } = await goToConsent(issuer)
      for (const text of [metadata.text, JSON.stringify(opened), page.text]) {
        expect(text).toContain(issuer)
        expect(text).not.toContain('evil.test')
      }
    },
  )

  test('and the whole flow works, also with proofs for the issuer', async () => {
    const issuer = await start(await startGateway('http://evil.test'))
    const { refresh_token } = await connect(issuer)
    const { body } = await refresh(issuer, refresh_token)
    const token = String(body['access_token'])
    expect(await introspect(issuer, token)).toMatchObject({ active: true, iss: issuer })
    expect(await connectBound(issuer, await createProofKeys())).toEqual(expect.any(String))
  })
})

test('other requests in absolute form reach the host as they came', async () => {
  const gateway = await startGateway('http://any.test')
  await startBehind(gateway, '', (parent, server) => {
    atRoot(parent, server)
    parent.use((ctx) => void (ctx.body = ctx.originalUrl))
  })
  for (const path of ['/oauth/apps?a=b', '/elsewhere']) {
    expect((await send(gateway.origin + path)).text).toBe(`http://any.test${path}`)
  }
})
