import dns from 'node:dns'
import { isIP } from 'node:net'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import ipaddr from 'ipaddr.js'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { fetchLogo } from '../../lib/pages/logos/fetch-logo.ts'
import { closeServer, listen } from '../support/server.ts'

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
  '/declared': (response) => response.writeHead(200, { 'content-length': '300000' }).write(png),
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

  test.each([
    ['/lies', 'unsupported_format'],
    ['/logo.svg', 'unsupported_format'],
    ['/empty', 'unsupported_format'],
    ['/moved', 'redirected'],
    ['/missing', 'bad_status'],
    ['/large', 'too_large'],
    ['/declared', 'too_large'],
    ['/endless', 'too_large'],
    ['/cut', 'unreachable'],
  ])('is none at %s: %s', async (path, reason) => {
    expect(await fetchLogo(origin + path, true)).toBe(reason)
    expect(asked).toEqual([path])
  })

  test('is none if nobody answers in time, or nobody is there', async () => {
    expect(await fetchLogo(`${origin}/silent`, true)).toBe('timeout')
    const gone = createServer()
    const goneOrigin = await listen(gone)
    await closeServer(gone)
    expect(await fetchLogo(goneOrigin, true)).toBe('unreachable')
  })

  test.each([
    'data:image/png;base64,iVBORw0KGgo=',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'ftp://127.0.0.1/logo.png',
    'http://user:secret@127.0.0.1/logo.png',
    'not a URL',
    '',
  ])('is never looked for at %s', async (uri) => {
    expect(await fetchLogo(uri, true)).toBe('invalid_uri')
  })

  test('is not looked for in the network around a developer', async () => {
    expect(await fetchLogo('http://10.0.0.1/logo.png', true)).toBe('private_address')
  })
})

describe('outside of development', () => {
  test.each([
    ['http://example.test/logo.png', 'invalid_uri'],
    ['https://user:secret@ledger.example.test/logo.png', 'invalid_uri'],
    ['https://127.0.0.1/logo.png', 'private_address'],
    ['https://2130706433/logo.png', 'private_address'],
    ['https://[::1]/logo.png', 'private_address'],
    ['https://[::ffff:127.0.0.1]/logo.png', 'private_address'],
    ['https://10.0.0.1/logo.png', 'private_address'],
    ['https://169.254.169.254/latest/meta-data', 'private_address'],
    ['https://localhost/logo.png', 'private_address'],
    ['https://a.localhost./logo.png', 'private_address'],
  ])('%s is not asked', async (uri, reason) => {
    expect(await fetchLogo(uri, false)).toBe(reason)
  })

  test('nothing is fetched over http', async () => {
    expect(await fetchLogo(`${origin}/logo.png`, false)).toBe('invalid_uri')
    expect(asked).toEqual([])
  })
})

describe('a name', () => {
  afterEach(() => void vi.restoreAllMocks())

  /** Has every name lead to these addresses, by one list for each lookup. Returns how many lookups there were. */
  function resolve(...lists: readonly (readonly string[])[]): () => number {
    let count = 0
    const lookup = (...[, , done]: readonly [string, object, Done]): void => {
      const list = lists[Math.min(count, lists.length - 1)] ?? []
      count += 1
      done(
        null,
        list.map((address) => ({ address, family: isIP(address) })),
      )
    }
    vi.spyOn(dns, 'lookup').mockImplementation(lookup as never)
    return () => count
  }
  type Done = (error: null, addresses: readonly dns.LookupAddress[]) => void

  test.each([
    [['127.0.0.1']],
    [['8.8.8.8', '10.0.0.1']],
    [['::ffff:10.0.0.1']],
    [['2002:7f00:1::1']],
    [['64:ff9b::7f00:1']],
  ])('that leads to %j is not asked', async (addresses) => {
    resolve(addresses)
    expect(await fetchLogo('https://logo.example.test/', false)).toBe('private_address')
  })

  test('that leads elsewhere when it is looked up again is looked up once', async () => {
    const { port } = new URL(origin)
    // Nobody answers at the address that was checked. Behind the other one is our host.
    const lookups = resolve(['192.0.2.1'], ['127.0.0.1'])
    const isFetchable = vi.spyOn(ipaddr.IPv4.prototype, 'range').mockReturnValueOnce('unicast')
    const reason = await fetchLogo(`https://logo.example.test:${port}/logo.png`, false)
    expect(['timeout', 'unreachable']).toContain(reason)
    expect([lookups(), isFetchable.mock.calls.length, asked]).toEqual([1, 1, []])
  })
})
