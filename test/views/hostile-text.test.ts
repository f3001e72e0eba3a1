import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toNamedClient } from '../../lib/pages/shown-client.ts'
import { createViews } from '../../lib/pages/pages.ts'
import type { ErrorData } from '../../lib/pages/page-data.ts'
import { createBrowser, type Page } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'
import { createTestStorage } from '../support/storage.ts'

const rightToLeft = '\u202E'
const hostile = (who: string): string =>
  `${rightToLeft}${who}"'><script>alert(1)</script><img src=x onerror=alert(2)>{{7*7}}{% raw %}&amp;`

const escaped = (who: string): string =>
  `${who}&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;{{7*7}}{% raw %}&amp;amp;`

const accounts = createAccounts()
let server: RunningServer
beforeAll(async () => {
  const storage = await createTestStorage()
  // As nobody could register it: what is shown must not depend on that.
  await storage.records('Client').upsert(confidential.client_id, {
    ...confidential,
    client_name: hostile('client'),
    client_uri: 'https://ledger.example.test/?"><script>x</script>',
    tos_uri: "https://ledger.example.test/tos?'onmouseover='x",
    contacts: ['help@example.test'],
  })
  server = await startServer({
    clients: [],
    storage,
    accounts: {
      ...accounts,
      find: (id) => ({ accountId: id, name: hostile('person'), email: hostile('mail') }),
      subjects: (id) =>
        ['1', '2'].map((n) => ({
          urn: `${bakery.slice(0, -1)}${n}`,
          name: hostile(`company${n}`),
          detail: hostile(`detail${n}`),
          mayConnect: id === 'jonas',
          reason: hostile(`reason${n}`),
        })),
    },
  })
})
afterAll(() => server.close())

function expectHarmless({ text }: Page, ...names: string[]): void {
  const ownScript =
    /<script type="module" src="\/oauth\/assets\/script\.js\?v=[\w-]{12}"><\/script>/
  expect(text.replace(ownScript, '')).not.toMatch(/<script|<img|=49|>49|javascript:/i)
  // No attribute of ours but these takes foreign text, and none is left open.
  expect(text.replaceAll(/"[^"<>]*"/g, '""')).not.toMatch(/<[^>]*\son\w+=/i)
  for (const name of names) expect(text).toContain(escaped(name))
}

describe('text of strangers is shown as text', () => {
  test('on the sign-in page', async () => {
    const { page } = await goToSignIn()
    expectHarmless(page, 'client')
  })

  test('on the consent page', async () => {
    const { page } = await goToConsent(server.issuer, { as: 'jonas' })
    const names = ['client', 'person', 'mail', 'company1', 'company2', 'detail1']
    expectHarmless(page, ...names)
  })

  test('on the page of a person who may connect nothing', async () => {
    const { page } = await goToConsent(server.issuer, { as: 'sofia' })
    expectHarmless(page, 'client', 'person', 'company1', 'reason1', 'reason2')
  })

  test('after a refused choice', async () => {
    const { page, browser } = await goToConsent(server.issuer, { as: 'jonas' })
    const answer = await browser.submit(page, { subject: hostile('subject'), decision: 'allow' })
    expect(answer.status).toBe(422)
    expectHarmless(answer, 'client')
    expect(answer.text).not.toContain('subject&quot;')
  })

  test('on the error page', async () => {
    const name = encodeURIComponent(hostile('x'))
    const page = await createBrowser().go(`${server.issuer}/oauth/authorize?client_id=${name}`)
    expect(page.status).toBe(400)
    expectHarmless(page)
  })

  test('and turns nothing around it: names stand isolated from the text they are in', async () => {
    const { page } = await goToConsent(server.issuer, { as: 'jonas' })
    const { text } = page
    const all = text.split(rightToLeft).length - 1
    const alone = text.match(new RegExp(`<bdi[^>]*>${rightToLeft}[^<]*</bdi>`, 'g')) ?? []
    const inSentences = text.match(new RegExp(`\u2068${rightToLeft}[^<\u2069]*\u2069`, 'g')) ?? []
    const initials = text.split(`aria-hidden="true">${rightToLeft}`).length - 1
    expect(alone.length).toBeGreaterThan(4)
    expect(inSentences.length).toBeGreaterThan(1)
    expect(alone.length + inSentences.length + initials).toBe(all)
  })

  async function goToSignIn(): Promise<{ page: Page }> {
    const url = new URL(`${server.issuer}/oauth/authorize`)
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: confidential.client_id,
      redirect_uri: confidential.redirect_uris?.[0] ?? '',
      scope: 'companies:read',
      code_challenge: 'A'.repeat(43),
      code_challenge_method: 'S256',
      login_hint: hostile('hint'),
    }).toString()
    return { page: await createBrowser().go(url.href) }
  }
})

describe('templates', () => {
  const error = {
    title: 'error.title.general',
    message: 'error.message.general',
    code: 'invalid_request',
    details: null,
    continueUrl: null,
    retryUrl: null,
    application: null,
    connectionsUrl: 'https://auth.example.test/oauth/connections',
    support: 'Code: invalid_request',
  }
  const cannotConnect = {
    subjects: [],
    refusals: [],
    startUrl: null,
    subjectType: 'company' as const,
    account: { name: 'x', email: null },
    action: '/',
    switchAction: '/',
    csrf: 'x',
  }

  const shown = { ...toNamedClient('x'), initials: 'X' }

  test('fail when a value is missing, instead of showing a gap', () => {
    const page = createViews({}, 'https://auth.example.test').of('en')
    const render = (data: object) => () => page.render('error', data as ErrorData)
    expect(render(error)).not.toThrow()
    expect(render({ ...error, title: undefined })).toThrow('undefined')
    const consent = (client: object) => () =>
      page.render('cannot-connect', { ...cannotConnect, client: { ...shown, ...client } })
    expect(consent({})).not.toThrow()
    expect(consent({ initials: undefined })).toThrow('undefined')
    expect(consent({ name: undefined })).toThrow('a value is missing for {{client}}')
  })

  test('give the style sheet a version that is in its URL', () => {
    const views = createViews({}, 'https://example.test/auth')
    const page = views.of('en').render('error', error)
    expect(page).toContain(
      `href="/auth/oauth/assets/styles.css?v=${views.assets.stylesheet.version}"`,
    )
    expect(views.assets.stylesheet.content).toContain('body')
  })
})
