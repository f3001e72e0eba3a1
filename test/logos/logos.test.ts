import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClientMetadata, LogoWarning } from '../../lib/index.ts'
import { createLogos } from '../../lib/pages/logos/logos.ts'
import { goToConsent } from '../support/flow.ts'
import { png, startLogoHost, type LogoHost } from '../support/logo-host.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'

// Pages with the logos of clients, and what becomes of logos that cannot be fetched.

/** Of a condition that is waited for, in milliseconds. */
const timeout = 10_000

let host: LogoHost
let server: RunningServer | undefined
const warnings: LogoWarning[] = []
const listen = (warning: Error): void => {
  const { code } = warning as LogoWarning
  if (code === 'logo_unavailable') warnings.push(warning as LogoWarning)
}
beforeEach(async () => {
  host = await startLogoHost({
    '/moved': (response) => response.writeHead(302, { location: '/logo.png' }).end(),
    '/huge': (response) => response.writeHead(200).end(Buffer.alloc(257 * 1024)),
    '/page': (response) => response.writeHead(200).end('<html>'),
  })
  process.on('warning', listen)
})
afterEach(async () => {
  vi.useRealTimers()
  process.off('warning', listen)
  warnings.length = 0
  await Promise.all([server?.close(), host.close()])
  server = undefined
})

const clientOf = (id: string, more: object): ClientMetadata => ({
  ...confidential,
  client_id: id,
  client_name: `Client ${id}`,
  ...more,
})
const start = async (...clients: readonly ClientMetadata[]): Promise<void> => {
  server = await startServer({ clients })
}

/** Opens the consent page. Returns the URL of the logo, or the initials. */
async function markOf(client: ClientMetadata, language = 'en'): Promise<string> {
  const { page } = await goToConsent(server?.issuer ?? '', {
    client,
    params: { ui_locales: language },
  })
  const [, source] = /<img class="mark" src="([^"]+)"/.exec(page.text) ?? []
  return source ?? /<span class="mark"[^>]*>(.*?)</.exec(page.text)?.[1] ?? ''
}
const untilShown = async (client: ClientMetadata): Promise<void> => {
  await expect.poll(() => markOf(client), { timeout }).toMatch(/^http/)
}

const askedFor = (path: string): number => host.asked.filter((one) => one === path).length

describe('the logo of a client', () => {
  test('is on its pages once it was fetched, from our own origin, sandboxed, and fetched once', async () => {
    const client = clientOf('one', { logo_uri: `${host.origin}/logo.png` })
    await start(client)
    await untilShown(client)
    const source = await markOf(client)
    expect(source).toMatch(new RegExp(`^${server?.issuer}/oauth/assets/logos/[\\w-]{22}$`))
    const answer = await fetch(source)
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(answer.headers.get('content-security-policy')).toContain('sandbox')
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(png)
    expect(host.asked).toEqual(['/logo.png'])
    const other = `${server?.issuer}/oauth/assets/logos/`
    for (const name of ['', 'x', encodeURIComponent(`${host.origin}/logo.png`)])
      expect((await fetch(other + name)).status).toBe(404)
  })

  test('is shown while it is fetched again', async () => {
    const client = clientOf('one', { logo_uri: `${host.origin}/logo.png` })
    await start(client)
    await untilShown(client)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 3_600_000 })
    expect(await markOf(client)).toMatch(/^http/)
    await expect.poll(() => askedFor('/logo.png')).toBe(2)
  })
})

describe('a page', () => {
  test('does not wait for a host that never answers, however many logos are there', async () => {
    const clients = Array.from({ length: 12 }, (_, index) =>
      clientOf(`silent-${index}`, { logo_uri: `${host.origin}/silent-${index}` }),
    )
    await start(...clients)
    for (const client of clients) expect(await markOf(client)).toBe('CS')
    // Nobody has answered yet, and most were not asked.
    await expect.poll(() => host.open()).toBe(4)
    expect(host.asked.length).toBeLessThan(clients.length)
  })

  test('has the logo of a client while the host of another one never answers', async () => {
    const silent = clientOf('silent', {
      logo_uri: `${host.origin}/silent`,
      'logo_uri#da': `${host.origin}/silent-da`,
      'logo_uri#de': `${host.origin}/silent-de`,
    })
    const other = clientOf('other', { logo_uri: `${host.origin}/logo.png` })
    await start(silent, other)
    for (const language of ['en', 'da', 'de']) await markOf(silent, language)
    await untilShown(other)
    expect(host.asked).toEqual(['/silent', '/logo.png'])
  })
})

test('nine clients with many large logos push out no logo but their own', async () => {
  const logos = createLogos({ issuer: 'http://127.0.0.1:1', isDevelopment: true, clients: [] })
  const urlOf = (clientId: string, path: string): string | null =>
    logos.urlOf({ clientId, logoUri: host.origin + path })
  const untilThere = async (clientId: string, path: string): Promise<void> => {
    await expect.poll(() => urlOf(clientId, path), { interval: 1, timeout }).not.toBeNull()
  }

  await untilThere('modest', '/logo.png')
  for (let client = 0; client < 9; client += 1) {
    for (let logo = 0; logo < 12; logo += 1)
      await untilThere(`${client}`, `/large-${client}-${logo}`)
    expect(urlOf(`${client}`, `/large-${client}-11`)).not.toBeNull()
    expect(urlOf(`${client}`, `/large-${client}-0`)).toBeNull()
  }
  expect(urlOf('modest', '/logo.png')).not.toBeNull()
  expect(askedFor('/logo.png')).toBe(1)
})

describe('a logo that cannot be shown', () => {
  test.each([
    ['/moved', 'redirected'],
    ['/page', 'unsupported_format'],
    ['/huge', 'too_large'],
  ])('is told to the operator once, with the reason: %s', async (path, reason) => {
    const logoUri = host.origin + path
    const client = clientOf('one', { logo_uri: logoUri })
    await start(client)
    expect(await markOf(client)).toBe('CO')
    await expect.poll(() => warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ name: 'ClientWarning', clientId: 'one', logoUri, reason })
    expect(warnings[0]?.message).toContain(`"one", "${logoUri}": `)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 })
    await markOf(client)
    await expect.poll(() => askedFor(path)).toBe(2)
    expect(await markOf(client)).toBe('CO')
    expect(warnings).toHaveLength(1)
  })
})
