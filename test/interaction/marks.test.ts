import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ClientMetadata, SubjectChoice } from '../../lib/index.ts'
import { createBrowser, isolated, type Page } from '../support/browser.ts'
import { authorizationUrl, connect, createPkce, goToConsent } from '../support/flow.ts'
import {
  bakery,
  createAccounts,
  nordlysDenmark,
  nordlysGermany,
  password,
} from '../support/people.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'

const inDevelopment: ClientMetadata = {
  ...confidential,
  client_id: 'new',
  client_name: 'New Ledger',
  test: true,
}
const known: ClientMetadata = {
  ...confidential,
  client_id: 'known',
  client_name: 'Known Ledger',
  verified: true,
  settings_uri: 'https://ledger.example.test/settings?a=1&b=2',
}
const starting: ClientMetadata = {
  ...confidential,
  client_id: 'starting',
  client_name: 'Starting Ledger',
  initiation_uri: 'https://ledger.example.test/connect?a=1&b=2',
}
const banner = 'Test app: in development and not checked by Pleo.'

const people = createAccounts()
let choices: readonly SubjectChoice[] | undefined
let server: RunningServer
beforeAll(async () => {
  const clients = [confidential, inDevelopment, known, starting]
  const subjects: typeof people.subjects = (id, options) => choices ?? people.subjects(id, options)
  server = await startServer({ clients, accounts: { ...people, subjects } })
})
afterAll(() => server.close())

const consentPage = async (client: ClientMetadata, as = 'sofia'): Promise<Page> =>
  (await goToConsent(server.issuer, { client, as })).page

async function cannotConnect(
  language: string,
  client: ClientMetadata = confidential,
): Promise<Page> {
  const browser = createBrowser()
  const { challenge } = createPkce()
  const params = { code_challenge: challenge, ui_locales: language }
  const page = await browser.go(authorizationUrl(server.issuer, client, params))
  return browser.submit(page, { username: 'emil@example.test', password })
}

describe('a client', () => {
  test('under development has a banner on every page that it sends a person to', async () => {
    const { challenge } = createPkce()
    const url = authorizationUrl(server.issuer, inDevelopment, { code_challenge: challenge })
    expect((await createBrowser().go(url)).text).toContain(banner)
    expect((await consentPage(inDevelopment)).text).toContain(banner)
    expect((await consentPage(inDevelopment, 'emil')).text).toContain(banner)
  })

  test('that was checked is said to be checked, and what that means', async () => {
    const { text } = await consentPage(known)
    expect(text).toContain('<strong>Checked by Pleo:</strong> we verified who makes this app.')
    expect(text).not.toContain(banner)
  })

  test('of neither kind is said not to be checked', async () => {
    const { text } = await consentPage(confidential)
    expect(text).toContain('<strong>Not checked by Pleo:</strong> allow access only if you know')
    expect(text).not.toContain(banner)
  })
})

test('the settings page of a client is linked from the page of connections', async () => {
  await connect(server.issuer, { client: known })
  await connect(server.issuer, { client: inDevelopment })
  const browser = createBrowser()
  const page = await browser.go(`${server.issuer}/oauth/connections`)
  const { text } = await browser.submit(page, { username: 'sofia@example.test', password })
  expect(text.match(/Settings in/g)).toHaveLength(1)
  expect(text).toContain('href="https://ledger.example.test/settings?a=1&amp;b=2"')
  expect(text.match(/<span class="tag">Test<\/span>/g)).toHaveLength(1)
})

describe('who cannot connect', () => {
  test('learns who can, in the language of the page', async () => {
    const names = ['Sofia Lind', 'Jonas Berg']
    choices = [{ urn: bakery, name: 'Bright Bakery', mayConnect: false, administrators: names }]
    const [english, danish] = await Promise.all([cannotConnect('en'), cannotConnect('da')])
    choices = undefined
    const [sofia, jonas] = names.map(isolated)
    expect(english.text).toContain(`Ask ${isolated(`${sofia} or ${jonas}`)}.`)
    expect(danish.text).toContain(`Spørg ${isolated(`${sofia} eller ${jonas}`)}.`)
  })

  test('learns so of one company among others, too: any of these people will do', async () => {
    const administrators = ['Sofia Lind', 'Jonas Berg']
    choices = [
      { urn: bakery, name: 'Bright Bakery', mayConnect: true },
      { urn: nordlysDenmark, name: 'Nordlys Denmark', mayConnect: false, administrators },
    ]
    const [english, french] = await Promise.all([cannotConnect('en'), cannotConnect('fr')])
    choices = undefined
    const [sofia, jonas] = administrators.map(isolated)
    expect(english.text).toContain(`${isolated(`${sofia} or ${jonas}`)} can connect it.`)
    expect(french.text).toContain(`adressez\u2011vous à ${isolated(`${sofia} ou ${jonas}`)}.`)
  })

  test('learns each reason once, and whom to ask beside it', async () => {
    const closed = { mayConnect: false, reason: 'Only administrators.', administrators: ['Ana'] }
    choices = [
      { urn: nordlysGermany, name: 'Nordlys Germany', ...closed },
      { urn: bakery, name: 'Bright Bakery', mayConnect: false, reason: 'It is closed.' },
      { urn: nordlysDenmark, name: 'Nordlys Denmark', ...closed },
    ]
    const { text } = await cannotConnect('en')
    choices = undefined
    const order = ['It is closed.', 'Bright Bakery', 'Only administrators.', 'Ask', 'Ana']
    const told = text.match(/It is closed\.|Only admin.+?\.|Ask|Ana|Bright Bakery|Nordlys \w+/g)
    expect(told).toEqual([...order, 'Nordlys Denmark', 'Nordlys Germany'])
  })

  test('has a message to send, with the page on which the connection starts', async () => {
    choices = [{ urn: bakery, name: 'Bright <Bakery>', mayConnect: false }]
    const [danish, without] = await Promise.all([
      cannotConnect('da', starting),
      cannotConnect('en'),
    ])
    choices = undefined
    const names = [starting.client_name ?? '', 'Bright &lt;Bakery&gt;', 'Pleo'].map(isolated)
    expect(danish.text).toContain(
      `>Kan du tilslutte ${names[0]} til ${names[1]} i Pleo? Min konto har ikke tilladelse til det.\n<bdi>https://ledger.example.test/connect?a=1&amp;b=2</bdi></pre>`,
    )
    expect(without.text).toMatch(/My account is not allowed to\.<\/pre>/)
  })

  test('learns why in the words of the host, in a language that it has', async () => {
    const reason = { en: 'It is closed.', da: 'Den er lukket.' }
    choices = [{ urn: bakery, name: 'Bright Bakery', mayConnect: false, reason }]
    const [danish, german] = await Promise.all([cannotConnect('da'), cannotConnect('de')])
    choices = undefined
    expect(danish.text).toContain('Den er lukket.')
    expect(german.text).toContain('It is closed.')
  })
})
