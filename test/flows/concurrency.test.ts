import { Agent } from 'node:http'
import { beforeAll, describe, expect, test } from 'vitest'
import { formAction, formToken, type Browser } from '../support/browser.ts'
import { authorizationUrl, connect, consent, createPkce, goToConsent } from '../support/flow.ts'
import { introspect, post, refresh, revoke, type Tokens } from '../support/flow.ts'
import { bakery } from '../support/people.ts'
import { areActive, basic, sendCode, sendRefresh, toJson } from '../support/requests.ts'
import type { RawAnswer } from '../support/requests.ts'
import { confidential, publicClient, startServer, useServer } from '../support/server.ts'
import { createTimelessStorage } from '../support/storage.ts'

const server = useServer()
let issuer: string
beforeAll(() => void ({ issuer } = server))

const times = <T>(count: number, action: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => action(index)))

/** The one that won; all others were refused with the same words. */
function expectWinner(answers: readonly RawAnswer[]): Tokens {
  const winners = answers.filter(({ status }) => status === 200)
  const losers = answers.filter(({ status }) => status !== 200)
  expect(winners).toHaveLength(1)
  for (const { status, text } of losers) {
    expect(status).toBe(400)
    const { error, error_description } = JSON.parse(text) as Record<string, string>
    expect(error).toBe('invalid_grant')
    expect(error_description).toMatch(/already used$/)
  }
  return toJson(winners[0] as RawAnswer) as unknown as Tokens
}

/** All of them got the same refresh token and the same access token. */
function expectSamePair(answers: readonly RawAnswer[]): Tokens {
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  const pairs = answers.map((answer) => {
    const { access_token, refresh_token } = toJson(answer) as unknown as Tokens
    return `${access_token} ${refresh_token}`
  })
  expect(new Set(pairs).size).toBe(1)
  return toJson(answers[0] as RawAnswer) as unknown as Tokens
}

describe('of 50 at the same time', () => {
  test.each([1, 2, 3])('one code is redeemed once, and those tokens live (run %i)', async () => {
    const own = await startServer({ storage: createTimelessStorage() })
    const given = await consent(own.issuer)
    const tokens = expectWinner(await times(50, () => sendCode(own.issuer, given)))
    const both = [tokens.access_token, tokens.refresh_token]
    expect(await areActive(own.issuer, both)).toEqual([true, true])
    expect((await refresh(own.issuer, tokens.refresh_token)).status).toBe(200)
    await own.close()
  })

  test('one code of a client without refresh tokens is redeemed once', async () => {
    const grant_types = ['authorization_code']
    const own = await startServer({
      clients: [{ ...confidential, grant_types }],
      storage: createTimelessStorage(),
    })
    const given = await consent(own.issuer)
    const tokens = expectWinner(await times(50, () => sendCode(own.issuer, given)))
    expect(Object.keys(tokens)).not.toContain('refresh_token')
    expect(await areActive(own.issuer, [tokens.access_token])).toEqual([true])
    await own.close()
  })

  test.each([1, 2, 3])(
    'refreshes of one token all get the same pair, and it lives (run %i)',
    async () => {
      const first = await connect(issuer)
      const tokens = expectSamePair(await times(50, () => sendRefresh(issuer, first.refresh_token)))
      const all = [first, tokens].flatMap((pair) => [pair.access_token, pair.refresh_token])
      expect(await areActive(issuer, all)).toEqual([false, false, true, true])
      expect((await refresh(issuer, tokens.refresh_token)).status).toBe(200)
    },
  )

  test('over a pool of ten connections, as proxies and backends have it, they do too', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 10 })
    const first = await connect(issuer)
    const answers = await times(50, () => sendRefresh(issuer, first.refresh_token, { agent }))
    agent.destroy()
    const { access_token, refresh_token } = expectSamePair(answers)
    expect(await areActive(issuer, [access_token, refresh_token])).toEqual([true, true])
  })

  test('refreshes of a public client get the same refresh token as well', async () => {
    const { refresh_token } = await connect(issuer, { client: publicClient })
    const answers = await times(50, () => refresh(issuer, refresh_token, publicClient))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(new Set(answers.map(({ body }) => body['refresh_token'])).size).toBe(1)
  })

  test('connections of other companies are refreshed undisturbed', async () => {
    const connections = await times(10, () => connect(issuer))
    const answers = await times(50, (index) =>
      sendRefresh(issuer, connections[index % 10]?.refresh_token ?? ''),
    )
    for (let index = 0; index < 10; index += 1) {
      expectSamePair(answers.filter((_, other) => other % 10 === index))
    }
  })
})

