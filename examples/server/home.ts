import type { IncomingMessage, ServerResponse } from 'node:http'
import { html, type Html } from './html.ts'

/** Where the parts of the example are. */
export interface Places {
  readonly issuer: string
  readonly api: string
  readonly app: string
}

/** What Koa's `callback()` gives. */
type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Answers a program that asks at the issuer, as `curl` does: it is no resource, and this says where the metadata is. */
export const withHint =
  (path: string, { issuer }: Places, handle: Handler): Handler =>
  async (request, response) => {
    const { method, url = '' } = request
    if (method !== 'GET' || ![path, `${path}/`].includes(url)) return handle(request, response)
    response
      .writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
      .end(`This is an authorization server. Its metadata: ${toMetadata(issuer)}\n`)
  }

/**
 * Answers a browser that opens an address that the start has printed: it has no page of its own, and a person has come to look.
 * Programs get what they got without it.
 */
export const withHome =
  (path: string, page: Html, { app }: Places, handle: Handler): Handler =>
  async (request, response) => {
    const { method, url = '', headers } = request
    const isBrowser = method === 'GET' && /^text\/html\b/.test(headers.accept ?? '')
    if (!isBrowser || ![path, `${path}/`].includes(url)) return handle(request, response)
    response
      .writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': `default-src 'none'; style-src ${app}; img-src data:; frame-ancestors 'none'`,
        'X-Content-Type-Options': 'nosniff',
        'Cache-Control': 'no-store',
      })
      .end(page.markup)
  }

/** The page at the issuer. */
export const serverHome = (places: Places): Html =>
  toPage(
    'Example authorization server',
    places,
    html`<p>
        Apps send people here. To see that, open the <a href="${places.app}">partner app</a> and
        connect it.
      </p>
      <ul>
        <li><a href="${places.issuer}/oauth/connections">Connected apps</a>, for people</li>
        <li><a href="${toMetadata(places.issuer)}">Metadata</a>, for programs</li>
      </ul>`,
  )

/** The page at the API. */
export const apiHome = (places: Places): Html =>
  toPage(
    'Example API',
    places,
    html`<p>
        It answers to access tokens. Get one with the
        <a href="${places.app}">partner app</a>, or in a terminal:
      </p>
      <pre>
npx pleo-oauth try \\
  --issuer ${places.issuer} \\
  --client-id try --public \\
  --scope companies:read \\
  --show-tokens
curl -H \\
  'Authorization: Bearer &lt;token&gt;' \\
${places.api}/v1/companies</pre>`,
  )

/** RFC 8414, Section 3.1 */
function toMetadata(issuer: string): string {
  const { origin, pathname } = new URL(issuer)
  return `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`
}

const toPage = (title: string, { app }: Places, body: Html): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="${app}/partner.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${body}
        </main>
      </body>
    </html>`
