import { describe, expect, test } from 'vitest'
import type { ClientMetadata } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { goToConsent, redeem } from '../support/flow.ts'
import { fc } from '../support/fuzzing.ts'
import { bakery } from '../support/people.ts'
import { ask } from '../support/requests.ts'
import { confidential, useServer } from '../support/server.ts'

const known = [
  'https://shop.example.test/index.php?/cb',
  'https://shop.example.test/cb?x=%20&y=a+b',
  'https://shop.example.test/cb?flag',
  'https://shop.example.test/cb?flag&',
  'https://shop.example.test/cb?',
  "https://shop.example.test/cb?a=~'()",
  'https://shop.example.test/a/../cb?to=https://x.test/?y=1',
  'https://SHOP.example.test:443/%7Ecb?%c3%b8=%C3%B8',
  'https://shop.example.test?x',
  'https://shop.example.test',
  'https://shop.example.test/cb?state=registered&code=x',
  'http://127.0.0.1:4567/cb?a[]=1&a[]=2',
  'com.example.shop:/cb?route=(tabs)/home',
  'com.example.shop:cb',
]

const characters = "abcXYZ019-._~:/@!$&'()+,;=[]|%20|%2F|%c3%b8|%3D|?"
const units = characters
  .split('|')
  .flatMap((part) => (part.startsWith('%') ? [part] : part.split('')))
const text = fc.array(fc.constantFrom(...units), { maxLength: 12 }).map((parts) => parts.join(''))
const uri = fc
  .record({
    begin: fc.constantFrom(
      'https://shop.example.test/',
      'https://SHOP.example.test:443/',
      'http://[::1]:4000/',
      'com.example.shop:/',
    ),
    path: text.map((path) => path.replaceAll(/[?[\]]/g, '')),
    query: fc.option(text),
  })
  .map(({ begin, path, query }) => begin + path + (query === null ? '' : `?${query}`))
  // Registration refuses user information, and a private scheme with a port that is no number.
  .filter((one) => !/:\/*[^/?]*@/.test(one) && URL.canParse(one))

const mostUris = 50

/** Native clients that have 500 generated URIs among them, each in one spelling. */
function createClients(): readonly ClientMetadata[] {
  const found = new Map<string, string>()
  for (const one of fc.sample(uri, 1500)) found.set(URL.parse(one)?.href ?? one, one)
  const uris = [...found.values()].slice(0, 500)
  expect(uris).toHaveLength(500)
  return Array.from({ length: uris.length / mostUris }, (_, index) => ({
    ...confidential,
    client_id: `shop-${index}`,
    client_name: `Shop ${index}`,
    application_type: 'native' as const,
    redirect_uris: uris.slice(index * mostUris, (index + 1) * mostUris),
  }))
}

const shop = {
  ...confidential,
  client_id: 'shop',
  client_name: 'Shop',
  application_type: 'native' as const,
  redirect_uris: known,
}
const generated = createClients()

const server = useServer({ clients: [shop, ...generated] })

/** What the answer adds to the redirect URI; the rest of it must be there byte for byte. */
function added(location: string | null | undefined, redirectUri: string): URLSearchParams {
  expect(location?.slice(0, redirectUri.length)).toBe(redirectUri)
  const rest = location?.slice(redirectUri.length) ?? ''
  const isSeparated = !(redirectUri.includes('?') && /[?&]$/.test(redirectUri))
  const separator = redirectUri.includes('?') ? '&' : '?'
  expect(rest.startsWith(separator)).toBe(isSeparated)
  return new URLSearchParams(rest.slice(isSeparated ? 1 : 0))
}

async function expectError(client: ClientMetadata, redirect_uri: string): Promise<void> {
  const { status, headers } = await ask(
    server.issuer,
    { redirect_uri, scope: 'x', state: 'ø ' },
    client,
  )
  expect(status).toBe(303)
  const names = Object.fromEntries(added(headers.location, redirect_uri))
  expect(names).toMatchObject({ error: 'invalid_scope', state: 'ø ', iss: server.issuer })
}

const browser = createBrowser()

/** Has a person decide, and gives what the answer adds, with what redeems the code in it. */
async function decideFor(client: ClientMetadata, redirect_uri: string, decision: string) {
  const params = { redirect_uri, state: 'sent' }
  const { page, verifier } = await goToConsent(server.issuer, { client, params, browser })
  const answer = await browser.submit(page, { decision, subject: bakery })
  expect(answer.status).toBe(303)
  const names = Object.fromEntries(added(answer.headers.get('location'), redirect_uri))
  expect(names).toMatchObject({ state: 'sent', iss: server.issuer })
  return { code: names['code'] ?? '', error: names['error'], verifier, redirect: answer.url }
}

describe.each(known)('%s', (redirect_uri) => {
  test('stays as it is in front of an error', async () => {
    await expectError(shop, redirect_uri)
  })

  test('stays as it is in front of a code, which is good with it', async () => {
    const given = await decideFor(shop, redirect_uri, 'allow')
    expect((await redeem(server.issuer, given, shop, { redirect_uri })).status).toBe(200)
  })

  test('stays as it is if the person says no', async () => {
    expect((await decideFor(shop, redirect_uri, 'decline')).error).toBe('access_denied')
  })
})

const cases = generated.flatMap((client) =>
  (client.redirect_uris ?? []).map((redirect_uri) => ({ client, redirect_uri })),
)

test('500 other registered URIs stay as they are in front of an error', async () => {
  for (const { client, redirect_uri } of cases) await expectError(client, redirect_uri)
})

test('every tenth of them stays as it is in front of a code', async () => {
  for (const { client, redirect_uri } of cases.filter((_, index) => index % 10 === 0)) {
    expect((await decideFor(client, redirect_uri, 'allow')).code).not.toBe('')
  }
})

test('a native client gets the answer at the port of its request, with the query as it is', async () => {
  await expectError(shop, 'http://127.0.0.1:50123/cb?a[]=1&a[]=2')
})

test.each(['id_token', 'token', 'code token'])(
  'an error for response_type %s comes in the query, behind what is there',
  async (response_type) => {
    const [redirect_uri = ''] = known
    const { headers } = await ask(server.issuer, { redirect_uri, response_type }, shop)
    expect(added(headers.location, redirect_uri).get('error')).toBe('unsupported_response_type')
    expect(headers.location).not.toContain('#')
  },
)

test.each(['fragment', 'form_post'])(
  'an error for response_mode %s comes in the query, whichever it is',
  async (response_mode) => {
    const [redirect_uri = ''] = known
    const answer = await ask(
      server.issuer,
      { redirect_uri, response_mode, code_challenge: 'x' },
      shop,
    )
    expect(answer.status).toBe(303)
    expect(added(answer.headers.location, redirect_uri).get('error')).toBe('invalid_request')
  },
)
