import { describe, expect, test } from 'vitest'
import type { NewClientMetadata } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { connect, goToConsent } from '../support/flow.ts'
import { register, registration } from '../support/registered.ts'
import { toJson } from '../support/requests.ts'
import {
  replaceSelf,
  selfRegister,
  sendJson,
  toReplacement,
  tryToRegister,
} from '../support/self-registered.ts'
import { issuesOf } from '../support/issues.ts'
import { startServer, useServer } from '../support/server.ts'

// A partner has no page, address or scheme on a host of whoever runs the server.

const server = useServer({
  registration: { initialAccessToken: false },
  reservedHosts: ['Bank.Example.test'],
})

let count = 0
const fresh = (members: object): object => ({
  ...registration,
  client_name: `Vært ${(count += 1)}`,
  ...members,
})

const reserved: readonly (readonly [path: string, members: object])[] = [
  ['client_uri', { client_uri: 'https://www.pleo.io' }],
  ['logo_uri', { logo_uri: 'https://pleo.io/logo.png' }],
  ['tos_uri', { tos_uri: 'https://PLEO.io./terms' }],
  ['policy_uri#da', { 'policy_uri#da': 'https://a.b.pleo.io' }],
  ['initiation_uri', { initiation_uri: 'https://bank.example.test/start' }],
  ['settings_uri', { settings_uri: 'https://eu.bank.example.test/' }],
  ['contacts[1]', { contacts: ['a@ledger.test', 'security@pleo.io'] }],
  ['contacts[0]', { contacts: ['security@mail.pleo.io'] }],
  ['redirect_uris[0]', { redirect_uris: ['https://pleo.io:8443/callback'] }],
  [
    'redirect_uris[1]',
    {
      application_type: 'native',
      redirect_uris: ['test.ledger:/cb', 'io.pleo.app:/cb'],
    },
  ],
  ['redirect_uris[0]', { application_type: 'native', redirect_uris: ['IO.Pleo:/cb'] }],
  [
    'redirect_uris[0]',
    { application_type: 'native', redirect_uris: ['net.ledger://%70leo.io/cb'] },
  ],
]

describe.each(reserved)('a reserved host in %s', (path, members) => {
  test('is refused of everybody who registers over HTTP', async () => {
    const said = `${path} must be on a host of your own`
    const url = `${server.issuer}/oauth/register`
    for (const answer of [
      await sendJson(url, fresh(members)),
      await tryToRegister(server, fresh(members)),
    ]) {
      expect([answer.status, toJson(answer)['error_description']]).toEqual([400, said])
    }
    const own = await selfRegister(
      server,
      Object(members).application_type ? { application_type: 'native' } : {},
    )
    const replaced = await replaceSelf(own, toReplacement(own, members as never))
    expect([replaced.status, toJson(replaced)['error_description']]).toEqual([400, said])
  })

  test('is the operator’s to give, and the client may send it again', async () => {
    await server.clients.create(fresh(members) as NewClientMetadata)
    const own = await selfRegister(
      server,
      Object(members).application_type ? { application_type: 'native' } : {},
    )
    await server.clients.update(own.client_id, members)
    const same = toReplacement(own, members as never)
    expect((await replaceSelf(own, same)).status).toBe(200)
  })
})

test('a host that only ends alike, or is on loopback, is nobody’s', async () => {
  const members = {
    client_uri: 'https://notpleo.io',
    tos_uri: 'https://pleo.io.example.test',
    contacts: ['pleo.io@ledger.test'],
    redirect_uris: [
      'http://localhost:1234/cb',
      'http://127.0.0.1/cb',
      'https://ledger.test/pleo.io',
    ],
  }
  const answer = await sendJson(`${server.issuer}/oauth/register`, fresh(members))
  expect(answer.status).toBe(201)
})

