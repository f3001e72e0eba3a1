import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import {
  ConfigurationError,
  pleoScopes,
  type AuthorizationServerOptions,
  type ConfigurationIssue,
} from '../../lib/index.ts'
import { isolated, type Page } from '../support/browser.ts'
import { goToConsent } from '../support/flow.ts'
import { audience, startServer } from '../support/server.ts'

const root = mkdtempSync(join(tmpdir(), 'locales-'))
afterAll(() => rmSync(root, { recursive: true }))

/** A folder of a host with these files; what is no text is written as JSON. */
function createFolder(files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(root, 'folder-'))
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content)
    writeFileSync(join(folder, name), text)
  }
  return folder
}

async function consentPage(
  options: Partial<AuthorizationServerOptions>,
  ui_locales: string,
): Promise<Page> {
  const server = await startServer(options)
  try {
    const params = { ui_locales, scope: 'companies:read users:read' }
    return (await goToConsent(server.issuer, { as: 'jonas', params })).page
  } finally {
    await server.close()
  }
}

const withLocales = (...locales: string[]): Partial<AuthorizationServerOptions> => ({
  views: { locales },
})

const arabic = {
  consent: {
    heading: { company: 'يريد {{client}} الوصول إلى إحدى شركاتك في Pleo' },
    allow: 'السماح',
  },
  shared: {
    inList_zero: 'لا شيء في القائمة',
    inList_one: 'واحد في القائمة',
    inList_two: 'اثنان في القائمة',
    inList_few: '{{count}} في القائمة',
    inList_many: '{{count}} في القائمة',
    inList_other: '{{count}} في القائمة',
  },
  scopes: { 'companies:read': 'عرض الشركات' },
}

