import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createStandalone } from '../../lib/administration.ts'
import { remedies } from '../../lib/cli/doctor/remedies.ts'
import type { Storage, StoredPayload } from '../../lib/index.ts'
import { register, registration } from '../support/registered.ts'
import { useSetUps, type Diagnosis, type SetUp } from '../support/set-ups.ts'

// Each set-up is a good one but for one thing, and gives exactly the code of that.

const { diagnose } = useSetUps()

const day = 86_400_000

/** A client is stored that has other members than a new one may have. */
const stored = (members: object): SetUp => ({
  async before({ server, storage }) {
    const { client } = await server.clients.create(registration)
    await change(storage, 'Client', client.clientId, (payload) => ({ ...payload, ...members }))
  },
})

async function change(
  storage: Storage,
  model: string,
  id: string,
  edit: (payload: StoredPayload) => StoredPayload,
): Promise<void> {
  const records = storage.records(model)
  const payload = await records.find(id)
  const edited = { ...edit(payload ?? {}), version: randomUUID() }
  expect(await records.swap(id, edited, payload?.version)).toBe(true)
}

/** The signing key in use is so many days old. */
const withOldKey = (days: number): SetUp => ({
  async before({ storage, origin }) {
    await fetch(`${origin}/oauth/jwks`)
    await change(storage, 'SigningKeys', 'current', (payload) => {
      const keys = payload['keys'] as readonly { announcedAt: number; usedFrom: number }[]
      const older = keys.map(({ announcedAt, usedFrom, ...key }) => ({
        ...key,
        announcedAt: announcedAt - days * day,
        usedFrom: usedFrom - days * day,
      }))
      return { ...payload, keys: older }
    })
  },
})

const withOther = (members: string, others = ''): SetUp => ({
  options: `clients: [{
    client_id: 'other', client_name: 'Pocket Books', client_secret: clientSecret,
    redirect_uris: ['https://other.example.test/callback'], scope: 'companies:read', ${members} }], ${others}`,
})

const signingIn = (how: string): SetUp => ({
  options: `accounts: { find: () => undefined, subjects: () => [], authenticate: ${how} }`,
})

const setUps: readonly (readonly [code: string, what: string, setUp: SetUp])[] = [
  [
    'options_wrong',
    'an option is wrong',
    { options: "cookieKeys: process.env.VITEST ? [cookieKey] : ['short']" },
  ],
  [
    'short_secret',
    'a secret has 31 characters',
    withOther('client_secret: clientSecret.slice(0, 31)', 'allowShortClientSecrets: true'),
  ],
  [
    'guessable_secret',
    'a secret consists of words',
    { options: "cookieKeys: ['correct horse battery staple of our own']" },
  ],
  [
    'guessable_secret',
    'a secret has few characters',
    { options: "cookieKeys: ['abab1abab2abab1abab2abab1abab2abab1abab2']" },
  ],
  [
    'example_secret',
    'a secret is one of an example',
    { options: "cookieKeys: ['change-me-change-me-change-me-8Fq2']" },
  ],
  ['repeated_secret', 'a client has the key of the cookies', withOther('client_secret: cookieKey')],
  ['repeated_secret', 'cookies and storage have the same key', { options: 'cookieKeys: keys' }],
  [
    'example_people',
    'the people of the example can sign in',
    signingIn("({ password }) => password === 'pleo-demo' && 'sofia'"),
  ],
  [
    'credentials_need_encoding',
    'a secret has characters that clients do not encode',
    withOther("client_secret: clientSecret + '/+'"),
  ],
  [
    'logo_unavailable',
    'pages cannot show a logo',
    withOther("logo_uri: 'https://other.example.test/logo.svg'"),
  ],
  [
    'name_taken',
    'a client of the options has the name of a registered one',
    {
      // By a server without those options.
      before: async ({ storage }) =>
        void (await register(createStandalone(storage).clients, {
          client_name: 'Northwlnd Ledger',
        })),
    },
  ],
  [
    'look_alike_clients',
    'a client that registered itself has the name of one of the options',
    {
      async before({ server, storage }) {
        const { client } = await server.clients.create(registration)
        await change(storage, 'Client', client.clientId, (payload) => ({
          ...payload,
          client_name: 'Northwind Ledger',
          registration: { ...Object(payload['registration']), accessToken: 'hash', isOpen: true },
        }))
      },
    },
  ],
  [
    'unusual_names',
    'a registered client has a name that no new one may have',
    stored({ client_name: 'Nordvind ★ Regnskab' }),
  ],
  [
    'answer_parameter',
    'a redirect URI has a parameter of the answer',
    stored({ redirect_uris: ['https://nordvind.example.test/callback?code=1'] }),
  ],
  [
    'client_breaks_rules',
    'a registered client has what no new one may have',
    stored({ scope: 'companies:read gone:read' }),
  ],
  [
    'client_secret_ends',
    'the secret that a client uses ends tomorrow',
    {
      async before({ server }) {
        const { client_id } = await register(server.clients)
        await server.clients.rotateSecret(client_id, { oldEndsIn: 86_400 })
      },
    },
  ],
  ['signing_key_old', 'the signing key is two years old', withOldKey(730)],
]

