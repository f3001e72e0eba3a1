import { beforeEach, describe, expect, test, vi } from 'vitest'
import { createMemoryAdapter } from '../../adapters/memory.ts'
import type { SignedInAtHost } from '../../lib/index.ts'
import { createBrowser, type Browser, urlOfInteraction, type Page } from '../support/browser.ts'
import { useRunning } from '../support/fixtures.ts'
import { authorizationUrl, createPkce } from '../support/flow.ts'
import { createHostSession, mountAtRoot, mountBelow, startHost } from '../support/hosts.ts'
import { createAccounts } from '../support/people.ts'
import { confidential } from '../support/server.ts'

// A host that says when the person signed in; the tests say what it says.

const storage = createMemoryAdapter()
const session = createHostSession()
const people = createAccounts()
const second = 1000
let authenticatedAt: unknown
let answer: ((accountId: string) => unknown) | undefined

const host = useRunning(() =>
  startHost(
    (parent, { app }) => {
      parent.use(session.middleware)
      parent.use(mountBelow('/auth', app))
      parent.use(mountAtRoot(app))
    },
    {
      path: '/auth',
      storage,
      accounts: {
        find: (id) => people.find(id),
        subjects: (id, options) => people.subjects(id, options),
        signInUrl: '/login',
        signedIn: (ctx) => {
          const accountId = session.accountIdOf(ctx)
          if (typeof accountId !== 'string') return undefined
          return (answer?.(accountId) ?? { accountId, authenticatedAt }) as SignedInAtHost
        },
      },
    },
  ),
)
beforeEach(() => {
  answer = undefined
  authenticatedAt = Date.now() - 3600 * second
})

const start = (browser: Browser, params: Record<string, string> = {}): Promise<Page> =>
  browser.go(
    authorizationUrl(host.issuer, confidential, {
      code_challenge: createPkce().challenge,
      ...params,
    }),
  )

const signedIn = async (as = 'sofia'): Promise<Browser> => {
  const browser = createBrowser()
  await browser.go(
    `${host.origin}/login?as=${as}&return_to=${encodeURIComponent(`${host.origin}/login`)}`,
  )
  return browser
}

const interactionOf = ({ url }: Page): string => url.searchParams.get('return_to') ?? ''

/** Opens the interaction again, as somebody does who knows its address. */
const open = (browser: Browser, page: Page): Promise<Page> => browser.go(interactionOf(page))

const expectHost = ({ url, text }: Page, prompt: string): void => {
  expect(text).toContain("the host's own sign-in page")
  expect(url.searchParams.get('prompt')).toBe(prompt)
}

/** When the person was sent to the host, as it is stored. */
async function sentAt(page: Page): Promise<number> {
  const uid = interactionOf(page).split('/').at(-1) ?? ''
  const { prompt } = (await storage.records('Interaction').find(uid)) ?? {}
  return (prompt as { readonly details: { readonly sentToHostAt: number } }).details.sentToHostAt
}

describe('prompt=login', () => {
  test('is not met by opening the request again, however often', async () => {
    const browser = await signedIn()
    const page = await start(browser, { prompt: 'login' })
    expectHost(page, 'login')
    for (let time = 0; time < 3; time += 1) expectHost(await open(browser, page), 'login')
    authenticatedAt = Date.now()
    expect((await open(browser, page)).text).toContain('Sofia Lind')
  })

  test('is met by a sign-in in the second of the redirect, and by none before it', async () => {
    const browser = await signedIn()
    const page = await start(browser, { prompt: 'login' })
    const begin = Math.floor((await sentAt(page)) / second) * second
    authenticatedAt = begin - 1
    expectHost(await open(browser, page), 'login')
    authenticatedAt = begin
    expect((await open(browser, page)).text).toContain('Sofia Lind')
  })

  test('is met by one sign-in after the first redirect, in two tabs', async () => {
    const browser = await signedIn()
    const page = await start(browser, { prompt: 'login' })
    const first = await sentAt(page)
    await open(browser, page)
    expect(await sentAt(page)).toBe(first)
  })

  test('is asked for again when the person wants to be somebody else, who signed in long ago', async () => {
    const browser = await signedIn()
    const page = await start(browser, { prompt: 'login' })
    authenticatedAt = Date.now()
    const consent = await open(browser, page)
    authenticatedAt = Date.now() - 3600 * second
    const action = `${urlOfInteraction(consent).href}/switch-account`
    const switched = await browser.submit(consent, {}, { action })
    expectHost(switched, 'login')
    expectHost(await open(browser, switched), 'login')
  })

  test('ends with login_required where a host sends people straight back', async () => {
    const browser = await signedIn()
    const page = await start(browser, { prompt: 'login' })
    let last = page
    for (let time = 0; time < 11 && !last.location; time += 1) last = await open(browser, page)
    expect(last.location?.searchParams.get('error')).toBe('login_required')
    expect(last.location?.searchParams.get('state')).toBe('some-state')
  })
})

