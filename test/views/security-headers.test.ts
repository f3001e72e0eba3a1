import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, goToConsent } from '../support/flow.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'

const client = (id: string, uri: string, members: object = {}): ClientMetadata => ({
  ...confidential,
  client_id: id,
  client_name: `Ledger ${id}`,
  redirect_uris: [uri],
  ...members,
})
const web = client('web', 'https://ledger.example.test:8443/callback')
const loopback = client('loopback', 'http://localhost:4000/callback')
const loopback6 = client('loopback6', 'http://[::1]:4000/callback', { application_type: 'native' })
const native = client('native', 'com.example.app:/callback', { application_type: 'native' })

let server: RunningServer
beforeAll(async () => {
  server = await startServer({ clients: [web, loopback, loopback6, native] })
})
afterAll(() => server.close())

const directives = ({ headers }: Page): Map<string, string[]> =>
  new Map(
    (headers.get('content-security-policy') ?? '').split('; ').map((directive) => {
      const [name = '', ...sources] = directive.split(' ')
      return [name, sources]
    }),
  )

async function pages(): Promise<readonly (readonly [string, Page])[]> {
  const browser = createBrowser()
  const challenge = createPkce().challenge
  const url = authorizationUrl(server.issuer, web, { code_challenge: challenge })
  const login = await browser.go(url)
  const wrong = await browser.submit(login, { username: 'x', password: 'x' })
  const { page: consent } = await goToConsent(server.issuer, { client: web })
  const { page: refused } = await goToConsent(server.issuer, { client: web, as: 'nobody' })
  const error = await browser.go(`${server.issuer}/oauth/authorize?client_id=unknown`)
  const gone = await browser.go(`${server.issuer}/oauth/interaction/unknown`)
  return Object.entries({ login, wrong, consent, refused, error, gone })
}

test('every page carries the headers that keep it to itself', async () => {
  for (const [name, page] of await pages()) {
    const { headers } = page
    expect.soft(headers.get('content-type'), name).toMatch(/^text\/html; charset=utf-8$/i)
    expect.soft(headers.get('cache-control'), name).toContain('no-store')
    expect.soft(headers.get('referrer-policy'), name).toBe('same-origin')
    expect.soft(headers.get('x-content-type-options'), name).toBe('nosniff')
    // All of these may be in a popup that a client opened: browser/popups.
    expect.soft(headers.get('cross-origin-opener-policy'), name).toBeNull()
    expect.soft(headers.get('x-frame-options'), name).toBe('DENY')
    expect.soft(headers.get('strict-transport-security'), name).toBeNull()
    const policy = directives(page)
    expect.soft(policy.get('default-src'), name).toEqual(["'none'"])
    expect.soft(policy.get('frame-ancestors'), name).toEqual(["'none'"])
    expect.soft(policy.get('base-uri'), name).toEqual(["'none'"])
    expect.soft(policy.get('style-src'), name).toEqual(["'self'"])
    expect.soft(policy.get('script-src'), name).toEqual(["'self'"])
    expect.soft(headers.get('content-security-policy'), name).not.toMatch(/unsafe|data:|\*;/)
  }
})

test('every page loads nothing but the icon, the style sheet and the script of this server', async () => {
  for (const [name, { text }] of await pages()) {
    const loaded = [...text.matchAll(/<(?:link|script|img|iframe|object|embed|source)\b[^>]*>/g)]
    const all = [
      '<link rel="icon" href="/oauth/assets/icon">',
      '<link rel="stylesheet" href="/oauth/assets/styles.css">',
      '<script type="module" src="/oauth/assets/script.js">',
    ]
    const tags = loaded.map(([tag]) => tag.replace(/\?v=[\w-]+/, ''))
    expect.soft(tags, name).toEqual(all.slice(0, Math.max(2, tags.length)))
    expect.soft(text, name).not.toMatch(/url\(|@import/)
  }
})

test('the style sheet may be kept as long as its content is the same, and loads nothing either', async () => {
  const { page } = await goToConsent(server.issuer, { client: web })
  const href = /rel="stylesheet" href="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const response = await fetch(server.issuer + href)
  expect(response.headers.get('cache-control')).toContain('immutable')
  expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  expect(await response.text()).not.toMatch(/https?:|@import/)
  const stale = await fetch(`${server.issuer}/oauth/assets/styles.css?v=old`)
  expect(stale.headers.get('cache-control')).toBe('no-cache')
})

describe('form-action lets the browser follow to', () => {
  test.each([
    ['a web client', web, 'https:'],
    ['a loopback client, whatever the port of its next redirect', loopback, 'http://localhost:*'],
    ['a private scheme', native, 'com.example.app:'],
  ])('%s', async (_, of, source) => {
    const challenge = createPkce().challenge
    const url = authorizationUrl(server.issuer, of, { code_challenge: challenge })
    const { page } = await goToConsent(server.issuer, { client: of })
    for (const shown of [await createBrowser().go(url), page]) {
      expect(shown.status).toBe(200)
      expect(directives(shown).get('form-action')).toContain("'self'")
      expect(directives(shown).get('form-action')).toContain(source)
    }
  })

  test('an IPv6 loopback client without a source that browsers cannot read', async () => {
    const { page } = await goToConsent(server.issuer, { client: loopback6 })
    const sources = directives(page).get('form-action') ?? []
    // The grammar of CSP has no IPv6 addresses: Chromium ignores such a source and blocks the form.
    expect(sources.filter((source) => source.includes('['))).toEqual([])
    expect(sources).toContain('http:')
  })

  test('nothing of the client on pages that belong to none', async () => {
    const page = await createBrowser().go(`${server.issuer}/oauth/interaction/unknown`)
    expect(directives(page).get('form-action')).toEqual(["'self'"])
  })
})
