import { afterEach, describe, expect, test, vi } from 'vitest'
import type { GrantInfo } from '../../lib/index.ts'
import { createBrowser } from '../support/browser.ts'
import { connect, consent, goToConsent, introspect, redeem, refresh } from '../support/flow.ts'
import type { Answer, Tokens } from '../support/flow.ts'
import { bakery, createAccounts } from '../support/people.ts'
import { areActive, pause } from '../support/requests.ts'
import { openServer } from '../support/server.ts'

afterEach(() => void vi.useRealTimers())

const tokensOf = ({ status, body }: Answer): Tokens => {
  expect(status).toBe(200)
  return body as unknown as Tokens
}

const expectInvalidGrant = ({ status, body }: Answer): void =>
  expect([status, body['error']]).toEqual([400, 'invalid_grant'])

describe('after its lifetime', () => {
  test('a code is refused', async () => {
    const { issuer } = await openServer({ lifetimes: { authorizationCode: 1 } })
    const given = await consent(issuer)
    await pause(1100)
    expectInvalidGrant(await redeem(issuer, given))
  })

  test('an access token is inactive, and the refresh token is not', async () => {
    const { issuer } = await openServer({ lifetimes: { accessToken: 1 } })
    const { access_token, refresh_token, expires_in } = await connect(issuer)
    expect(expires_in).toBe(1)
    await pause(1100)
    expect(await introspect(issuer, access_token)).toEqual({ active: false })
    expect(await areActive(issuer, [refresh_token])).toEqual([true])
    expect(tokensOf(await refresh(issuer, refresh_token)).expires_in).toBe(1)
  })

  test('a refresh token is refused and inactive', async () => {
    const { issuer } = await openServer({ lifetimes: { refreshToken: 1 } })
    const { refresh_token } = await connect(issuer)
    await pause(1100)
    expect(await introspect(issuer, refresh_token)).toEqual({ active: false })
    expectInvalidGrant(await refresh(issuer, refresh_token))
  })

  test('a grant is over, with everything that was issued for it', async () => {
    const { issuer } = await openServer({ lifetimes: { grant: 2 } })
    const given = await consent(issuer)
    const first = tokensOf(await redeem(issuer, given))
    expect(first.expires_in).toBeLessThanOrEqual(2)
    const second = tokensOf(await refresh(issuer, first.refresh_token))
    expect(second.expires_in).toBeLessThanOrEqual(2)
    const { exp, iat } = await introspect(issuer, second.refresh_token)
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(2)
    await pause(2100)
    expect(await areActive(issuer, [second.access_token, second.refresh_token])).toEqual([
      false,
      false,
    ])
    expectInvalidGrant(await refresh(issuer, second.refresh_token))
  })

  test('a page cannot be submitted', async () => {
    const { issuer } = await openServer({ lifetimes: { interaction: 5 } })
    const { page, browser } = await goToConsent(issuer)
    await pause(5100)
    const answer = await browser.submit(page, { decision: 'allow', subject: bakery })
    expect([answer.status, answer.location]).toEqual([400, undefined])
  })

  test('a sign-in is asked for again', async () => {
    const { issuer } = await openServer({ lifetimes: { session: 5 } })
    const browser = createBrowser()
    await goToConsent(issuer, { browser })
    await pause(5100)
    const { page } = await goToConsent(issuer, { browser, as: 'jonas' })
    expect(page.text).toContain('Jonas Berg')
  })
})

