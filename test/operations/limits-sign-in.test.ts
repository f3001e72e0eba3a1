import { describe, expect, test } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { LimitOptions } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { behindProxy, from, guess, signIn, statusesOf } from '../support/limited.ts'
import { createAccounts, password } from '../support/people.ts'
import { pause, requestUrl } from '../support/requests.ts'
import { openServer } from '../support/server.ts'

// Guessing of passwords. An account has three attempts.

const few = { count: 3, seconds: 60 }

const start = (limits: LimitOptions = { signInAccount: few }) =>
  openServer({ ...behindProxy, limits, storage: createMemoryAdapter() })

describe('wrong passwords for one account', () => {
  test('get a page with 429 and Retry-After above the limit', async () => {
    const { issuer } = await start()
    expect(await statusesOf(3, () => guess(issuer))).toEqual([422, 422, 422])
    const page = await guess(issuer)
    expect(page.status).toBe(429)
    const seconds = Number(page.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(0)
    expect(seconds).toBeLessThanOrEqual(60)
    expect(page.text).toContain('Too many attempts')
    expect(page.headers.get('cache-control')).toBe('no-store')
  })

  test('are limited on the page of a request of a client, too', async () => {
    const { issuer } = await start()
    await statusesOf(3, () => guess(issuer))
    const browser = createBrowser()
    const page = await browser.go(requestUrl(issuer))
    const refused = await browser.submit(page, { username: 'sofia@example.test', password })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).not.toBeNull()
    // The page is still there when the time is over.
    expect((await browser.go(page.url.href)).text).toContain('name="password"')
  })

  test('are looked at again when the time is over', async () => {
    const { issuer } = await start({ signInAccount: { count: 1, seconds: 1 } })
    expect(await statusesOf(2, () => guess(issuer))).toEqual([422, 429])
    await pause(1100)
    expect((await signIn(issuer)).status).toBe(200)
  })

  test('count together in every spelling of the name', async () => {
    const { issuer } = await start()
    const names = ['sofia@example.test', ' SOFIA@example.test', 'Sofia@Example.Test ']
    await statusesOf(3, (index) => guess(issuer, { username: names[index] ?? '' }))
    expect((await signIn(issuer)).status).toBe(429)
    const accents = ['Renée', 'Rene\u0301e', 'RENÉE', 'rene\u0301e']
    const statuses = await statusesOf(4, (index) =>
      guess(issuer, { username: accents[index] ?? '' }),
    )
    expect(statuses).toEqual([422, 422, 422, 429])
  })

  test('count together in spellings that a database may take for the same name', async () => {
    const { issuer } = await start()
    const names = ['so\u200bfia', 'ｓofia', 'sófia', 'so\u00adfia', 'ſofia'].map(
      (name) => `${name}@example.test`,
    )
    const ask = (index: number) => guess(issuer, { username: names[index] ?? '' })
    expect(await statusesOf(5, ask)).toEqual([422, 422, 422, 429, 429])
  })

  test('of several at once take the last place once', async () => {
    const asked: string[] = []
    const accounts = createAccounts()
    const { issuer } = await openServer({
      limits: { signInAccount: { count: 1, seconds: 60 } },
      storage: createMemoryAdapter(),
      accounts: {
        ...accounts,
        authenticate({ username }) {
          asked.push(username)
          return undefined
        },
      },
    })
    const pages = await Promise.all(Array.from({ length: 10 }, () => guess(issuer)))
    const statuses = pages.map(({ status }) => status)
    expect(statuses.filter((status) => status === 422)).toHaveLength(1)
    expect(statuses.filter((status) => status === 429)).toHaveLength(9)
    // The host did not have to look at the others.
    expect(asked).toHaveLength(1)
  })

  test('do not count if the password was right, or if the host failed', async () => {
    const accounts = createAccounts()
    let fails = true
    const { issuer } = await openServer({
      limits: { signInAccount: few },
      storage: createMemoryAdapter(),
      accounts: {
        ...accounts,
        authenticate(typed, ctx) {
          if (fails) throw new Error('the directory is away')
          return accounts.authenticate(typed, ctx)
        },
      },
    })
    expect(await statusesOf(4, () => signIn(issuer))).toEqual([500, 500, 500, 500])
    fails = false
    expect(await statusesOf(5, () => signIn(issuer))).toEqual([200, 200, 200, 200, 200])
    // Three of the account, and three of the address that is known now.
    const guesses = await statusesOf(7, () => guess(issuer))
    expect(guesses).toEqual([422, 422, 422, 422, 422, 422, 429])
  })
})

