import type { Middleware } from 'koa'
import { html } from '../server/html.ts'
import type { Place } from './authorization-server.ts'
import { pageHeaders, toPage } from './pages.ts'

const toLink = (title: string, text: string, label: string, link: string): string =>
  toPage(
    title,
    html`<h1>${title}</h1>
      <p>${text}</p>
      <p><a href="${link}">${label}</a></p>`,
  )

/** Answers a browser that opens an address that the start has printed. Programs get what they got without it. */
export function createHome({ origin, issuer, audience }: Place): Middleware {
  const pages = new Map([
    [
      issuer,
      toLink(
        'Authorization server',
        'Apps send people here.',
        'Connected apps',
        `${issuer}/oauth/connections`,
      ),
    ],
    [
      audience,
      toLink(
        'API',
        'It answers to access tokens. Its metadata says who issues them.',
        'Metadata',
        `${origin}/.well-known/oauth-protected-resource/api`,
      ),
    ],
  ])
  return (ctx, next) => {
    const page = pages.get(origin + ctx.path.replace(/\/$/, ''))
    if (page === undefined || ctx.method !== 'GET' || !/^text\/html\b/.test(ctx.get('Accept')))
      return next()
    ctx.set(pageHeaders)
    ctx.type = 'html'
    ctx.body = page
    return undefined
  }
}
