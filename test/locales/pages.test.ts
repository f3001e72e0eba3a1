import { describe, expect, test } from 'vitest'
import { pleoScopes } from '../../lib/index.ts'
import { loadCatalogues } from '../../lib/pages/texts/catalogues.ts'
import { createTranslators, type TextValues } from '../../lib/pages/texts/translator.ts'
import { createBrowser, urlOfInteraction, type Page } from '../support/browser.ts'
import { authorizationUrl, createPkce, goToConsent } from '../support/flow.ts'
import { confidential, organizationClient, useServer } from '../support/server.ts'

const translators = createTranslators(loadCatalogues([]), 'Pleo')
const { languages } = translators

const server = useServer()

/** A text as it stands in HTML. */
const shown = (language: string, path: string, values?: TextValues): string =>
  translators.of(language).text(path, values).replaceAll('&', '&amp;').replaceAll("'", '&#39;')

const client = { client: 'Northwind Ledger' }

function expectLanguage({ text, headers }: Page, language: string): void {
  expect(text).toContain(`<html lang="${language}" dir="ltr">`)
  expect(headers.get('content-language')).toBe(language)
  expect(headers.get('vary')).toContain('Accept-Language')
}

describe.each(languages)('in %s', (language) => {
  const params = { ui_locales: language, scope: 'companies:read export-jobs:write' }

  test('a person signs in, after a mistake', async () => {
    const browser = createBrowser()
    const { challenge } = createPkce()
    const url = authorizationUrl(server.issuer, confidential, {
      code_challenge: challenge,
      ...params,
    })
    const page = await browser.go(url)
    const refused = await browser.submit(page, { username: 'x', password: 'x' })
    for (const one of [page, refused]) {
      expectLanguage(one, language)
      expect(one.text).toContain(`<h1>${shown(language, 'login.heading')}</h1>`)
      expect(one.text).toContain(shown(language, 'login.passwordNote', client))
    }
    expect(refused.text).toContain(shown(language, 'login.problem.mismatch'))
  })

  test('the consent page says what is asked for, and what is wrong', async () => {
    const { page, browser } = await goToConsent(server.issuer, { as: 'jonas', params })
    expectLanguage(page, language)
    const texts = [
      `<h1>${shown(language, 'consent.heading.company', client)}</h1>`,
      `<title>${shown(language, 'consent.title', client)} | Pleo</title>`,
      shown(language, 'scopes.companies:read'),
      shown(language, 'scopes.export-jobs:write'),
      shown(language, 'consent.choose.company'),
      `>${shown(language, 'consent.allow')}</button>`,
    ]
    for (const text of texts) expect(page.text).toContain(text)
    const inEnglish = page.text.includes(pleoScopes['companies:read']?.description.en ?? '')
    expect(inEnglish).toBe(language === 'en')
    const [, unused = ''] = shown(language, 'consent.untilUnused', { date: '|', count: 60 }).split(
      '. ',
    )
    expect(unused).toContain('60')
    expect(page.text).toContain(unused)
    const refused = await browser.submit(page, { decision: 'allow' })
    expect(refused.status).toBe(422)
    expectLanguage(refused, language)
    expect(refused.text).toContain(shown(language, 'consent.problem.noSubject.company'))
  })

  test('so does the page of a person who may connect nothing', async () => {
    const { page } = await goToConsent(server.issuer, { as: 'emil', params })
    expectLanguage(page, language)
    expect(page.text).toContain(shown(language, 'cannotConnect.noAuthority.company'))
    expect(page.text).toContain(shown(language, 'cannotConnect.yours.company', { count: 1 }))
    const { page: none } = await goToConsent(server.issuer, {
      as: 'sofia',
      client: organizationClient,
      params: { ui_locales: language },
    })
    expect(none.text).toContain(shown(language, 'cannotConnect.none.organization'))
    const { client_id: name } = organizationClient
    const message = 'cannotConnect.message.none.organization'
    expect(none.text).toContain(shown(language, message, { client: name }))
  })

  test('so does the page on which a person chooses an account', async () => {
    const { browser } = await goToConsent(server.issuer, { params })
    const { challenge } = createPkce()
    const asked = { ...params, prompt: 'select_account', code_challenge: challenge }
    const page = await browser.go(authorizationUrl(server.issuer, confidential, asked))
    expectLanguage(page, language)
    expect(page.text).toContain(`<h1>${shown(language, 'selectAccount.title')}</h1>`)
    expect(page.text).toContain(shown(language, 'selectAccount.continueAs', { name: 'Sofia Lind' }))
  })

  test('errors are told, with what developers need below', async () => {
    const url = `${server.issuer}/oauth/authorize?client_id=unknown&ui_locales=${language}`
    const page = await createBrowser().go(url)
    expectLanguage(page, language)
    expect(page.text).toContain(`<h1>${shown(language, 'error.title.general')}</h1>`)
    expect(page.text).toContain(`<p>${shown(language, 'error.message.general')}</p>`)
    expect(page.text).toContain('Code: invalid_client\nDescription: client is invalid\n')
    expect(page.text).toContain(shown(language, 'error.support'))
  })
})

describe('the language of a request', () => {
  test('stays through the sign-in, and with what goes wrong on its pages', async () => {
    const { page, browser } = await goToConsent(server.issuer, { params: { ui_locales: 'fi' } })
    const headers = { 'accept-language': 'de' }
    expectLanguage(await browser.go(urlOfInteraction(page).href, { headers }), 'fi')
    const forged = await browser.submit(page, { csrf: 'x' }, { headers })
    expect(forged.status).toBe(403)
    expectLanguage(forged, 'fi')
  })

  test('is kept when it was pushed', async () => {
    const { challenge } = createPkce()
    const query = new URL(
      authorizationUrl(server.issuer, confidential, {
        code_challenge: challenge,
        ui_locales: 'nl',
        client_secret: confidential.client_secret,
      }),
    ).searchParams
    const pushed = await fetch(`${server.issuer}/oauth/par`, { method: 'POST', body: query })
    const { request_uri } = (await pushed.json()) as { readonly request_uri: string }
    const reference = new URLSearchParams({ client_id: confidential.client_id, request_uri })
    const page = await createBrowser().go(
      `${server.issuer}/oauth/authorize?${reference.toString()}`,
    )
    expectLanguage(page, 'nl')
  })

  test('is that of the browser on pages that belong to none', async () => {
    const headers = { 'accept-language': 'sv-SE, en;q=0.5' }
    const page = await createBrowser().go(`${server.issuer}/oauth/interaction/unknown`, { headers })
    expectLanguage(page, 'sv')
    expect(page.text).toContain(shown('sv', 'error.message.expired'))
  })

  test('does not show on what is no page', async () => {
    const answer = await fetch(`${server.issuer}/oauth/token`, {
      method: 'POST',
      headers: { 'accept-language': 'da' },
      body: new URLSearchParams({ ui_locales: 'da' }),
    })
    expect(answer.headers.get('content-language')).toBeNull()
    expect(await answer.json()).toMatchObject({ error: 'invalid_client' })
  })
})
