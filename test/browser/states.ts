import type { Page } from 'playwright-core'
import { bakery, companyUrn, leavingCompany, nordlysCompanies } from '../support/crowd.ts'
import { connect } from '../support/flow.ts'
import { partners } from '../support/partners.ts'
import {
  askUrl,
  follow,
  goToConnections,
  goToConsent,
  formUrl,
  postBehindThePage,
  signIn,
} from '../support/steps.ts'
import { cannotConnectStates, consentStates } from './consent-states.ts'
import type { Servers, State } from './state.ts'

const goTo =
  (path: string) =>
  async (page: Page, { example }: Servers): Promise<void> =>
    void (await page.goto(example + path))

const signInStates: readonly State[] = [
  {
    name: 'sign-in',
    shows: 'to continue with',
    open: async (page, { example }) => void (await page.goto(askUrl(example, partners.plain))),
  },
  {
    name: 'sign-in-wrong-password',
    shows: 'Wrong email or password',
    open: async (page, { example }) => {
      await page.goto(askUrl(example, partners.trial))
      await signIn(page, 'sofia', 'wrong')
    },
  },
  {
    name: 'select-account',
    shows: 'Continue as',
    open: async (page, { example }) => {
      await goToConsent(page, example, partners.plain, 'sofia')
      await page.goto(askUrl(example, partners.plain, { prompt: 'select_account' }))
    },
  },
  {
    name: 'select-account-long-names',
    shows: 'Continue as',
    open: async (page, { example }) => {
      await goToConsent(page, example, partners.long, 'long')
      await page.goto(askUrl(example, partners.long, { prompt: 'select_account' }))
    },
  },
  { name: 'sign-in-without-client', shows: 'Sign in to Pleo', open: goTo('/oauth/connections') },
  {
    name: 'sign-in-again',
    shows: 'sign in again',
    open: async (page, { example }) => {
      await goToConsent(page, example, partners.plain, 'sofia')
      await page.goto(askUrl(example, partners.plain, { prompt: 'login' }))
    },
  },
]

async function connectNordlys(issuer: string): Promise<void> {
  for (const client of [partners.plain, partners.verified, partners.trial, partners.everything]) {
    for (const company of nordlysCompanies) {
      const params = { scope: client.scope }
      await connect(issuer, { client, as: 'jonas', subject: companyUrn(company), params })
    }
  }
}

const leaving = { client: partners.plain, as: 'leaving', subject: companyUrn(leavingCompany) }
const toDisconnect = async (page: Page, { example }: Servers): Promise<void> => {
  await connect(example, leaving)
  await goToConnections(page, example, 'leaving')
  await follow(page.locator('.connection > .button'))
}

const connectionStates: readonly State[] = [
  {
    name: 'connections-none',
    shows: 'No app is connected.',
    open: (page, { example }) => goToConnections(page, example, 'idle'),
  },
  {
    name: 'connections',
    shows: 'Never used',
    open: async (page, { example }) => {
      await connect(example, { client: partners.verified, subject: companyUrn(bakery) })
      await goToConnections(page, example, 'sofia')
    },
  },
  {
    name: 'connections-many',
    shows: '4 connections',
    open: async (page, { example }) => {
      await connectNordlys(example)
      await goToConnections(page, example, 'jonas')
    },
  },
  {
    name: 'connections-many-open',
    shows: 'Sandbox Reports',
    open: async (page, { example }) => {
      await goToConnections(page, example, 'jonas')
      await page.getByText('Nordlys Danmark ApS').first().click()
      await page.getByText('Sandbox Reports').first().click()
    },
  },
  {
    name: 'connections-by-app',
    shows: '3 connections',
    open: async (page, { example }) => {
      await goToConnections(page, example, 'jonas')
      await follow(page.getByRole('link', { name: 'App' }))
    },
  },
  {
    name: 'connections-filtered',
    shows: 'No connection matches this filter.',
    open: async (page, { example }) => {
      await goToConnections(page, example, 'jonas')
      await follow(page.getByRole('link', { name: 'Ends within' }))
    },
  },
  { name: 'disconnect', shows: 'loses its access', open: toDisconnect },
  {
    name: 'connections-after-disconnecting',
    shows: 'no longer has access',
    open: async (page, servers) => {
      await toDisconnect(page, servers)
      await follow(page.locator('main form button'))
    },
  },
]

const otherStates: readonly State[] = [
  {
    name: 'sign-out',
    shows: 'Do you want to sign out',
    open: async (page, { example }) => {
      await goToConnections(page, example, 'idle')
      await page.goto(`${example}/oauth/sign-out`)
    },
  },
  { name: 'signed-out', shows: 'You are signed out', open: goTo('/oauth/sign-out') },
  {
    name: 'error-page-expired',
    shows: 'This page is no longer valid',
    open: goTo('/oauth/interaction/long-ago'),
  },
  ...(['allow', 'decline'] as const).map((decision) => ({
    name: `answered-${decision}`,
    shows: 'already answered',
    open: async (page: Page, { example }: Servers) => {
      await goToConsent(page, example, partners.plain, 'sofia')
      const back = page.url()
      const resume = await postBehindThePage(page, { subject: companyUrn(bakery), decision })
      await page.request.get(resume, { maxRedirects: 0 })
      await page.goto(back)
    },
  })),
  {
    name: 'error-cookie-lost',
    shows: 'seems to block cookies',
    open: async (page, { example }) => {
      await page.goto(askUrl(example, partners.plain))
      await page.context().clearCookies()
      await page.goto(await formUrl(page))
    },
  },
  {
    name: 'error-bad-request',
    shows: 'invalid_client',
    open: async (page, { example }) => {
      const client = { ...partners.plain, client_id: 'nobody-knows-this-client' }
      await page.goto(askUrl(example, client))
      await page.locator('summary').click()
    },
  },
]

/** Every state of every page. */
export const states: readonly State[] = [
  ...signInStates,
  ...consentStates,
  ...cannotConnectStates,
  ...connectionStates,
  ...otherStates,
]