test('the host of the issuer is reserved', async () => {
  const other = await startServer({
    issuer: 'https://auth.example.test',
    registration: { initialAccessToken: false },
  })
  const answer = await sendJson(
    `${other.issuer}/oauth/register`,
    fresh({ client_uri: 'https://auth.example.test' }),
  )
  expect(answer.status).toBe(400)
  await other.close()
})

test.each([['https://pleo.io'], ['pleo.io:443'], [''], ['*.pleo.io'], [7]])(
  'the option takes host names, and not %j',
  (host) => {
    expect(issuesOf({ reservedHosts: [host] }).map(({ path }) => path)).toEqual([
      'reservedHosts[0]',
    ])
  },
)

test.each([
  ['*.pleo.io', 'Hosts below it are included'],
  ['.pleo.io', 'Hosts below it are included'],
  ['bücher.de', 'xn-- form'],
  ['localhost', 'loopback'],
  ['127.0.0.1', 'loopback'],
  ['com', 'public suffix'],
  ['co.UK', 'public suffix'],
])('the option says what is wrong with %j', (host, words) => {
  const issues = issuesOf({ reservedHosts: [host] })
  expect(issues).toHaveLength(1)
  expect(issues[0]?.message).toContain(words)
})

test.each(['internal', 'github.io', 'xn--bcher-kva.de', '10.0.0.1'])(
  'the option takes %s',
  (host) => {
    expect(issuesOf({ reservedHosts: [host] })).toEqual([])
  },
)

describe('the page calls a site the developer’s', () => {
  const site = 'https://www.ledger.example.co.uk/pleo'
  const shown = async (members: object): Promise<boolean> => {
    const client = await register(server.clients, { client_uri: site, ...members })
    const { page } = await goToConsent(server.issuer, { client })
    return page.text.includes('www.ledger.example.co.uk')
  }

  test('if answers for the client go there, or to another host of the same domain', async () => {
    expect(await shown({ redirect_uris: ['https://api.example.co.uk/cb'] })).toBe(true)
    expect(await shown({ redirect_uris: [`${site}/cb`, 'https://a.test/cb'] })).toBe(true)
  })

  test('and not if another redirect URI would go there', async () => {
    expect(await shown({ redirect_uris: ['https://a.test/cb', `${site}/cb`] })).toBe(false)
  })

  test.each([
    ['uk.co.example.app:/cb', 'uk.co.example.app://'],
    ['net.evil.app://www.ledger.example.co.uk/cb', 'net.evil.app://'],
  ])('and not for a private scheme, which any application can claim: %s', async (uri, shownAs) => {
    const application_type = 'native' as const
    const members = { application_type, redirect_uris: [uri], client_uri: site }
    const client = await register(server.clients, members)
    const { page } = await goToConsent(server.issuer, { client })
    expect(page.text).not.toContain('www.ledger.example.co.uk')
    expect(page.text).toContain(shownAs)
  })

  test('and on the page of connections only if all redirect URIs are there', async () => {
    const books = 'https://books.example.org'
    const redirect_uris = [`${books}/cb`, 'https://a.test/cb']
    const client = await register(server.clients, { client_uri: books, redirect_uris })
    const browser = createBrowser()
    const { page } = await goToConsent(server.issuer, { client, browser })
    expect(page.text).toContain('books.example.org')
    await connect(server.issuer, { client, browser })
    const connections = await browser.go(`${server.issuer}/oauth/connections`)
    expect(connections.text).toContain(client.client_name)
    expect(connections.text).not.toContain('books.example.org')
  })

  test('and not if they go elsewhere', async () => {
    expect(await shown({ redirect_uris: ['https://other.co.uk/cb'] })).toBe(false)
    expect(await shown({ redirect_uris: ['http://localhost/cb'] })).toBe(false)
    const client_uri = 'https://one.github.io'
    const client = await register(server.clients, {
      client_uri,
      redirect_uris: ['https://two.github.io/cb'],
    })
    const { page } = await goToConsent(server.issuer, { client })
    expect(page.text).not.toContain('one.github.io')
  })
})