const expectOnly = (code: string, found: Diagnosis): void =>
  expect([found.codes, found.exitCode]).toEqual([[code], 1])

test('a good set-up gives no finding, within 2 seconds on a machine at rest', async () => {
  const { time, ...found } = await diagnose()
  expect(found).toMatchObject({ codes: [], notLookedAt: [], exitCode: 0 })
  expect(time).toBeLessThan(20_000)
})

describe('a broken set-up', () => {
  test.each(setUps)('%s: %s', async (code, _, setUp) => {
    expectOnly(code, await diagnose(setUp))
  })

  test('nothing is said of a key that is a year old, and of a secret that is not used any more', async () => {
    const { before } = withOldKey(365)
    const found = await diagnose({
      async before(module) {
        await before?.(module)
        const { client_id } = await register(module.server.clients)
        const { client } = await module.server.clients.rotateSecret(client_id, {
          oldEndsIn: 86_400,
        })
        await change(module.storage, 'Client', client_id, (payload) => {
          const kept = payload['registration'] as { readonly secrets: readonly object[] }
          const [newest, ...older] = kept.secrets
          const secrets = [{ ...newest, lastUsedAt: Date.now() }, ...older]
          return { ...payload, registration: { ...kept, secrets } }
        })
        expect(client.secrets).toHaveLength(2)
      },
    })
    expect(found).toMatchObject({ codes: [], exitCode: 0 })
  })
})

test.each([
  ['bundled-people.ts', 'bundled-people.ts', 'bundledPeople()'],
  ['people.example.json', 'people-file.ts', 'readPeopleFile(file)'],
])('example_people: everybody in %s, who has a public password', async (name, reader, read) => {
  const folder = join(import.meta.dirname, '../../examples/server')
  const text = readFileSync(join(folder, name), 'utf8')
  const emails = [...text.matchAll(/"?email"?: ['"](\S+)['"],\n\s+"?password/g)]
  expect(emails.length).toBeGreaterThan(1)
  const accounts = `await (async (folder, file) => {
    const { createDirectory } = await import(folder + '/people.ts')
    return createDirectory(await (await import(folder + '/${reader}')).${read}).accounts
  })(${JSON.stringify(folder)}, ${JSON.stringify(join(folder, name))})`
  const found = await diagnose({ options: `accounts: ${accounts}` })
  expectOnly('example_people', found)
  for (const [, email] of emails) expect(found.said).toContain(email)
})

test('docs/doctor.md has a heading for each code, and no other', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/doctor.md'), 'utf8')
  const headings = [...text.matchAll(/^### (.*)$/gm)].map(([, heading]) => heading)
  expect(new Set(headings)).toEqual(new Set(Object.keys(remedies)))
  expect(headings).toHaveLength(Object.keys(remedies).length)
})
