import type { Middleware } from 'koa'
import type { Place } from './authorization-server.ts'

const toPage = (title: string, text: string, link: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title}</title>
<h1>${title}</h1>
<p>${text}</p>
<p><a href="${link}">${link}</a></p>
</html>`

/** Answers a browser that opens an address that the start has printed. Programs get what they got without it. */
export function createHome({ origin, issuer, audience }: Place): Middleware {
  const pages = new Map([
    [
      issuer,
      toPage(
        'Authorization server',
        'Applications send people here. This is what they have connected:',
        `${issuer}/oauth/connections`,
      ),
    ],
    [
      audience,
      toPage(
        'API',
        'It answers to access tokens. Its metadata says who issues them:',
        `${origin}/.well-known/oauth-protected-resource/api`,
      ),
    ],
  ])
  return (ctx, next) => {
    const page = pages.get(origin + ctx.path.replace(/\/$/, ''))
    if (page === undefined || ctx.method !== 'GET' || !/^text\/html\b/.test(ctx.get('Accept')))
      return next()
    ctx.set({ 'Content-Security-Policy': "default-src 'none'", 'Cache-Control': 'no-store' })
    ctx.type = 'html'
    ctx.body = page
    return undefined
  }
}
