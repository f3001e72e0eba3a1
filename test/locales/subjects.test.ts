import { beforeEach, expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { goToConsent, redeem } from '../support/flow.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { useServer } from '../support/server.ts'

const people = createAccounts()
const asked: string[] = []
const server = useServer({
  accounts: {
    ...people,
    subjects: async (accountId, options) => {
      asked.push(options.language)
      const detail = options.language === 'da' ? 'Danmark' : 'Denmark'
      const choices = await people.subjects(accountId, options)
      return choices.map((choice) => ({ ...choice, detail }))
    },
  },
})
beforeEach(() => void asked.splice(0))

test('the host describes companies in the language of the page', async () => {
  const browser = createBrowser()
  const params = { ui_locales: 'da-DK' }
  const { page, verifier } = await goToConsent(server.issuer, { browser, params })
  expect(page.text).toContain('Danmark')
  const refused = await browser.submit(page, {})
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('Danmark')
  const { location: redirect, headers } = await browser.submit(refused, {
    subject: bakery,
    decision: 'allow',
  })
  // It is no page.
  expect(headers.get('content-language')).toBeNull()
  const code = redirect?.searchParams.get('code') ?? ''
  await redeem(server.issuer, { code, verifier, redirect: redirect as URL })
  const list = await browser.go(`${server.issuer}/oauth/connections?ui_locales=da`)
  expect(list.text).toContain('Danmark')
  expect(new Set(asked)).toEqual(new Set(['da']))
})

test('the host is asked in English if the answer shows no company', async () => {
  const params = { ui_locales: 'da', urn_pleo_params_oauth_subject: bakery }
  const { page } = await goToConsent(server.issuer, { params })
  expect(asked[0]).toBe('en')
  expect(page.text).toContain('Danmark')
})
