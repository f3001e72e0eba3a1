import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readSecret } from '../../lib/cli/try/try-out.ts'
import type { ConfigurationError } from '../../lib/index.ts'
import { readSources } from '../../lib/cli/preview/sources.ts'
import { runExample, startExample } from '../support/example.ts'
import { goToConsent } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { startRedisCommands } from '../support/redis-commands.ts'
import { registration } from '../support/registered.ts'
import { send } from '../support/requests.ts'
import { startServer, useServer } from '../support/server.ts'

// Editors on Windows save text with a byte order mark, with CRLF, or in UTF-16.

const bigEndian = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16()
const read: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['a byte order mark', (text) => Buffer.from(`\uFEFF${text}`)],
  [
    'a byte order mark and CRLF',
    (text) => Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}\r\n`),
  ],
  ['UTF-16', (text) => Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`, 'utf16le')],
  ['UTF-16, big end first', (text) => bigEndian(`\uFEFF${text}`)],
]
const named: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['UTF-16 without a mark', (text) => Buffer.from(text, 'utf16le')],
  ['a code page of Windows', (text) => Buffer.from(text, 'latin1')],
]
const why = 'is not text in UTF-8: save it as UTF-8'

const commands = startRedisCommands(['clients'])
const open = useServer({ registration: { initialAccessToken: false } })

const json = (value: unknown): string => JSON.stringify(value, undefined, 2)
const fileOf = (name: string, content: Buffer): string =>
  join(createFolder({ [name]: content }), name)
let count = 0
const fresh = () => ({ ...registration, client_name: `Bøger ${(count += 1)}` })
const person = {
  name: 'Åse Lind',
  email: 'aase@mill.example',
  password: 'a-long-password',
}
const consentPage = '{% extends "pleo/consent.njk" %}\n{# blåbær #}\n'
const issuesOf = async (views: object): Promise<readonly string[]> => {
  const error: unknown = await startServer({ views }).catch((reason: unknown) => reason)
  return (error as ConfigurationError).issues.map(({ path, message }) => `${path}: ${message}`)
}

describe.each(read)('a file with %s is read', (_, encode) => {
  test('of clients and of people, of the example', async () => {
    const example = await startExample({
      CLIENTS_FILE: fileOf('clients.json', encode(json([fresh()]))),
      PEOPLE_FILE: fileOf('people.json', encode(json({ people: [person] }))),
    })
    await example.close()
    expect(example.output).toMatch(/Made for the client Bøger \d+/)
    expect(example.output).toContain('aase@mill.example  Åse Lind')
  })

  test('of settings, of the example', async () => {
    const text = 'THEME=marigold\n# blå\nAPI_AUDIENCE="https://api.example.test"\n'
    const example = await startExample({}, createFolder({ '.env': encode(text) }))
    await example.close()
    expect(example.output).toContain('theme marigold')
  })

  test('of a client, and of its secret, by the command line', async () => {
    const sent = fresh()
    const file = fileOf('client.json', encode(json(sent)))
    const said = await commands.ok('create', '--metadata', file, '--json')
    expect(JSON.parse(said)).toMatchObject({ client: { metadata: sent } })
    const clientSecretFile = fileOf('secret.txt', encode('a-secret\n'))
    expect(await readSecret({ clientSecretFile })).toBe('a-secret')
  })

  test('of a theme, texts, templates and styles', async () => {
    const locales = createFolder({ 'en.json': encode(json({ login: { title: 'Velkømmen' } })) })
    const directories = [
      createFolder({
        'consent.njk': encode(consentPage),
        'styles.css': encode('/* blå */\n@import "pleo/styles.css";\n'),
      }),
    ]
    const theme = fileOf('theme.json', encode(json({ productName: 'Blåbær' })))
    const { problems, options } = readSources({ directories, locales: [locales], theme })
    expect([problems, options.theme]).toEqual([[], { productName: 'Blåbær' }])
    const server = await startServer({ views: { directories, locales: [locales] } })
    const { page } = await goToConsent(server.issuer)
    const css = await send(`${server.issuer}/oauth/assets/styles.css`)
    await server.close()
    expect(page.text).toMatch(/^\s*<!doctype html>/i)
    expect(page.text).not.toContain('\uFEFF')
    expect(css.text).not.toContain('\uFEFF')
    expect(css.text).toContain('blå')
    expect(css.text).not.toContain('@import')
  })
})

describe.each(named)('a file in %s is named', (_, encode) => {
  test('of clients, of people and of settings, of the example', async () => {
    for (const [variable, content] of [
      ['CLIENTS_FILE', [fresh()]],
      ['PEOPLE_FILE', { people: [person] }],
    ] as const) {
      const path = fileOf('some.json', encode(json(content)))
      const { code, stderr } = await runExample({ [variable]: path })
      expect([code, stderr]).toEqual([1, `${variable} ${path}: ${why}\n`])
    }
    const folder = createFolder({ '.env': encode('# blå\nTHEME=marigold\n') })
    expect(await runExample({}, folder)).toMatchObject({ code: 1, stderr: `.env ${why}\n` })
  })

  test('of a client, and of its secret, by the command line', async () => {
    const file = fileOf('client.json', encode(json(fresh())))
    expect(await commands.refusal('create', '--metadata', file)).toBe(`error: ${file} ${why}\n`)
    const clientSecretFile = fileOf('secret.txt', encode('blå'))
    await expect(readSecret({ clientSecretFile })).rejects.toThrow(`${clientSecretFile} ${why}`)
  })

  test('of a theme, texts and templates', async () => {
    const locale = { 'en.json': encode(json({ login: { title: 'Velkømmen' } })) }
    expect(await issuesOf({ locales: [createFolder(locale)] })).toEqual([
      `views.locales: en.json ${why}`,
    ])
    const folder = createFolder({ 'consent.njk': encode(consentPage) })
    expect(await issuesOf({ directories: [folder] })).toEqual([
      `views.directories: ${join(folder, 'consent.njk')} ${why}`,
    ])
    const theme = fileOf('theme.json', encode(json({ productName: 'Blåbær' })))
    expect(readSources({ directories: [], theme }).problems).toEqual([`${theme} ${why}`])
  })
})

describe('the body of a registration', () => {
  const post = (body: Buffer) =>
    fetch(`${open.issuer}/oauth/register`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Uint8Array(body),
    })

  test.each(read.slice(0, 2))('may have %s', async (_, encode) => {
    const sent = fresh()
    const answer = await post(encode(json(sent)))
    expect([answer.status, await answer.json()]).toMatchObject([201, sent])
  })

  test.each([...read.slice(2), ...named])('in %s is named', async (_, encode) => {
    const answer = await post(encode(json(fresh())))
    expect([answer.status, await answer.json()]).toEqual([
      400,
      {
        error: 'invalid_request',
        error_description: 'the body must be JSON in UTF-8, and has bytes that are not',
      },
    ])
  })

  test('in UTF-8 that is not JSON is refused without a word about encodings', async () => {
    const answer = await post(Buffer.from('{"client_name":'))
    expect(await answer.json()).toMatchObject({ error_description: 'the body cannot be read' })
  })
})
