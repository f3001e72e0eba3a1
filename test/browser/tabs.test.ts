import type { BrowserContext, Page } from 'playwright-core'
import { beforeEach, describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { launchBrowser } from '../support/chromium.ts'
import { endAfterTest, useRunning } from '../support/fixtures.ts'
import { createPkce, introspect, redeem, type Json } from '../support/flow.ts'
import { landAt } from '../support/landing.ts'
import { nordlysDenmark, nordlysGermany } from '../support/people.ts'
import { confidential, useServer } from '../support/server.ts'
import { askUrl, goToConsent } from '../support/steps.ts'

const scope = 'companies:read users:read export-jobs:write'
const ledger: ClientMetadata = { ...confidential, scope }
const payroll: ClientMetadata = {
  ...confidential,
  client_id: 'payroll',
  client_name: 'Fjord Payroll',
  redirect_uris: ['https://payroll.example.test/callback'],
  scope,
  optional_scope: 'export-jobs:write',
}

let context: BrowserContext

const browser = useRunning(launchBrowser)
const server = useServer({ clients: [ledger, payroll] })
beforeEach(async () => {
  context = endAfterTest(await browser.newContext())
})

/** A tab in which a client asks for something. */
interface Tab {
  readonly page: Page
  readonly client: ClientMetadata
  /** Allows it for a company: what the token is good for that comes of it. */
  readonly allow: (company: string) => Promise<Json>
}

async function openTab(client: ClientMetadata, asked: string): Promise<Tab> {
  const page = await context.newPage()
  const { verifier, challenge } = createPkce()
  const params = { scope: asked, code_challenge: challenge }
  const isSignedIn = context.pages().length > 1
  if (isSignedIn) await page.goto(askUrl(server.issuer, client, params))
  else await goToConsent(page, server.issuer, client, 'jonas', params)
  const origin = new URL(client.redirect_uris?.[0] ?? '').origin
  return {
    page,
    client,
    allow: async (company) => {
      const { landed } = await landAt(page, origin)
      await page.locator(`[name=subject][value="${company}"]`).check()
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      const redirect = await landed
      const code = redirect.searchParams.get('code') ?? ''
      const { body } = await redeem(server.issuer, { code, verifier, redirect }, client)
      return introspect(server.issuer, String(body['access_token']), client)
    },
  }
}

const toGrant = (shown: Json): readonly unknown[] => [
  shown['client_id'],
  shown['scope'],
  shown['urn:pleo:params:oauth:subject_urn'],
]

describe('two tabs of one browser', () => {
  test.each([
    ['in the order they were opened', 0, 1],
    ['in the other order', 1, 0],
  ])('of two clients are two answers, given %s', async (_, first, second) => {
    const tabs = [
      await openTab(ledger, 'companies:read'),
      await openTab(payroll, 'users:read export-jobs:write'),
    ]
    const expected = [
      ['ledger', 'companies:read', nordlysDenmark],
      ['payroll', 'users:read', nordlysGermany],
    ]
    const companies = [nordlysDenmark, nordlysGermany]
    for (const n of [first, second]) {
      expect(toGrant((await tabs[n]?.allow(companies[n] ?? '')) ?? {})).toEqual(expected[n])
    }
  })

  test('of one client keep their scopes and their companies apart', async () => {
    const one = await openTab(ledger, 'companies:read')
    const other = await openTab(ledger, 'users:read')
    const denmark = ['ledger', 'users:read', nordlysDenmark]
    expect(toGrant(await other.allow(nordlysDenmark))).toEqual(denmark)
    const germany = ['ledger', 'companies:read', nordlysGermany]
    expect(toGrant(await one.allow(nordlysGermany))).toEqual(germany)
  })

  test('of which one is declined leave the other to be allowed', async () => {
    const one = await openTab(ledger, 'companies:read')
    const other = await openTab(payroll, 'users:read')
    const { landed } = await landAt(other.page, 'https://payroll.example.test')
    await other.page.getByRole('button', { name: 'Don’t allow' }).click()
    expect((await landed).searchParams.get('error')).toBe('access_denied')
    expect((await one.allow(nordlysDenmark))['active']).toBe(true)
  })

  test('do not take what belongs to the other: a form token is good for its own page', async () => {
    const one = await openTab(ledger, 'companies:read')
    const other = await openTab(payroll, 'users:read export-jobs:write')
    const token = await other.page.locator('[name=csrf]').first().inputValue()
    const own = await one.page.locator('[name=csrf]').first().inputValue()
    const change = (value: string): Promise<void> =>
      one.page
        .locator('form [name=csrf]')
        .first()
        .evaluate((field: HTMLInputElement, changed) => void (field.value = changed), value)
    await change(token)
    await one.page.locator('[name=subject]').first().check()
    await one.page.getByRole('button', { name: 'Allow', exact: true }).click()
    await one.page.getByText('cannot be completed').waitFor()
    await one.page.goBack()
    await change(own)
    expect(toGrant(await one.allow(nordlysDenmark))[1]).toBe('companies:read')
    expect(toGrant(await other.allow(nordlysDenmark))[1]).toBe('users:read')
  })
})
