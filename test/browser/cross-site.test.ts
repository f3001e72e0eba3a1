import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { usePage } from '../support/chromium.ts'
import { useRunning } from '../support/fixtures.ts'
import { createCountingStorage } from '../support/hosts.ts'
import { landAt } from '../support/landing.ts'
import { bakery, nordlysDenmark } from '../support/people.ts'
import { confidential, startApp, useServer } from '../support/server.ts'
import { goToConnections, goToConsent } from '../support/steps.ts'

// The attacker of these tests has even seen the page: the form token is known. HTTP alone cannot tell what Chromium
// sends along with a form of another site; the headers themselves are in test/interaction/forged-posts.test.ts.

const { storage, stored } = createCountingStorage()
let form = ''

const attacker = new Koa().use((ctx) => {
  ctx.type = 'html'
  ctx.body = form
})
const page = usePage()
const server = useServer({ storage })
const evil = useRunning(() => startApp(attacker))

/** What the attacker lays out: the form of a page of ours, filled in. */
async function layTrap(more: Readonly<Record<string, string>>): Promise<void> {
  const csrf = await page.locator('[name=csrf]').first().inputValue()
  const action = await page.locator('main form').first().getAttribute('action')
  const fields = Object.entries({ csrf, ...more }).map(
    ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
  )
  form = `<!doctype html><form method="post" action="${action}">${fields.join('')}<button>Win</button></form>`
}

const allow = { subject: bakery, decision: 'allow' }
const sites = [
  ['another site', (origin: string) => origin.replace('127.0.0.1', 'localhost')],
  ['another origin of the same site, which cookies do not keep out', (origin: string) => origin],
] as const

describe.each(sites)('a form on %s', (_, toOrigin) => {
  test('cannot allow, and the page itself still can', async () => {
    await goToConsent(page, server.issuer, confidential, 'sofia')
    await layTrap(allow)
    const before = stored('Grant')
    const trap = await page.context().newPage()
    await trap.goto(toOrigin(evil.origin))
    await trap.getByRole('button', { name: 'Win' }).click()
    await trap.getByRole('heading', { level: 1 }).waitFor()
    await expect
      .poll(() => trap.locator('main').textContent())
      .toContain('sent from another origin')
    expect([new URL(trap.url()).origin, stored('Grant')]).toEqual([server.issuer, before])

    const { landed } = await landAt(page, 'https://ledger.example.test')
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    expect((await landed).searchParams.get('code')).toBeTruthy()
    expect(stored('Grant')).toBe(before + 1)
  })

  test('cannot sign anybody out', async () => {
    await goToConnections(page, server.issuer, 'sofia')
    await page.goto(`${server.issuer}/oauth/sign-out`)
    await layTrap({})
    const trap = await page.context().newPage()
    await trap.goto(toOrigin(evil.origin))
    await trap.getByRole('button', { name: 'Win' }).click()
    await trap.getByRole('heading', { level: 1 }).waitFor()
    await page.goto(`${server.issuer}/oauth/connections`)
    await expect.poll(() => page.url()).toBe(`${server.issuer}/oauth/connections`)
  })
})

test('no other page can hold ours in a frame to have it clicked', async () => {
  await goToConsent(page, server.issuer, confidential, 'sofia')
  form = `<!doctype html><iframe src="${page.url()}"></iframe>`
  const trap = await page.context().newPage()
  const refused = trap.waitForEvent('console', (message) =>
    message.text().includes('frame-ancestors'),
  )
  await trap.goto(evil.origin)
  await refused
  await expect.poll(() => trap.frameLocator('iframe').getByRole('button').count()).toBe(0)
})

describe('a form that was changed in the browser', () => {
  const changes = [
    ['has the company of somebody else', '[name=subject]', nordlysDenmark, 'You cannot connect'],
    [
      'has a scope that was not asked for',
      '[name=subject]',
      'users:write',
      'look at everything again',
    ],
    ['has another form token', '[name=csrf]', 'A'.repeat(43), 'cannot be completed'],
  ] as const

  test.each(changes)('is refused where it %s', async (_, field, value, words) => {
    await goToConsent(page, server.issuer, confidential, 'sofia')
    const before = stored('Grant')
    await page
      .locator(`main form ${field}`)
      .first()
      .evaluate((input: HTMLInputElement, changed) => {
        if (!changed.endsWith('write')) return void (input.value = changed)
        const added = input.cloneNode() as HTMLInputElement
        added.name = 'scope'
        added.value = changed
        return input.after(added)
      }, value)
    await page.getByRole('button', { name: 'Allow', exact: true }).click()
    await page.getByText(words).waitFor()
    expect(stored('Grant')).toBe(before)
  })
})

test('a form that was answered is not answered twice by going back', async () => {
  await goToConsent(page, server.issuer, confidential, 'sofia')
  const { landed } = await landAt(page, 'https://ledger.example.test')
  await page.getByRole('button', { name: 'Allow', exact: true }).click()
  await landed
  const before = stored('Grant')
  await page.goBack()
  await expect.poll(() => page.locator('[value=allow]').count()).toBe(0)
  await expect.poll(() => page.locator('main').innerText()).toContain('already answered')
  expect(stored('Grant')).toBe(before)
})