describe("a host's file", () => {
  test('adds a language, written from right to left', async () => {
    const page = await consentPage(withLocales(createFolder({ 'ar.json': arabic })), 'ar-EG')
    expect(page.headers.get('content-language')).toBe('ar')
    expect(page.text).toContain('<html lang="ar" dir="rtl">')
    const name = isolated('Northwind Ledger')
    expect(page.text).toContain(`<h1>يريد ${name} الوصول إلى إحدى شركاتك في Pleo</h1>`)
    expect(page.text).toContain('>السماح</button>')
    expect(page.text).toContain('عرض الشركات')
  })

  test('falls back to English where it has no text', async () => {
    const page = await consentPage(withLocales(createFolder({ 'ar.json': arabic })), 'ar')
    // Isolated, as its direction is another.
    expect(page.text).toContain(`>${isolated('Don’t allow')}</button>`)
    expect(page.text).toContain('See employees')
    expect(page.text).toContain('Signed in as')
  })

  test('falls back to the language without the region first', async () => {
    const folder = createFolder({ 'pt-BR.json': { consent: { allow: 'Autorizar' } } })
    const page = await consentPage(withLocales(folder), 'pt-BR')
    expect(page.text).toContain('<html lang="pt-BR" dir="ltr">')
    expect(page.text).toContain('>Autorizar</button>')
    expect(page.text).toContain('>Não permitir</button>')
    expect(page.text).toContain('Ver os dados dos colaboradores')
  })

  test('overrides single texts of ours, those of scopes included, and the first folder wins', async () => {
    const first = createFolder({ 'da.json': { consent: { allow: 'Giv adgang' } } })
    const second = createFolder({
      'da.json': {
        consent: { allow: 'Ja', decline: 'Nej' },
        scopes: { 'users:read': 'Læse kolleger' },
        contains: { 'users:read': 'kaldenavne' },
      },
      'en.json': { scopes: { 'users:read': 'Read the people' } },
    })
    const danish = await consentPage(withLocales(first, second), 'da')
    for (const text of [
      '>Giv adgang</button>',
      '>Nej</button>',
      'Læse kolleger',
      'kaldenavne',
      'Logget ind som',
    ]) {
      expect(danish.text).toContain(text)
    }
    const english = await consentPage(withLocales(first, second), 'en')
    expect(english.text).toContain('Read the people')
  })

  test('is announced in the metadata', async () => {
    const server = await startServer(withLocales(createFolder({ 'ar.json': arabic })))
    const metadata = await fetch(`${server.issuer}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({
      ui_locales_supported: expect.arrayContaining(['en', 'da', 'ar']),
    })
    await server.close()
  })
})

describe('the words of a scope', () => {
  const own = {
    description: { en: 'See staff', da: 'Se personale' },
    contains: { en: 'first names', da: 'fornavne' },
    access: 'read',
  } as const
  const resourceServer = { audience, scopes: { ...pleoScopes, 'users:read': own } }

  test('are first those that the host gave with the scope', async () => {
    const page = await consentPage({ resourceServer }, 'da')
    expect(page.text).toMatch(/Se personale[^]*fornavne/)
    expect(page.text).not.toContain('Se medarbejderoplysninger')
  })

  test('then those of the language, then the English ones of the host', async () => {
    const swedish = await consentPage({ resourceServer }, 'sv')
    expect(swedish.text).toContain('Se uppgifter om medarbetare')
    const folder = createFolder({ 'ar.json': arabic })
    const page = await consentPage({ resourceServer, ...withLocales(folder) }, 'ar')
    expect(page.text).toMatch(/See staff[^]*first names/)
  })

  test('of the host alone stand in its files', async () => {
    const scopes = {
      ...pleoScopes,
      'budgets.v2:read': { ...own, description: { en: 'Read budgets' } },
    }
    const folder = createFolder({
      'da.json': {
        scopes: { 'budgets.v2:read': 'Læse budgetter' },
        resources: { 'budgets.v2': 'Budgetter' },
      },
    })
    const clients = [
      {
        client_id: 'ledger',
        client_secret: 'ledger-secret-of-32-characters-at-least',
        redirect_uris: ['https://ledger.example.test/callback'],
        scope: 'budgets.v2:read',
      },
    ]
    const options = { resourceServer: { audience, scopes }, clients, ...withLocales(folder) }
    const server = await startServer(options)
    const params = { ui_locales: 'da', scope: 'budgets.v2:read' }
    const { page } = await goToConsent(server.issuer, { params })
    await server.close()
    expect(page.text).toContain('Læse budgetter')
  })
})

describe('a wrong file is refused at the start, by file and path', () => {
  async function issuesOf(locales: unknown): Promise<readonly ConfigurationIssue[]> {
    try {
      const server = await startServer({ views: { locales: locales as string[] } })
      await server.close()
      return []
    } catch (error) {
      if (error instanceof ConfigurationError) return error.issues
      throw error
    }
  }

  const secret = 'S3CR3T-do-not-print'
  const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    [
      'a text that is not there',
      { 'da.json': { consent: { allowed: secret } } },
      'da.json: consent.allowed is not a text (did you mean "consent.allow"?)',
    ],
    [
      'a section that is not there',
      { 'da.json': { conzent: { allow: secret } } },
      'da.json: conzent.allow is not a text (did you mean "consent.allow"?)',
    ],
    [
      'a text in place of a section',
      { 'da.json': { consent: secret } },
      'da.json: consent is not a text',
    ],
    [
      'a section in place of a text',
      { 'da.json': { consent: { allow: { da: secret } } } },
      'da.json: consent.allow.da is not a text',
    ],
    [
      'names of the language',
      { 'da.json': `{"__proto__":{"allow":"${secret}"}}` },
      'da.json: __proto__.allow is not a text',
    ],
    [
      'a scope that is not there',
      { 'da.json': { scopes: { 'made:up': secret } } },
      'da.json: scopes.made:up is not a text',
    ],
    [
      'a plural of what has none',
      { 'da.json': { consent: { allow_one: secret } } },
      'da.json: consent.allow_one is not a text',
    ],
    ['a number', { 'ar.json': { consent: { allow: 5 } } }, 'ar.json: consent.allow must be a text'],
    [
      'a list',
      { 'ar.json': { consent: { allow: [secret] } } },
      'ar.json: consent.allow must be a text',
    ],
    [
      'nothing',
      { 'ar.json': { consent: { allow: null } } },
      'ar.json: consent.allow must be a text',
    ],
    [
      'an empty text',
      { 'ar.json': { consent: { allow: ' ' } } },
      'ar.json: consent.allow must be a text',
    ],
    [
      'a misspelled placeholder',
      { 'da.json': { login: { continue: `${secret} {{ clint }}` } } },
      'da.json: login.continue has the placeholder {{clint}}, which the English text does not have (it has {{client}})',
    ],
    [
      'a placeholder where there is none',
      { 'da.json': { consent: { allow: '{{client}}' } } },
      'da.json: consent.allow has the placeholder {{client}}, which the English text does not have (it has none)',
    ],
    [
      'a placeholder with a format',
      { 'da.json': { login: { continue: '{{client, uppercase}}' } } },
      'da.json: login.continue has the placeholder {{client, uppercase}}, which',
    ],
    [
      'a placeholder that is not escaped',
      { 'da.json': { login: { continue: '{{- client}}' } } },
      'da.json: login.continue has the placeholder {{- client}}, which',
    ],
    ['no JSON', { 'da.json': `{"consent": ${secret}` }, 'da.json is not JSON (line 1, column 13)'],
    ['no object', { 'da.json': [secret] }, 'da.json must hold an object in JSON'],
    ['no language', { 'de_AT.json': {} }, 'de_AT.json is not named after a language tag (BCP 47)'],
  ]
  test.each(wrong)('%s', async (_, files, message) => {
    const issues = await issuesOf([createFolder(files)])
    expect(issues).toHaveLength(1)
    expect(issues[0]).toMatchObject({ path: 'views.locales', code: 'invalid_locale' })
    expect(issues[0]?.message).toContain(message)
    expect(issues[0]?.message).not.toContain(secret)
  })

  test('all of them together, with what else is wrong', async () => {
    const folder = createFolder({ 'da.json': { a: 'x', b: 'x' }, 'x_y.json': [], 'notes.txt': 'x' })
    const issues = await issuesOf([folder, join(root, 'nowhere'), 5])
    expect(issues.map(({ path }) => path).toSorted()).toEqual([
      'views.locales',
      'views.locales',
      'views.locales',
      'views.locales',
      'views.locales[1]',
      'views.locales[2]',
    ])
  })

  test.each([
    ['a file', 'file.json'],
    ['nothing there', 'nothing'],
  ])('%s in place of the folder', async (_, name) => {
    writeFileSync(join(root, 'file.json'), '{}')
    const [issue] = await issuesOf([join(root, name)])
    expect(issue).toMatchObject({
      path: 'views.locales[0]',
      message: `must be a folder that exists (tried ${join(root, name)})`,
    })
  })

  test('but nothing is wrong with no files', async () => {
    mkdirSync(join(root, 'empty'))
    expect(await issuesOf([join(root, 'empty')])).toEqual([])
    expect(await issuesOf([])).toEqual([])
  })
})