describe('an attacker who used up the limit of an account', () => {
  test('does not lock the person out at an address that was good before', async () => {
    const { issuer } = await start()
    expect((await signIn(issuer, { headers: from('192.0.2.1') })).status).toBe(200)
    await statusesOf(9, () => guess(issuer, { headers: from('203.0.113.66') }))
    expect((await signIn(issuer, { headers: from('192.0.2.1') })).status).toBe(200)
  })

  test('learns nothing: from other addresses the right password gets 429, too', async () => {
    const { issuer } = await start()
    await signIn(issuer, { headers: from('192.0.2.1') })
    await statusesOf(3, () => guess(issuer, { headers: from('203.0.113.66') }))
    const headers = from('203.0.113.67')
    const [right, wrong] = [await signIn(issuer, { headers }), await guess(issuer, { headers })]
    expect([right.status, wrong.status]).toEqual([429, 429])
    const withoutIds = ({ text }: typeof right): string =>
      text.replaceAll(/(Time|Request): \S+|in \d+ seconds/g, '')
    expect(withoutIds(right)).toBe(withoutIds(wrong))
  })

  test('has a limit at an address that was good before, too', async () => {
    const { issuer } = await start()
    const headers = from('192.0.2.1')
    await signIn(issuer, { headers })
    await statusesOf(3, () => guess(issuer, { headers: from('203.0.113.66') }))
    expect(await statusesOf(4, () => guess(issuer, { headers }))).toEqual([422, 422, 422, 429])
    expect((await signIn(issuer, { headers })).status).toBe(429)
  })

  test('does not lock out other accounts', async () => {
    const { issuer } = await start()
    await statusesOf(5, () => guess(issuer))
    expect((await signIn(issuer, { username: 'jonas@example.test' })).status).toBe(200)
  })
})

describe('wrong passwords from one address', () => {
  const limits = { signInAddress: few }
  const nameOf = (index: number): string => `person-${index}@example.test`

  test('are limited over all accounts, and other addresses go on', async () => {
    const { issuer } = await start(limits)
    const headers = from('203.0.113.66')
    const tryNext = (index: number) => guess(issuer, { username: nameOf(index), headers })
    expect(await statusesOf(4, tryNext)).toEqual([422, 422, 422, 429])
    expect((await signIn(issuer, { headers: from('192.0.2.1') })).status).toBe(200)
  })

  test('count together for one network of IPv6', async () => {
    const { issuer } = await start(limits)
    const tryNext = (index: number) =>
      guess(issuer, { username: nameOf(index), headers: from(`2001:db8:1:2::${index + 1}`) })
    expect(await statusesOf(4, tryNext)).toEqual([422, 422, 422, 429])
    expect((await signIn(issuer, { headers: from('2001:db8:1:3::1') })).status).toBe(200)
  })

  test('cannot name other addresses if no proxy is trusted', async () => {
    const { issuer } = await openServer({ limits, storage: createMemoryAdapter() })
    const tryNext = (index: number) =>
      guess(issuer, { username: nameOf(index), headers: from(`198.51.100.${index}`) })
    expect(await statusesOf(4, tryNext)).toEqual([422, 422, 422, 429])
  })
})

test('limits that are switched off limit nothing', async () => {
  for (const limits of [false, { signInAccount: false, signInAddress: false }] as const) {
    const { issuer } = await openServer({ limits, storage: createMemoryAdapter() })
    const statuses = await statusesOf(12, () => guess(issuer))
    expect(new Set(statuses)).toEqual(new Set([422]))
  }
})

test('ten wrong passwords in a quarter of an hour are the default', async () => {
  const { issuer } = await openServer({ limits: {}, storage: createMemoryAdapter() })
  expect(await statusesOf(10, () => guess(issuer))).not.toContain(429)
  expect((await guess(issuer)).status).toBe(429)
})
