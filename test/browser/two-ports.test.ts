import { expect, test } from 'vitest'
import { createTestServer } from '../../lib/testing/index.ts'
import { usePage } from '../support/chromium.ts'
import { startExample } from '../support/example.ts'
import { useRunning } from '../support/fixtures.ts'
import { landAt } from '../support/landing.ts'
import { confidential, useServer } from '../support/server.ts'
import { askUrl, follow, goToConnections, goToConsent } from '../support/steps.ts'

// Chromium sends the cookies of 127.0.0.1 to every port of it.

const page = usePage()
const one = useServer({ cookieKeys: ['a key of one server'] })
const other = useServer({ cookieKeys: ['a key of another server'] })
const kit = useRunning(() => createTestServer())

const who = () => page.locator('body').innerText()

test('a person is signed in at two servers, and signs out of one', async () => {
  await goToConnections(page, one.issuer, 'sofia')
  await goToConnections(page, other.issuer, 'jonas')
  await page.goto(`${one.issuer}/oauth/connections`)
  await expect.poll(who).toContain('Sofia Lind')
  await page.goto(`${other.issuer}/oauth/sign-out`)
  await follow(page.getByRole('button', { name: 'Sign out', exact: true }))
  await page.goto(`${other.issuer}/oauth/connections`)
  await expect.poll(() => new URL(page.url()).pathname).toBe('/oauth/sign-in')
  await page.goto(`${one.issuer}/oauth/connections`)
  await expect.poll(who).toContain('Sofia Lind')
})

test('two open requests, one at each server, are both allowed', async () => {
  await goToConsent(page, one.issuer, confidential, 'sofia')
  const second = await page.context().newPage()
  await goToConsent(second, other.issuer, confidential, 'sofia')
  for (const tab of [page, second]) {
    const { landed } = await landAt(tab, 'https://ledger.example.test')
    await tab.getByRole('button', { name: 'Allow', exact: true }).click()
    expect((await landed).searchParams.get('code')).toBeTruthy()
  }
})

test('a server of the test kit beside them ends nothing', async () => {
  await goToConnections(page, one.issuer, 'sofia')
  const { confidential: client } = kit.clients
  await page.goto(askUrl(kit.issuer, client))
  await page.locator('[name=username]').waitFor()
  await page.goto(askUrl(one.issuer, confidential))
  await expect.poll(() => page.locator('[value=allow]').count()).toBe(1)
})

test('two examples beside each other keep both connections', async () => {
  const examples = await Promise.all([startExample(), startExample()])
  try {
    for (const { app } of examples) {
      await page.goto(app)
      await follow(page.getByRole('link', { name: 'Connect to Pleo' }))
      await page.getByLabel('Email').fill('sofia@brightbakery.example')
      await page.getByLabel('Password').fill('pleo-demo')
      await follow(page.getByRole('button', { name: 'Sign in', exact: true }))
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      await page.getByRole('heading', { name: /^Connected/ }).waitFor()
    }
    for (const { app } of examples) {
      await page.goto(app)
      await expect.poll(() => page.getByRole('heading', { name: /^Connected/ }).count()).toBe(1)
    }
  } finally {
    await Promise.all(examples.map((example) => example.close()))
  }
})
