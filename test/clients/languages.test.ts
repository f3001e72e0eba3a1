import { beforeAll, expect, test } from 'vitest'
import { createBrowser } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { register, type Credentials } from '../support/registered.ts'
import { confidential, useServer } from '../support/server.ts'

// RFC 7591, Section 2.2: what a client registers in other languages.

const words = {
  'client_name#da': 'Nordvindens Bogholderi',
  'client_name#de-AT': 'Nordwind Buchhaltung',
  'tos_uri#da': 'https://nordvind.example.test/vilkaar',
}

let stored: Credentials
const server = useServer({ clients: [{ ...confidential, ...words }] })
beforeAll(async () => {
  stored = await register(server.clients, {
    tos_uri: 'https://nordvind.example.test/terms',
    'client_name#da': 'Vestenvindens Bogholderi',
    'client_name#de-AT': 'Westwind Buchhaltung',
    'tos_uri#da': 'https://nordvind.example.test/vilkaar',
  })
})

async function pageIn(language: string, client = stored): Promise<string> {
  const params = { ui_locales: language }
  return (await goToConsent(server.issuer, { client, params })).page.text
}

test('a person reads the name of a client in the language of the page, or the one without', async () => {
  expect(await pageIn('da')).toContain('Vestenvindens Bogholderi')
  expect(await pageIn('da')).toContain('https://nordvind.example.test/vilkaar')
  expect(await pageIn('de')).toContain('Westwind Buchhaltung')
  const french = await pageIn('fr')
  expect(french).toContain(stored.client_name)
  expect(french).toContain('https://nordvind.example.test/terms')
})

test('also of a client of the options, on every page', async () => {
  expect(await pageIn('da-DK', confidential)).toContain('Nordvindens Bogholderi')
  const browser = createBrowser()
  await goToConsent(server.issuer, { client: confidential, browser })
  const { page } = await goToConsent(server.issuer, { client: confidential, browser })
  const answer = await browser.submit(page, {
    subject: 'urn:pleo:company:00000000-0000-4000-8000-000000000001',
    decision: 'allow',
  })
  expect(answer.location?.searchParams.get('code')).toBeTruthy()
})
