import Koa from 'koa'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { usePage } from '../support/chromium.ts'
import { useRunning } from '../support/fixtures.ts'
import { createPkce, redeem } from '../support/flow.ts'
import { mountAtRoot, startHost } from '../support/hosts.ts'
import { confidential, startApp, startServer } from '../support/server.ts'
import { askUrl, signIn } from '../support/steps.ts'

// A partner opens the authorization URL in a popup, and its callback hands the answer to the page that opened it.

const partner = new Koa().use((ctx) => {
  ctx.type = 'html'
  ctx.body =
    ctx.path === '/callback'
      ? `<script>
           opener.postMessage(location.search, location.origin)
           close()
         </script>`
      : `<button>Connect</button>
         <script>
           const messages = []
           addEventListener('message', ({ data }) => messages.push(data))
           let popup
           const target = decodeURIComponent(location.hash.slice(1))
           document.querySelector('button').onclick = () => { popup = open(target, 'connect', 'width=500') }
         </script>`
})

const opener = usePage()
const app = useRunning(() => startApp(partner))
let client: ClientMetadata
const servers: { readonly issuer: string; close(): Promise<void> }[] = []

beforeAll(async () => {
  const origin = app.origin.replace('127.0.0.1', 'localhost')
  client = {
    ...confidential,
    application_type: 'native',
    redirect_uris: [`${origin}/callback`],
  }
  servers.push(await startServer({ clients: [client] }))
  const hardened = (parent: Koa, server: { readonly app: Koa }): void => {
    parent.use(async (ctx, next) => {
      ctx.set('Cross-Origin-Opener-Policy', 'same-origin')
      await next()
    })
    parent.use(mountAtRoot(server.app))
  }
  servers.push(await startHost(hardened, { clients: [client] }))
})
afterAll(() => Promise.all(servers.map((server) => server.close())))

async function openPopup(url: string): Promise<Page> {
  const origin = app.origin.replace('127.0.0.1', 'localhost')
  await opener.goto(`${origin}/#${encodeURIComponent(url)}`)
  const [popup] = await Promise.all([
    opener.waitForEvent('popup'),
    opener.getByRole('button').click(),
  ])
  await popup.waitForLoadState()
  return popup
}

/** What the opener sees of the popup. */
const seesClosed = (): Promise<boolean> => opener.evaluate('popup.closed')

const answer = async (): Promise<URLSearchParams> => {
  await opener.waitForFunction('messages.length > 0 && popup.closed')
  return new URLSearchParams(String(await opener.evaluate('messages[0]')))
}

describe.each([
  ['a server of its own', 0],
  ['a host that sets an opener policy on everything', 1],
])('%s', (_, index) => {
  const issuer = (): string => servers[index]?.issuer ?? ''

  test('the code arrives at the page that opened the popup, which sees it close', async () => {
    const { verifier, challenge } = createPkce()
    const popup = await openPopup(askUrl(issuer(), client, { code_challenge: challenge }))
    expect(await seesClosed()).toBe(false)
    await signIn(popup, 'sofia')
    expect(await seesClosed()).toBe(false)
    await popup.getByRole('button', { name: 'Allow', exact: true }).click({ noWaitAfter: true })
    const params = await answer()
    const redirect = new URL(`${client.redirect_uris?.[0]}?${params.toString()}`)
    const code = params.get('code') ?? ''
    const { status } = await redeem(issuer(), { code, verifier, redirect }, client)
    expect(status).toBe(200)
  })

  test('so does a refusal', async () => {
    const popup = await openPopup(askUrl(issuer(), client))
    await signIn(popup, 'sofia')
    const refuse = popup.getByRole('button', { name: 'Don’t allow', exact: true })
    await refuse.click({ noWaitAfter: true })
    expect((await answer()).get('error')).toBe('access_denied')
  })

  test('so does an error before anybody is asked', async () => {
    const url = askUrl(issuer(), client, { scope: 'bogus:read' })
    await openPopup(url).catch(() => undefined)
    expect((await answer()).get('error')).toBe('invalid_scope')
  })

  test.each([
    ['the error page', '/oauth/authorize?client_id=unknown'],
    ['the page of a request that is over', '/oauth/interaction/unknown'],
    ['the page behind a lost cookie', '/oauth/authorize/unknown'],
  ])('the opener can close %s, and cannot read it', async (__, path) => {
    const popup = await openPopup(issuer() + path)
    expect(await popup.locator('.support').count()).toBe(1)
    expect(await seesClosed()).toBe(false)
    await expect(opener.evaluate('popup.document')).rejects.toThrow('cross-origin')
    const closed = popup.waitForEvent('close')
    await opener.evaluate('popup.close()')
    await closed
    expect(await seesClosed()).toBe(true)
  })

  test('the pages of connections keep to themselves', async () => {
    await openPopup(`${issuer()}/oauth/connections`)
    await opener.waitForFunction('popup.closed')
    expect(await seesClosed()).toBe(true)
  })
})
