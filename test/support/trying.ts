import { createServer } from 'node:http'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser } from './browser.ts'
import type { RunningCommand } from './cli.ts'
import { bakery, password } from './people.ts'
import { closeServer, listen } from './server.ts'

/** A port on which nobody listens. */
export async function takeFreePort(): Promise<number> {
  const http = createServer()
  const { port } = new URL(await listen(http))
  await closeServer(http)
  return Number(port)
}

/** The clients that `pleo-oauth try` is in the tests, with redirect URIs on this port. */
export function createTriedClients(port: number): {
  readonly confidential: ClientMetadata & { readonly client_secret: string }
  readonly withoutSecret: ClientMetadata
} {
  const shared = {
    redirect_uris: ['127.0.0.1', 'localhost'].map((host) => `http://${host}:${port}/callback`),
    scope: 'companies:read users:read',
  }
  return {
    confidential: { ...shared, client_id: 'tried', client_secret: 'a-secret-of-the-tried-client' },
    withoutSecret: { ...shared, client_id: 'tried-public', token_endpoint_auth_method: 'none' },
  }
}

/** What the command has said to open. */
export const urlOf = async (command: RunningCommand): Promise<URL> =>
  new URL(await command.said(/^https?:\/\/\S+\?\S+(?=\n)/m))

interface Agreement {
  readonly as?: string
  /** Who signs in, where it is nobody of the tests. */
  readonly credentials?: { readonly username: string; readonly password: string }
  /** @defaultValue the bakery of the tests; the first one on the page for somebody else */
  readonly subject?: string
  readonly decision?: 'allow' | 'decline'
}

/** The person's part, up to the redirect, which is not followed. */
export async function agree(
  url: URL,
  { as = 'sofia', credentials, subject, decision = 'allow' }: Agreement = {},
): Promise<URL> {
  const browser = createBrowser()
  const login = await browser.go(url.href)
  const fields = credentials ?? { username: `${as}@example.test`, password }
  const page = await browser.submit(login, fields)
  const first = /urn:pleo:company:[\da-f-]+/.exec(page.text)?.[0] ?? 'none'
  const answer = { decision, subject: subject ?? (credentials ? first : bakery) }
  // Refused without a question, where the client asks for what is not theirs.
  const { location } = page.location ? page : await browser.submit(page, answer)
  if (!location) throw new Error('the browser was not sent back to the client')
  return location
}
