import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import Koa from 'koa'
import type { Client } from 'oidc-provider'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { fetchLogo } from '../../lib/logos/fetch-logo.ts'
import { createLogos } from '../../lib/logos/logos.ts'
import { goToConsent } from '../support/flow.ts'
import { closeServer, confidential, listen, startApp, startServer } from '../support/server.ts'

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNg+M/wHwAEAQH/7yMK/gAAAABJRU5ErkJggg==',
  'base64',
)
const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

/** A partner's host, that says for each path what it answers. */
const answers: Record<string, (response: ServerResponse) => void> = {
  '/logo.png': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end(png),
  '/no-type': (response) => response.writeHead(200).end(png),
  '/lies': (response) => response.writeHead(200, { 'content-type': 'image/png' }).end(svg),
  '/logo.svg': (response) => response.writeHead(200, { 'content-type': 'image/svg+xml' }).end(svg),
  '/moved': (response) => response.writeHead(302, { location: '/logo.png' }).end(),
  '/missing': (response) => response.writeHead(404).end(png),
  '/empty': (response) => response.writeHead(200).end(),
  '/large': (response) => response.writeHead(200).end(Buffer.concat([png, Buffer.alloc(300_000)])),
  '/endless': (response) => {
    response.writeHead(200)
    response.write(png)
    const timer = setInterval(() => response.write(Buffer.alloc(50_000)), 5)
    response.on('close', () => clearInterval(timer))
  },
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write(png, () => response.destroy())
  },
  '/silent': () => {},
}

let partner: Server
let origin: string
const asked: string[] = []
const listener = (request: IncomingMessage, response: ServerResponse): void => {
  asked.push(request.url ?? '')
  answers[request.url ?? '']?.(response)
}
beforeAll(async () => {
  partner = createServer(listener)
  origin = await listen(partner)
})
afterEach(() => void asked.splice(0))
afterAll(() => closeServer(partner))

describe('a logo', () => {
  test('is fetched, and is what its bytes say', async () => {
    for (const path of ['/logo.png', '/no-type']) {
      expect(await fetchLogo(origin + path, true)).toEqual({ type: 'image/png', content: png })
    }
  })

  test.each(['/lies', '/logo.svg', '/moved', '/missing', '/empty', '/large', '/endless', '/cut'])(
    'is none at %s',
    async (path) => {
      expect(await fetchLogo(origin + path, true)).toBeUndefined()
      expect(asked).toEqual([path])
    },
  )

  test('is none where nobody answers', async () => {
    const start = Date.now()
    expect(await fetchLogo(`${origin}/silent`, true)).toBeUndefined()
    expect(Date.now() - start).toBeGreaterThan(2500)
  })

  test.each([
    'data:image/png;base64,iVBORw0KGgo=',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'ftp://127.0.0.1/logo.png',
    'not a URL',
    '',
  ])('is never looked for at %s', async (uri) => {
    expect(await fetchLogo(uri, true)).toBeUndefined()
  })
})

describe('outside of development', () => {
  test.each([
    'http://example.test/logo.png',
    'https://127.0.0.1/logo.png',
    'https://[::1]/logo.png',
    'https://[::ffff:127.0.0.1]/logo.png',
    'https://10.0.0.1/logo.png',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/logo.png',
    'https://user:secret@ledger.example.test/logo.png',
  ])('%s is not asked', async (uri) => {
    expect(await fetchLogo(uri, false)).toBeUndefined()
  })

  test('nothing is fetched over http, nor from a name that leads inside', async () => {
    const { port } = new URL(origin)
    expect(await fetchLogo(`${origin}/logo.png`, false)).toBeUndefined()
    expect(await fetchLogo(`https://localhost:${port}/logo.png`, false)).toBeUndefined()
    expect(asked).toEqual([])
  })
})

describe('logos are served', () => {
  const clientOf = (path: string) => ({ logoUri: origin + path }) as Client

  test('from our own origin, sandboxed, and fetched once', async () => {
    const logos = createLogos('http://127.0.0.1:1')
    const app = new Koa()
    app.use(logos.middleware)
    const running = await startApp(app)
    const url = await logos.urlOf(clientOf('/logo.png'))
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:1\/oauth\/assets\/logos\/[\w-]{22}$/)
    await logos.urlOf(clientOf('/logo.png'))
    expect(asked).toEqual(['/logo.png'])
    const answer = await fetch(running.origin + new URL(url ?? '').pathname)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(png)
    for (const other of ['', 'x', '../styles.css', encodeURIComponent(`${origin}/logo.png`)]) {
      expect((await fetch(`${running.origin}/oauth/assets/logos/${other}`)).status).toBe(404)
    }
    await running.close()
  })

  test('never where there is none, and a page does not wait long for one', async () => {
    const logos = createLogos('http://127.0.0.1:1')
    expect(await logos.urlOf({})).toBeNull()
    expect(await logos.urlOf(clientOf('/lies'))).toBeNull()
    const fetched = fetchLogo(`${origin}/silent`, true).then(() => 'the logo is given up')
    expect(await Promise.race([logos.urlOf(clientOf('/silent')), fetched])).toBeNull()
    await logos.urlOf(clientOf('/lies'))
    expect(asked.filter((path) => path === '/lies')).toHaveLength(1)
  })
})

describe('a client with a logo', () => {
  test('is shown with it on the pages, from our own origin, and with initials where there is none', async () => {
    const at = async (path: string): Promise<string> => {
      const client = { ...confidential, logo_uri: origin + path }
      const server = await startServer({ clients: [client] })
      const { page } = await goToConsent(server.issuer, { client })
      const [, source] = /<img class="mark" src="([^"]+)"/.exec(page.text) ?? []
      const answer = source ? await fetch(source) : undefined
      expect(source?.startsWith(`${server.issuer}/oauth/assets/logos/`) ?? true).toBe(true)
      await server.close()
      return (
        answer?.headers.get('content-type') ??
        (/<span class="mark"[^>]*>(.*?)</.exec(page.text)?.[1] || '')
      )
    }
    expect(await at('/logo.png')).toBe('image/png')
    expect(await at('/lies')).toBe('NL')
  })
})