describe('max_age', () => {
  test('asks nobody who signed in at the host recently', async () => {
    const browser = await signedIn()
    authenticatedAt = Date.now() - 60 * second
    expect((await start(browser, { max_age: '3600' })).text).toContain('Sofia Lind')
    const { location } = await start(browser, { max_age: '3600', prompt: 'none' })
    expect(location?.searchParams.get('error')).toBe('consent_required')
  })

  test.each(['0', '600'])('of %s is not met by opening the request again', async (max_age) => {
    const browser = await signedIn()
    const page = await start(browser, { max_age })
    expectHost(page, 'login')
    expectHost(await open(browser, page), 'login')
    const { location } = await start(browser, { max_age, prompt: 'none' })
    expect(location?.searchParams.get('error')).toBe('login_required')
    authenticatedAt = Date.now()
    expect((await open(browser, page)).text).toContain('Sofia Lind')
  })

  test('counts for another person as well, whom the host has when the request is opened', async () => {
    const browser = createBrowser()
    authenticatedAt = Date.now()
    const page = await start(browser, { max_age: '600', prompt: 'consent' })
    authenticatedAt = Date.now() - 3600 * second
    const again = await browser.go(
      `${host.origin}/login?as=jonas&return_to=${encodeURIComponent(interactionOf(page))}`,
    )
    expectHost(again, 'login')
  })
})

test('without any of them, a sign-in of long ago is good', async () => {
  expect((await start(await signedIn())).text).toContain('Sofia Lind')
})

describe('a host that says what cannot be is answered with 500', () => {
  const now = Date.now()
  test.each<[string, unknown]>([
    ['no time', undefined],
    ['no number', 'yesterday'],
    ['a Date', new Date()],
    ['NaN', Number.NaN],
    ['seconds', Math.floor(now / 1000)],
    ['a negative time', -1],
    ['infinity', Infinity],
    ['the future', now + 3600 * second],
  ])('%s', async (_, wrong) => {
    const browser = await signedIn()
    authenticatedAt = wrong
    for (const params of [{}, { prompt: 'login' }, { max_age: '60' }] as Record<string, string>[]) {
      const page = await start(browser, params)
      const last = interactionOf(page) ? await open(browser, page) : page
      expect(last.status).toBe(500)
      expect(last.text).not.toMatch(/authenticatedAt|accounts\.signedIn/)
    }
  })

  test.each([0, '', undefined, {}])('an account id that is %j', async (accountId) => {
    answer = () => ({ accountId, authenticatedAt: Date.now() })
    expect((await start(await signedIn())).status).toBe(500)
  })
})

describe('a host that says no time', () => {
  test('has the person sent there once, as ever, and is told once that nothing is enforced', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
    answer = (accountId) => accountId
    const browser = await signedIn()
    const page = await start(browser, { prompt: 'login' })
    expectHost(page, 'login')
    expect((await open(browser, page)).text).toContain('Sofia Lind')
    await start(browser)
    const codes = warn.mock.calls.map(([, how]) => (how as { readonly code?: string }).code)
    warn.mockRestore()
    expect(codes.filter((code) => code === 'sign_in_time_unknown')).toHaveLength(1)
  })
})
