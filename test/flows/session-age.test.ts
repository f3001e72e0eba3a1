import { expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import { formToken, type Browser, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, goToConsent } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { confidential, useServer } from '../support/server.ts'
import { signedInBefore } from '../support/sessions.ts'

const lifetime = 3600
const storage = createMemoryAdapter()
const server = useServer({ storage, lifetimes: { session: lifetime } })

const isSignIn = ({ text }: Page): boolean => text.includes('name="password"')

const ask = (browser: Browser): Promise<Page> =>
  browser.go(
    authorizationUrl(server.issuer, confidential, { code_challenge: createPkce().challenge }),
  )

test('whoever typed the password within its time is not asked for it', async () => {
  const { browser } = await goToConsent(server.issuer)
  await signedInBefore(storage, browser, lifetime - 60)
  expect(isSignIn(await ask(browser))).toBe(false)
})

test('whoever did so before is asked for it again before a consent, and then goes on', async () => {
  const { browser } = await goToConsent(server.issuer)
  await signedInBefore(storage, browser, lifetime + 60)
  const page = await ask(browser)
  expect(isSignIn(page)).toBe(true)
  const fields = { username: 'sofia@example.test', password: 'correct horse' }
  const consentPage = await browser.submit(page, fields)
  const answer = await browser.submit(consentPage, { decision: 'allow', subject: bakery })
  expect(answer.location?.searchParams.get('code')).toBeTruthy()
})

test('prompt=none is answered with login_required then', async () => {
  const { browser } = await goToConsent(server.issuer)
  await signedInBefore(storage, browser, lifetime + 60)
  const { location } = await browser.go(
    authorizationUrl(server.issuer, confidential, {
      code_challenge: createPkce().challenge,
      prompt: 'none',
    }),
  )
  expect(location?.searchParams.get('error')).toBe('login_required')
})

test('nothing is shown or disconnected then', async () => {
  const { browser } = await goToConsent(server.issuer)
  const connections = `${server.issuer}/oauth/connections`
  const query = new URLSearchParams({ client_id: confidential.client_id, subject: bakery })
  const confirmation = await browser.go(`${connections}/disconnect?${query.toString()}`)
  expect(formToken(confirmation)).not.toBe('')
  await signedInBefore(storage, browser, lifetime + 60)
  expect(isSignIn(await browser.go(connections))).toBe(true)
  const fields = { client_id: confidential.client_id, subject: bakery }
  const action = `${connections}/disconnect`
  expect(isSignIn(await browser.submit(confirmation, fields, { action }))).toBe(true)
})
