/**
 * What an embedder writes first. `install.ts` puts it beside the installed package, has it checked
 * by a strict compiler and runs it.
 */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  createAuthorizationServer,
  type Account,
  type AuthorizationServer,
  type SubjectChoice,
} from 'pleo-oauth-server'
import { createMemoryAdapter } from 'pleo-oauth-server/adapters/memory'

const person: Account = { accountId: 'p1', name: 'Ada' }
const company: SubjectChoice = {
  urn: 'urn:pleo:company:7d0a5f1e-5c5b-4c68-9a0e-0d9a0f6f9f01',
  name: 'Example',
  mayConnect: true,
}

const server = createServer()
await new Promise<void>((resolve) => {
  server.listen(0, '127.0.0.1', resolve)
})
const { port } = server.address() as AddressInfo
const issuer = `http://127.0.0.1:${port}`

const authorizationServer: AuthorizationServer = createAuthorizationServer({
  issuer,
  storage: createMemoryAdapter(),
  cookieKeys: ['a key that signs the cookies of this one try'],
  accounts: {
    find: (accountId) => (accountId === person.accountId ? person : undefined),
    subjects: (_, { type }) => (type === 'company' ? [company] : []),
    authenticate: () => person.accountId,
  },
  resourceServer: { audience: 'https://external.pleo.io' },
  // The templates that the command copied: they are checked now.
  views: { directories: ['templates'] },
})
const answer = authorizationServer.app.callback()
server.on('request', (request, response) => void answer(request, response))

const metadata = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
assert.equal(metadata.status, 200)
assert.equal(((await metadata.json()) as { issuer?: unknown }).issuer, issuer)

// An error page: the templates were found inside the package.
const page = await fetch(`${issuer}/oauth/authorize?client_id=unknown`, {
  headers: { accept: 'text/html' },
})
const html = await page.text()
assert.equal(page.status, 400)
assert.match(html, /^<!doctype html>/i)
const stylesheet = /<link rel="stylesheet" href="([^"]+)"/.exec(html)?.[1]
assert.ok(stylesheet, 'the page has a stylesheet')
assert.equal((await fetch(new URL(stylesheet, issuer))).status, 200)

server.close()
