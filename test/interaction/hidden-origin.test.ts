import { describe, expect, test } from 'vitest'
import {
  createBrowser,
  type Browser,
  type Fields,
  type Page,
  urlOfInteraction,
} from '../support/browser.ts'
import { authorizationUrl, connect, createPkce, goToConsent } from '../support/flow.ts'
import { bakery, password } from '../support/people.ts'
import { confidential, useServer } from '../support/server.ts'

// A gateway may set `Referrer-Policy: no-referrer` on every answer. Browsers then send `Origin: null` with each form.

const server = useServer()

const credentials = { username: 'sofia@example.test', password }
const requestUrl = (params: Record<string, string> = {}): string =>
  authorizationUrl(server.issuer, confidential, {
    code_challenge: createPkce().challenge,
    ...params,
  })

async function signedIn(): Promise<Browser> {
  const browser = createBrowser()
  await browser.submit(await browser.go(`${server.issuer}/oauth/sign-in`), credentials)
  return browser
}

interface Form {
  readonly browser: Browser
  readonly page: Page
  readonly fields: Fields
  readonly action?: string
  /** Whether the answer, or where it leads, shows that the form counted. */
  readonly counts: (answer: Page) => boolean
}

const hasCode = ({ location }: Page): boolean => location?.searchParams.has('code') === true
const isSignIn = ({ text }: Page): boolean => text.includes('name="password"')

const forms: readonly (readonly [string, () => Promise<Form>])[] = [
  [
    'sign-in for a client',
    async () => {
      const browser = createBrowser()
      const page = await browser.go(requestUrl())
      const counts = ({ text }: Page): boolean => text.includes('value="allow"')
      return { browser, page, fields: credentials, counts }
    },
  ],
  [
    'the choice of an account',
    async () => {
      const browser = await signedIn()
      const page = await browser.go(requestUrl({ prompt: 'select_account' }))
      const counts = ({ text }: Page): boolean => text.includes('value="allow"')
      return { browser, page, fields: { decision: 'continue' }, counts }
    },
  ],
  [
    'consent',
    async () => {
      const fields = { subject: bakery, decision: 'allow' }
      return { ...(await goToConsent(server.issuer)), fields, counts: hasCode }
    },
  ],
  [
    'a refusal',
    async () => ({
      ...(await goToConsent(server.issuer)),
      fields: { decision: 'decline' },
      counts: ({ location }) => location?.searchParams.get('error') === 'access_denied',
    }),
  ],
  [
    'another account',
    async () => {
      const { browser, page } = await goToConsent(server.issuer)
      const action = `${urlOfInteraction(page).href}/switch-account`
      return { browser, page, action, fields: {}, counts: isSignIn }
    },
  ],
  [
    'sign-in without a client',
    async () => {
      const browser = createBrowser()
      const page = await browser.go(`${server.issuer}/oauth/sign-in`)
      const counts = ({ url }: Page): boolean => url.pathname === '/oauth/connections'
      return { browser, page, fields: credentials, counts }
    },
  ],
  [
    'the end of a connection',
    async () => {
      await connect(server.issuer)
      const browser = await signedIn()
      const fields = { client_id: confidential.client_id, subject: bakery }
      const query = new URLSearchParams(fields).toString()
      const page = await browser.go(`${server.issuer}/oauth/connections/disconnect?${query}`)
      const counts = ({ url }: Page): boolean => url.pathname === '/oauth/connections'
      return { browser, page, fields, counts }
    },
  ],
  [
    'sign-out',
    async () => {
      const browser = await signedIn()
      const page = await browser.go(`${server.issuer}/oauth/sign-out`)
      return {
        browser,
        page,
        fields: {},
        counts: ({ text }) => text.includes('You are signed out'),
      }
    },
  ],
]

describe.each(forms)('a form whose origin the browser hides: %s', (_, open) => {
  const post = async (headers: Record<string, string>, csrf?: string) => {
    const { browser, page, fields, action, counts } = await open()
    const init = { headers, ...(action !== undefined && { action }) }
    const answer = await browser.submit(
      page,
      csrf === undefined ? fields : { ...fields, csrf },
      init,
    )
    return [answer.status, counts(answer)]
  }
  const hidden = { origin: 'null', 'sec-fetch-site': 'same-origin' }

  test('counts if the browser says that it is from here', async () => {
    const [, counted] = await post(hidden)
    expect(counted).toBe(true)
  })

  test.each(['', 'same-site', 'cross-site', 'none', 'same-origin, cross-site'])(
    'is refused with "%s" as Sec-Fetch-Site',
    async (site) => {
      expect(await post({ ...hidden, 'sec-fetch-site': site })).toEqual([403, false])
    },
  )

  test('is refused with a wrong form token', async () => {
    expect(await post(hidden, 'x'.repeat(43))).toEqual([403, false])
  })
})