describe('at the same time', () => {
  test('a refresh and a revocation leave nothing alive', async () => {
    for (let run = 0; run < 5; run += 1) {
      const { access_token, refresh_token } = await connect(issuer)
      const [refreshed, revoked] = await Promise.all([
        sendRefresh(issuer, refresh_token),
        revoke(issuer, refresh_token),
      ])
      expect(revoked.status).toBe(200)
      const next = toJson(refreshed) as unknown as Partial<Tokens>
      const all = [access_token, refresh_token, next.access_token, next.refresh_token]
      const tokens = all.filter((token) => token !== undefined)
      expect(await areActive(issuer, tokens)).toEqual(tokens.map(() => false))
    }
  })

  test('one pushed request leads to one code, in however many browsers it is opened', async () => {
    const { verifier, challenge } = createPkce()
    const params = { code_challenge: challenge }
    const fields = new URL(authorizationUrl(issuer, confidential, params)).searchParams
    const par = `${issuer}/oauth/par`
    const pushed = await post(par, Object.fromEntries(fields), basic(confidential))
    const request = {
      ...Object.fromEntries([...fields.keys()].map((name) => [name, undefined])),
      client_id: confidential.client_id,
      request_uri: String(pushed.body['request_uri']),
    }
    const opened = await Promise.allSettled(
      Array.from({ length: 4 }, () => goToConsent(issuer, { params: request })),
    )
    const first = opened.flatMap((one) =>
      one.status === 'fulfilled' && one.value.page.status === 200 ? [one.value] : [],
    )
    expect(first).toHaveLength(1)
    const answers = await times(4, () =>
      Promise.all(
        first.map(({ page, browser }) =>
          browser.submit(page, { decision: 'allow', subject: bakery }),
        ),
      ),
    )
    const codes = answers.flat().flatMap(({ location }) => location?.searchParams.get('code') ?? [])
    expect(codes).toHaveLength(1)
    const redirect = new URL(issuer)
    expectWinner([await sendCode(issuer, { code: codes[0] ?? '', verifier, redirect })])
  })

  test('one decision, posted ten times, makes one connection', async () => {
    const { page, browser, verifier } = await goToConsent(issuer)
    const answers = await times(10, () =>
      browser.submit(page, { decision: 'allow', subject: bakery }),
    )
    const codes = answers.flatMap(({ location }) => location?.searchParams.get('code') ?? [])
    expect(codes).toHaveLength(1)
    const redirect = new URL(issuer)
    const tokens = expectWinner([
      await sendCode(issuer, { code: codes[0] ?? '', verifier, redirect }),
    ])
    expect((await introspect(issuer, tokens.access_token))['active']).toBe(true)
  })

  test('one resume URL, requested ten times, gives one code', async () => {
    const { page, browser } = await goToConsent(issuer)
    const action = formAction(page)
    const resume = await fetch(action, {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ csrf: formToken(page), decision: 'allow', subject: bakery }),
      headers: { cookie: cookiesFor(browser, action), origin: issuer },
    })
    const url = resume.headers.get('location') ?? ''
    expect(url).toContain(`${issuer}/oauth/authorize/`)
    const answers = await times(10, () =>
      fetch(url, { redirect: 'manual', headers: { cookie: cookiesFor(browser, url) } }),
    )
    const codes = answers.filter(({ headers }) => headers.get('location')?.includes('code='))
    expect(codes).toHaveLength(1)
    const others = answers.filter((answer) => !codes.includes(answer))
    // To the page that tells the person what became of the request.
    const ended = `${url.replace('/authorize/', '/interaction/')}?ended`
    expect(others.map(({ headers }) => headers.get('location'))).toEqual(others.map(() => ended))
  })

  const cookiesFor = ({ cookies }: Browser, url: string): string =>
    [...cookies]
      .filter(([, { path }]) => path === '/' || new URL(url).pathname === path)
      .map(([key, { value }]) => `${key.split(' ')[1]}=${value}`)
      .join('; ')
})
