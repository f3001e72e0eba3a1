import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { isolated } from '../support/browser.ts'
import { launchBrowser, openPage } from '../support/chromium.ts'
import { manyCompanies, the201st } from '../support/crowd.ts'
import { startCrowdedExample } from '../support/crowded-example.ts'
import { useRunning } from '../support/fixtures.ts'
import { createPkce, introspect, redeem, type Json } from '../support/flow.ts'
import { focusOf, press, type Focus } from '../support/keyboard.ts'
import { landAt } from '../support/landing.ts'
import { partners } from '../support/partners.ts'
import { password } from '../support/people.ts'
import { askUrl } from '../support/steps.ts'

const client = partners.optional
const optional = 'Change export jobs'

let page: Page

const example = useRunning(startCrowdedExample)
const browser = useRunning(launchBrowser)

async function open(javaScriptEnabled: boolean): Promise<void> {
  page = await openPage(browser, { javaScriptEnabled })
}

const type = (text: string): Promise<void> => page.keyboard.type(text)

/** Nothing on the way is a place where the focus cannot be seen. */
function expectSeen(way: readonly Focus[]): void {
  for (const focus of way) {
    expect.soft(focus).toEqual({ words: expect.any(String), isVisible: true, isInSight: true })
  }
}

/** Goes on to something, over nothing that hides the focus. */
async function goTo(words: string, key = 'Tab'): Promise<void> {
  expectSeen(await press(page, key, words))
}

async function enter(): Promise<void> {
  await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')])
}

async function signIn(): Promise<void> {
  await expect.poll(() => focusOf(page)).toMatchObject({ words: 'Email', isVisible: true })
  await type('maja@example.test')
  await goTo('Password')
  await type(password)
  await enter()
}

/** From the client and back to it: what its token is good for. */
async function allow(choose: () => Promise<void>): Promise<Json> {
  const { verifier, challenge } = createPkce()
  const { landed } = await landAt(page, 'https://ledger.example.test')
  await page.goto(askUrl(example.issuer, client, { code_challenge: challenge }))
  await signIn()
  await choose()
  await goTo(optional)
  await page.keyboard.press('Space')
  await goTo('About this app')
  await page.keyboard.press('Enter')
  await page.getByText('export-jobs:write', { exact: true }).waitFor()
  await goTo('Allow', 'Shift+Tab')
  await page.keyboard.press('Enter')
  const redirect = await landed
  const code = redirect.searchParams.get('code') ?? ''
  const { body } = await redeem(example.issuer, { code, verifier, redirect }, client)
  return introspect(example.issuer, String(body['access_token']), client)
}

async function disconnect(): Promise<void> {
  await page.goto(`${example.issuer}/oauth/connections`)
  await goTo('Disconnect')
  await enter()
  await goTo('Keep connected')
  await goTo('Disconnect', 'Shift+Tab')
  await enter()
  await expect
    .poll(() => page.getByRole('status').innerText())
    .toBe(`${isolated('Modest Ledger')} no longer has access to ${isolated(the201st.name)}.`)
}

const bySearch = async (): Promise<void> => {
  await expect.poll(() => focusOf(page)).toMatchObject({ words: 'Search companies' })
  await type(the201st.name.toLowerCase())
  await goTo(the201st.name)
  await page.keyboard.press('Space')
}

const byArrows = async (): Promise<void> => {
  await goTo(manyCompanies[0]?.name ?? '')
  for (let n = 0; n < 200; n += 1) await page.keyboard.press('ArrowDown')
  expectSeen([await focusOf(page)])
}

describe.each([
  ['with JavaScript, by search', true, bySearch],
  ['without JavaScript, by the arrow keys', false, byArrows],
])('the keyboard alone, %s', (_, javaScriptEnabled, choose) => {
  test('chooses the 201st company and an optional scope, allows, and disconnects again', async () => {
    await open(javaScriptEnabled)
    expect(await allow(choose)).toMatchObject({
      sub: the201st.id,
      scope: 'export-jobs:read companies:read export-jobs:write',
    })
    await disconnect()
  })
})

test('the focus goes through the page in the order in which it is read, and back', async () => {
  await open(true)
  await page.goto(askUrl(example.issuer, client))
  await signIn()
  const order = [
    'ledger.example.test (opens a new tab)',
    'Use another account',
    'Search companies',
    expect.stringContaining(manyCompanies[0]?.name ?? ''),
    expect.stringContaining(optional),
    expect.stringContaining('See employees'),
    'Disconnect any time in Connected apps (opens a new tab)',
    'Allow',
    'Don’t allow',
    'About this app',
    'support@ledger.example.test',
    'Terms of service (opens a new tab)',
    'Privacy policy (opens a new tab)',
  ]
  await page.getByText('About this app').evaluate(({ parentElement }) => {
    parentElement?.setAttribute('open', '')
  })
  // The search has the focus.
  expectSeen(await press(page, 'Shift+Tab', 'ledger.example.test'))
  const there = [await focusOf(page), ...(await press(page, 'Tab', 'Privacy policy'))]
  expect(there.map(({ words }) => words)).toEqual(order)
  const back = await press(page, 'Shift+Tab', 'ledger.example.test')
  expect(back.map(({ words }) => words)).toEqual(order.toReversed().slice(1))
  expectSeen([...there, ...back])
})

test('declining needs no choice', async () => {
  await open(false)
  const { landed } = await landAt(page, 'https://ledger.example.test')
  await page.goto(askUrl(example.issuer, client))
  await signIn()
  await goTo('Don’t allow')
  await page.keyboard.press('Space')
  expect(Object.fromEntries((await landed).searchParams)).toMatchObject({
    error: 'access_denied',
    state: 'some-state',
    iss: example.issuer,
  })
})
