import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Account, ViewsOptions } from '../../lib/index.ts'
import { createBrowser, type Browser } from '../support/browser.ts'
import { useEmbedders } from '../support/embedders.ts'
import { consent, goToConsent, redeem } from '../support/flow.ts'
import { createFolder } from '../support/folder.ts'
import { createAccounts } from '../support/people.ts'
import { startServer, type RunningServer } from '../support/server.ts'

// It is 00:30 in Copenhagen, where the 29th of November has begun. In UTC it is still the 28th.

const { codes, messages } = useEmbedders()
let server: RunningServer
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-28T23:30:00Z') })
})
afterEach(async () => {
  vi.useRealTimers()
  await server.close()
})

async function start(timeZone: unknown, views: ViewsOptions = {}): Promise<void> {
  const people = createAccounts()
  const withZone = (account: Account | undefined): Account | undefined =>
    account && ({ ...account, ...(timeZone !== undefined && { timeZone }) } as Account)
  server = await startServer({
    views,
    accounts: { ...people, find: async (id) => withZone(await people.find(id)) },
  })
}

/** Makes a connection, and reads the consent page before and after, and the page of connections. */
async function readPages(language = 'en'): Promise<readonly string[]> {
  const browser: Browser = createBrowser()
  const { issuer } = server
  const options = { browser, params: { ui_locales: language } }
  const { page: before } = await goToConsent(issuer, options)
  const { status } = await redeem(issuer, await consent(issuer, options))
  expect(status).toBe(200)
  const { page: after } = await goToConsent(issuer, options)
  const list = await browser.go(`${issuer}/oauth/connections?ui_locales=${language}`)
  return [before, after, list].map(({ text }) =>
    text.replaceAll(/[\u2066-\u2069]/g, '').replaceAll('\u00A0', ' '),
  )
}

describe('dates are in the time zone', () => {
  test.each<readonly [string, string | undefined, ViewsOptions]>([
    ['of the person', 'Europe/Copenhagen', {}],
    ['of the host, if that of the person is not known', undefined, { timeZone: 'Europe/Paris' }],
    ['of the person before that of the host', 'europe/oslo', { timeZone: 'America/Chicago' }],
  ])('%s', async (_, timeZone, views) => {
    await start(timeZone, views)
    const [before, after, list] = await readPages()
    expect(before).toContain('Until November 29, 2027 at most')
    expect(after).toContain('Connected since November 29, 2026<')
    expect(list).toContain('Connected by Sofia Lind on November 29, 2026<')
    expect(list).toContain('at the latest')
    expect(`${before}${after}${list}`).not.toMatch(/November 28|UTC/)
    expect(await codes()).toEqual([])
  })

  test('of a person to whom it is still the day before', async () => {
    await start('America/New_York', { timeZone: 'Europe/Copenhagen' })
    const [, after] = await readPages()
    expect(after).toContain('Connected since November 28, 2026<')
  })

  test('and are in UTC, with the time and the zone named, if nobody knows it', async () => {
    await start(undefined)
    const [before, after, list] = await readPages()
    expect(before).toMatch(/Until November 28, 2027\D+23:30 UTC at most/)
    expect(after).toMatch(/Connected since November 28, 2026\D+23:30 UTC</)
    expect(list).toMatch(/Connected by Sofia Lind on November 28, 2026\D+23:30 UTC</)
  })

  test('with the time that summer has there', async () => {
    vi.setSystemTime(new Date('2026-06-30T22:30:00Z'))
    await start('Europe/Copenhagen')
    const [, after] = await readPages()
    expect(after).toContain('Connected since July 1, 2026<')
  })

  test('in templates of the host, too', async () => {
    const file = `{% extends 'pleo/consent.njk' %}{% block footer %}<i>{{ formatDate(endsAt) }}</i>{% endblock %}`
    await start('Asia/Tokyo', { directories: [createFolder({ 'consent.njk': file })] })
    const [before] = await readPages()
    expect(before).toContain('<i>November 29, 2027</i>')
  })
})

describe('in every language', () => {
  test.each([
    ['en', 'November 29, 2026', 'November 28, 2026'],
    ['da', '29. november 2026', '28. november 2026'],
    ['sv', '29 november 2026', '28 november 2026'],
    ['nb', '29. november 2026', '28. november 2026'],
    ['de', '29. November 2026', '28. November 2026'],
    ['nl', '29 november 2026', '28 november 2026'],
    ['fr', '29 novembre 2026', '28 novembre 2026'],
    ['es', '29 de noviembre de 2026', '28 de noviembre de 2026'],
    ['it', '29 novembre 2026', '28 novembre 2026'],
    ['fi', '29. marraskuuta 2026', '28. marraskuuta 2026'],
    ['pt', '29 de novembro de 2026', '28 de novembro de 2026'],
  ])('%s writes the day, or the time with its zone', async (language, day, dayBefore) => {
    await start('Europe/Copenhagen')
    const known = await readPages(language)
    await server.close()
    await start(undefined)
    const unknown = await readPages(language)
    for (const page of known.slice(1)) expect(page).toContain(day)
    for (const page of unknown.slice(1))
      expect(page).toMatch(new RegExp(`${dayBefore}\\D+23[.:]30 UTC`))
    expect(known.join()).not.toContain('UTC')
  })
})

describe('a wrong time zone', () => {
  test.each([
    ['a name that does not exist', 'Europe/Kopenhagen'],
    ['an offset', '+01:00'],
    ['words', 'Central European Time'],
    ['an empty text', ''],
    ['a number', 60],
    ['an object', {}],
    ['one that cannot be a text', Object.create(null)],
  ])('of a person breaks no page, and is warned of once: %s', async (_, timeZone) => {
    await start(timeZone, { timeZone: 'Europe/Copenhagen' })
    const pages = await readPages()
    expect(pages[1]).toContain('Connected since November 29, 2026<')
    expect(await codes()).toEqual(['unknown_time_zone'])
    expect(messages[0]).toContain('accounts.find gave ')
  })

  test('of a person falls back to UTC, with the zone named', async () => {
    await start('Mars/Olympus')
    const [, , list] = await readPages()
    expect(list).toMatch(/November 28, 2026\D+23:30 UTC/)
    expect(messages.join()).toContain('"Mars/Olympus"')
  })

  test('null counts as none, without a word', async () => {
    await start(null)
    const [before] = await readPages()
    expect(before).toContain('UTC')
    expect(await codes()).toEqual([])
  })

  test.each(['Europe/Kopenhagen', '', '+01:00', 'CPH time', 60, null])(
    'of the host is refused at the start: %j',
    async (timeZone) => {
      await start(undefined)
      const starting = start(undefined, { timeZone } as ViewsOptions)
      await expect(starting).rejects.toMatchObject({
        name: 'ConfigurationError',
        issues: [
          {
            path: 'views.timeZone',
            message: 'must be the name of a time zone (IANA), such as Europe/Copenhagen',
          },
        ],
      })
    },
  )
})
