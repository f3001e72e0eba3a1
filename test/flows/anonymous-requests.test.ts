import { describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { ClientMetadata, Storage } from '../../lib/index.ts'
import { createBrowser, urlOfInteraction } from '../support/browser.ts'
import { createProofKeys, prove } from '../support/dpop.ts'
import { connect, goToConsent, post, refresh } from '../support/flow.ts'
import { password } from '../support/people.ts'
import { basic, requestUrl, send, toJson, type RawAnswer } from '../support/requests.ts'
import { sendJson } from '../support/self-registered.ts'
import { confidential, openServer, publicClient } from '../support/server.ts'

/** With room for three requests of one address, and 24 of all. */
async function start(options: Parameters<typeof openServer>[0] = {}): Promise<string> {
  const server = await openServer({ anonymousRequests: { count: 24 }, ...options })
  return server.issuer
}

const open = (issuer: string, address?: string): Promise<RawAnswer> =>
  send(requestUrl(issuer), {
    headers: { accept: 'text/html', ...(address && { 'x-forwarded-for': address }) },
  })

const push = (
  issuer: string,
  client: ClientMetadata,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> =>
  send(`${issuer}/oauth/par`, {
    body: new URL(requestUrl(issuer, {}, client)).searchParams,
    headers: { ...headers, ...(client.client_secret && basic(client)) },
  })

/** Storage that notes the proofs in it. */
function countProofs(): { readonly storage: Storage; readonly proofs: ReadonlySet<string> } {
  const memory = createMemoryAdapter()
  const proofs = new Set<string>()
  const storage: Storage = {
    ...memory,
    records: (model) => ({
      ...memory.records(model),
      insert: async (id, payload, lifetime) => {
        if (model === 'ReplayDetection') proofs.add(id)
        return memory.records(model).insert(id, payload, lifetime)
      },
    }),
  }
  return { storage, proofs }
}

async function statuses(count: number, request: () => Promise<RawAnswer>): Promise<number[]> {
  const all: number[] = []
  for (let sent = 0; sent < count; sent += 1) all.push((await request()).status)
  return all
}

describe('authorization requests for which nobody signed in', () => {
  test('get 503 with Retry-After above the share of their address, and no redirect', async () => {
    const issuer = await start()
    expect(await statuses(3, () => open(issuer))).toEqual([200, 200, 200])
    const { status, headers, text } = await open(issuer)
    expect([status, headers['retry-after'], headers.location]).toEqual([503, '60', undefined])
    expect(text).toContain('temporarily_unavailable')
  })

  test('leave refreshes alone', async () => {
    const issuer = await start()
    const { refresh_token } = await connect(issuer)
    await statuses(4, () => open(issuer))
    expect((await refresh(issuer, refresh_token)).status).toBe(200)
  })

  test('make room for others when the person signs in', async () => {
    const issuer = await start()
    for (let times = 0; times < 6; times += 1) await goToConsent(issuer)
    expect(await statuses(3, () => open(issuer))).toEqual([200, 200, 200])
  })

  test('keep their place if somebody says no without a sign-in', async () => {
    const issuer = await start()
    for (let times = 0; times < 3; times += 1) {
      const browser = createBrowser()
      const page = await browser.go(requestUrl(issuer))
      const answer = await browser.submit(page, { decision: 'decline' })
      expect(answer.location?.searchParams.get('error')).toBe('access_denied')
    }
    expect((await open(issuer)).status).toBe(503)
  })

  test('go on at their page if the way back is asked for before an answer', async () => {
    const issuer = await start()
    const browser = createBrowser()
    const page = await browser.go(requestUrl(issuer))
    for (let times = 0; times < 3; times += 1) {
      const again = await browser.go(
        urlOfInteraction(page).href.replace('/interaction/', '/authorize/'),
      )
      expect([again.status, again.url.pathname]).toEqual([200, urlOfInteraction(page).pathname])
    }
    expect(await statuses(3, () => open(issuer))).toEqual([200, 200, 503])
    const consent = await browser.submit(page, { username: 'sofia@example.test', password })
    expect(consent.text).toContain('value="allow"')
  })

  test('of another address go on, until the whole is used up', async () => {
    const issuer = await start({ trustedProxies: ['loopback'] })
    const of = (n: number) => statuses(4, () => open(issuer, `198.51.100.${n}`))
    for (let n = 0; n < 8; n += 1) expect(await of(n)).toEqual([200, 200, 200, 503])
    expect(await of(8)).toEqual([503, 503, 503, 503])
  })

  test('of one IPv6 network count together', async () => {
    const issuer = await start({ trustedProxies: ['loopback'] })
    const hosts = ['::1', '::2', ':ffff:0:0:3', '::4']
    const all: number[] = []
    for (const host of hosts) all.push((await open(issuer, `2001:db8:1:2${host}`)).status)
    expect(all).toEqual([200, 200, 200, 503])
    expect((await open(issuer, '2001:db8:1:3::1')).status).toBe(200)
  })

  test.each([
    ['IPv4', (n: number) => `198.51.100.${n}:${40_000 + n}`],
    ['IPv6', (n: number) => `[2001:db8:1:${n}::1]:${40_000 + n}`],
    ['IPv6 in brackets alone', (n: number) => `[2001:db8:1:${n}::1]`],
  ])('count for their address if the proxy names a port, too: %s', async (_, nth) => {
    const issuer = await start({ trustedProxies: ['loopback', '10.0.0.0/8'] })
    for (let n = 1; n < 5; n += 1) expect((await open(issuer, nth(n))).status).toBe(200)
    const behindTwo = () => open(issuer, `${nth(1)}, 10.1.2.3:9`)
    expect(await statuses(3, behindTwo)).toEqual([200, 200, 503])
  })

  test('share one part if the proxy names no address, of which one warning tells', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    const issuer = await start({ trustedProxies: ['loopback'] })
    let last = 0
    const next = () => open(issuer, `_hidden-${(last += 1)}`)
    expect(await statuses(4, next)).toEqual([200, 200, 200, 503])
    const codes = warn.mock.calls.map(([, how]) => (how as { readonly code?: string }).code)
    warn.mockRestore()
    expect(codes.filter((code) => code === 'address_unreadable')).toHaveLength(1)
  })

  test.each([
    ['without a trusted proxy', []],
    ['if the proxy is not one of the trusted', ['192.0.2.1']],
  ])('count for the connection %s, whatever the header says', async (_, trustedProxies) => {
    const issuer = await start({ trustedProxies })
    let last = 0
    const next = () => open(issuer, `198.51.100.${(last += 1)}`)
    expect(await statuses(4, next)).toEqual([200, 200, 200, 503])
  })

  test('count for the last untrusted address, whatever the client put in front of it', async () => {
    const issuer = await start({ trustedProxies: ['loopback', '10.0.0.0/8'] })
    let last = 0
    const next = () => open(issuer, `203.0.113.${(last += 1)}, 198.51.100.1, 10.1.2.3`)
    expect(await statuses(4, next)).toEqual([200, 200, 200, 503])
  })

  test('of a public client that pushes count for the address', async () => {
    const issuer = await start()
    expect(await statuses(4, () => push(issuer, publicClient))).toEqual([201, 201, 201, 503])
    const { status, headers, text } = await push(issuer, publicClient)
    expect([status, headers['retry-after'], toJson({ status, headers, text })['error']]).toEqual([
      503,
      '60',
      'temporarily_unavailable',
    ])
    expect((await open(issuer)).status).toBe(503)
    // A client that authenticates is not a stranger.
    expect((await push(issuer, confidential)).status).toBe(201)
  })

  test('of a client that authenticates get 429 above its share, and others go on', async () => {
    const issuer = await start()
    expect(await statuses(4, () => push(issuer, confidential))).toEqual([201, 201, 201, 429])
    expect(await statuses(3, () => open(issuer))).toEqual([200, 200, 200])
    const wrong = await post(`${issuer}/oauth/par`, {}, basic(confidential, 'wrong'))
    expect(wrong.status).toBe(401)
  })

  test.each([
    ['of a public client', publicClient, 503],
    ['of a client that authenticates', confidential, 429],
  ])('%s count their DPoP proofs as well, before these are stored', async (_, client, refusal) => {
    const { storage, proofs } = countProofs()
    const issuer = await start({ anonymousRequests: { count: 40 }, storage })
    const keys = await createProofKeys()
    const pushWithProof = async () => push(issuer, client, await prove(keys, `${issuer}/oauth/par`))
    // Of five places, the first two pushes take four. The last has room for a proof only.
    expect(await statuses(5, pushWithProof)).toEqual([201, 201, refusal, refusal, refusal])
    expect(proofs.size).toBe(3)
  })

  test('count no longer than they are kept, whatever came before them', async () => {
    const issuer = await start()
    expect((await open(issuer)).status).toBe(200)
    expect(await statuses(3, () => push(issuer, publicClient))).toEqual([201, 201, 503])
    const now = performance.now()
    const clock = vi.spyOn(performance, 'now').mockReturnValue(now + 61_000)
    expect(await statuses(3, () => push(issuer, publicClient))).toEqual([201, 201, 503])
    clock.mockRestore()
  })

  test('of clients that registered openly count for the address, until they are verified', async () => {
    const server = await openServer({
      anonymousRequests: { count: 24 },
      registration: { initialAccessToken: false },
    })
    const { issuer } = server
    const register = async (): Promise<ClientMetadata> => {
      const { redirect_uris, scope } = publicClient
      const metadata = { client_name: 'Open Books', redirect_uris, scope }
      return toJson(
        await sendJson(`${issuer}/oauth/register`, metadata),
      ) as unknown as ClientMetadata
    }
    const first = await register()
    expect(await statuses(2, () => push(issuer, first))).toEqual([201, 201])
    const many = await Promise.all(Array.from({ length: 9 }, () => register()))
    for (const [index, client] of many.entries()) {
      expect((await push(issuer, client)).status).toBe(index === 0 ? 201 : 503)
    }
    expect((await push(issuer, confidential)).status).toBe(201)
    await server.clients.update(first.client_id, { verified: true })
    expect(await statuses(4, () => push(issuer, first))).toEqual([201, 201, 201, 429])
  })

  test('of a client that authenticates make room when they are opened', async () => {
    const issuer = await start({ anonymousRequests: { count: 24 }, trustedProxies: ['loopback'] })
    for (let times = 0; times < 6; times += 1) {
      const { request_uri } = toJson(await push(issuer, confidential))
      const { client_id } = confidential
      const query = new URLSearchParams({ client_id, request_uri: String(request_uri) })
      const headers = { 'x-forwarded-for': `198.51.100.${times}` }
      expect((await send(`${issuer}/oauth/authorize?${query}`, { headers })).status).toBe(200)
    }
  })

  test('count by their size, too', async () => {
    const issuer = await start({ anonymousRequests: { count: 20_000, bytes: 131_072 } })
    const large = () => send(requestUrl(issuer, { state: 's'.repeat(4000) }))
    expect(await statuses(4, large)).toEqual([200, 200, 200, 503])
    expect((await open(issuer)).status).toBe(200)
  })
})