describe('with the lifetimes nobody changed', () => {
  const day = 86_400_000

  /** A clock that stands still until it is moved. */
  const stopClock = (): ((milliseconds: number) => void) => {
    vi.useFakeTimers({ toFake: ['Date'] })
    return (milliseconds) => vi.setSystemTime(Date.now() + milliseconds)
  }

  test('an access token lives 15 minutes and a refresh token 60 days', async () => {
    const wait = stopClock()
    const { issuer } = await openServer()
    const { access_token, refresh_token } = await connect(issuer)
    wait(899_000)
    expect(await areActive(issuer, [access_token])).toEqual([true])
    wait(1000)
    expect(await areActive(issuer, [access_token])).toEqual([false])
    wait(60 * day - 901_000)
    const next = tokensOf(await refresh(issuer, refresh_token))
    wait(60 * day)
    expectInvalidGrant(await refresh(issuer, next.refresh_token))
  })

  test('a connection that is refreshed lives 365 days, and its tokens end with it', async () => {
    const wait = stopClock()
    const { issuer } = await openServer()
    let tokens = await connect(issuer)
    for (let days = 50; days <= 350; days += 50) {
      wait(50 * day)
      tokens = tokensOf(await refresh(issuer, tokens.refresh_token))
      expect(tokens.expires_in).toBe(900)
    }
    const { exp, iat } = await introspect(issuer, tokens.refresh_token)
    expect(Number(exp) - Number(iat)).toBe(15 * 86_400)
    wait(15 * day - 300_000)
    tokens = tokensOf(await refresh(issuer, tokens.refresh_token))
    expect(tokens.expires_in).toBe(300)
    wait(300_000)
    expect(await areActive(issuer, [tokens.access_token])).toEqual([false])
    expectInvalidGrant(await refresh(issuer, tokens.refresh_token))
  })
})

describe('the person who granted a connection', () => {
  test('may leave: it goes on', async () => {
    const { issuer, accounts } = await openServer()
    const { access_token, refresh_token } = await connect(issuer)
    accounts.gone.add('sofia')
    expect(await areActive(issuer, [access_token])).toEqual([true])
    tokensOf(await refresh(issuer, refresh_token))
  })

  test('is asked about at a refresh where the host wants that, and a no ends it for good', async () => {
    const asked: GrantInfo[] = []
    let answer = true
    const mayContinue = (grant: GrantInfo): boolean => {
      asked.push(grant)
      return answer
    }
    const { issuer } = await openServer({ accounts: { ...createAccounts(), mayContinue } })
    const first = await connect(issuer)
    expect(asked).toEqual([])
    const second = tokensOf(await refresh(issuer, first.refresh_token))
    expect(asked).toEqual([
      {
        grantId: expect.stringMatching(/^[\w-]{20,}$/),
        clientId: 'ledger',
        subject: bakery,
        accountId: 'sofia',
        scopes: ['companies:read'],
      },
    ])
    answer = false
    expectInvalidGrant(await refresh(issuer, second.refresh_token))
    answer = true
    expect(await areActive(issuer, [second.access_token, second.refresh_token])).toEqual([
      false,
      false,
    ])
    expectInvalidGrant(await refresh(issuer, second.refresh_token))
  })
})

describe('where the host fails', () => {
  const fail = (): never => {
    throw new Error('the database of the host is away')
  }

  const expectPage = (status: number, text: string): void => {
    expect(status).toBe(500)
    expect(text).toContain('Something went wrong on our side')
    expect(text).toContain('Code: server_error')
    expect(text).not.toMatch(/database|node_modules|\bat .*:\d+/)
  }

  test.each(['find', 'subjects'] as const)('in %s, the page says so and no more', async (name) => {
    const { issuer } = await openServer({ accounts: { ...createAccounts(), [name]: fail } })
    const { page } = await goToConsent(issuer)
    expectPage(page.status, page.text)
  })

  test('in authenticate, the page says so and no more', async () => {
    const { issuer } = await openServer({ accounts: { ...createAccounts(), authenticate: fail } })
    const { page } = await goToConsent(issuer)
    expectPage(page.status, page.text)
  })

  test('in mayContinue, the refresh is 500 and changes nothing', async () => {
    let mayContinue: () => boolean = fail
    const accounts = { ...createAccounts(), mayContinue: () => mayContinue() }
    const { issuer } = await openServer({ accounts })
    const { access_token, refresh_token } = await connect(issuer)
    const { status, body } = await refresh(issuer, refresh_token)
    expect([status, body]).toEqual([
      500,
      { error: 'server_error', error_description: 'oops! something went wrong' },
    ])
    expect(await areActive(issuer, [access_token, refresh_token])).toEqual([true, true])
    mayContinue = () => true
    tokensOf(await refresh(issuer, refresh_token))
  })
})
