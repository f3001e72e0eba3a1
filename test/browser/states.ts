import type { Page } from 'playwright-core'
import type { ClientMetadata } from '../../lib/index.ts'
import { connect } from '../support/flow.ts'
import { bakery, companyUrn, leavingCompany, the201st, nordlysCompanies } from '../support/crowd.ts'
import { partners } from '../support/partners.ts'
import {
  askUrl,
  goToConnections,
  goToConsent,
  postBehindThePage,
  signIn,
  subjectParameter,
} from '../support/steps.ts'
import { fortyClient } from './forty-scopes.ts'

/** Where the servers are that show the states. */
export interface Servers {
  /** The running example, with the people and clients of the tests. */
  readonly example: string
  /** A server with a catalogue of forty scopes. */
  readonly forty: string
  /** A server whose pages are in Arabic as well. */
  readonly arabic: string
}

/** A state of a page that people see. */
export interface State {
  readonly name: string
  /** What has to stand on the page, so that no other page is looked at by mistake. */
  readonly shows: string
  readonly open: (page: Page, servers: Servers) => Promise<void>
}

type Params = Record<string, string>

const consent =
  (client: ClientMetadata, as: string, params: Params = {}) =>
  (page: Page, { example }: Servers): Promise<void> =>
    goToConsent(page, example, client, as, params)

const goTo =
  (path: string) =>
  async (page: Page, { example }: Servers): Promise<void> =>
    void (await page.goto(example + path))

const preselected = { [subjectParameter]: companyUrn(nordlysCompanies[1]) }
const unfold = (page: Page, folded: string): Promise<void> =>
  page.locator(`${folded} > summary`).click()

const signInStates: readonly State[] = [
  {
    name: 'sign-in',
    shows: 'to continue with',
    open: async (page, { example }) => void (await page.goto(askUrl(example, partners.plain))),
  },
  {
    name: 'sign-in-wrong-password',
    shows: 'do not belong together',
    open: async (page, { example }) => {
      await page.goto(askUrl(example, partners.trial))
      await signIn(page, 'sofia', 'wrong')
    },
  },
  { name: 'sign-in-without-client', shows: 'Sign in to Pleo', open: goTo('/oauth/connections') },
  {
    name: 'sign-in-without-client-wrong-password',
    shows: 'do not belong together',
    open: async (page, { example }) => {
      await page.goto(`${example}/oauth/connections`)
      await signIn(page, 'sofia', 'wrong')
    },
  },
]

const consentStates: readonly State[] = [
  { name: 'consent-one-company', shows: 'Bright Bakery', open: consent(partners.plain, 'sofia') },
  {
    name: 'consent-three-companies',
    shows: 'Nordlys Nederland B.V.',
    open: consent(partners.plain, 'jonas'),
  },
  {
    name: 'consent-250-companies',
    shows: '250 in the list',
    open: consent(partners.plain, 'maja'),
  },
  {
    name: 'consent-preselected',
    shows: 'Choose another company',
    open: consent(partners.plain, 'jonas', preselected),
  },
  {
    name: 'consent-preselected-unfolded',
    shows: 'Choose another company',
    open: async (page, servers) => {
      const params = { [subjectParameter]: companyUrn(the201st) }
      await consent(partners.plain, 'maja', params)(page, servers)
      await unfold(page, '.others')
    },
  },
  {
    name: 'consent-some-without-authority',
    shows: 'can connect it.',
    open: consent(partners.plain, 'viktor'),
  },
  {
    name: 'consent-organization',
    shows: 'It covers every company of the organization.',
    open: consent(partners.organization, 'jonas'),
  },
  {
    name: 'consent-every-scope',
    shows: 'vendors:write',
    open: async (page, servers) => {
      await consent(partners.everything, 'sofia')(page, servers)
      await unfold(page, '.technical')
    },
  },
  {
    name: 'consent-forty-scopes',
    shows: 'Change things of kind 20',
    open: (page, { forty }) => goToConsent(page, forty, fortyClient, 'sofia'),
  },
  {
    name: 'consent-optional-scopes',
    shows: 'What is optional',
    open: consent(partners.optional, 'jonas'),
  },
  {
    name: 'consent-new-since-last-time',
    shows: 'Connected since',
    open: async (page, { example }) => {
      const params = { scope: 'companies:read' }
      await connect(example, { client: partners.reader, subject: companyUrn(bakery), params })
      await goToConsent(page, example, partners.reader, 'sofia')
    },
  },
  {
    name: 'consent-test-client',
    shows: 'Test application',
    open: consent(partners.trial, 'sofia'),
  },
  {
    name: 'consent-verified-client',
    shows: 'Checked by Pleo',
    open: consent(partners.verified, 'sofia'),
  },
  {
    name: 'consent-read-only',
    shows: 'It cannot change anything',
    open: consent(partners.reader, 'jonas'),
  },
  {
    name: 'consent-80-characters',
    shows: 'Donaudampfschifffahrtsgesellschaft',
    open: consent(partners.long, 'long'),
  },
  {
    name: 'consent-right-to-left-names',
    shows: 'دفتر الشمال',
    open: consent(partners.rightToLeft, 'noura'),
  },
  {
    name: 'consent-right-to-left-language',
    shows: 'السماح',
    open: (page, { arabic }) =>
      goToConsent(page, arabic, partners.optional, 'jonas', { ui_locales: 'ar' }),
  },
  {
    name: 'consent-nothing-chosen',
    shows: 'Choose what to connect.',
    open: async (page, servers) => {
      await consent(partners.optional, 'jonas')(page, servers)
      await page
        .locator('main form')
        .first()
        .evaluate((form: HTMLFormElement) => (form.noValidate = true))
      await page.locator('[value=allow]').click()
      await page.waitForLoadState()
    },
  },
]

const cannotConnectStates: readonly State[] = [
  {
    name: 'cannot-connect-no-company',
    shows: 'belongs to no company',
    open: consent(partners.plain, 'nobody'),
  },
  { name: 'cannot-connect', shows: 'Sofia Lindgren', open: consent(partners.plain, 'emil') },
  {
    name: 'cannot-connect-many',
    shows: '12 in the list',
    open: consent(partners.trial, 'trainee'),
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
  await page.locator('.connection .button').click()
  await page.waitForLoadState()
}

const connectionStates: readonly State[] = [
  {
    name: 'connections-none',
    shows: 'No application is connected.',
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
    shows: 'Sandbox Reports',
    open: async (page, { example }) => {
      await connectNordlys(example)
      await goToConnections(page, example, 'jonas')
    },
  },
  {
    name: 'connections-right-to-left-language',
    shows: 'Bright Bakery',
    open: async (page, { arabic }) => {
      await connect(arabic, { client: partners.optional })
      await page.goto(`${arabic}/oauth/connections?ui_locales=ar`)
      await signIn(page, 'sofia')
      await page.goto(`${arabic}/oauth/connections?ui_locales=ar`)
    },
  },
  { name: 'disconnect', shows: 'loses its access', open: toDisconnect },
  {
    name: 'connections-after-disconnecting',
    shows: 'no longer has access',
    open: async (page, servers) => {
      await toDisconnect(page, servers)
      await page.locator('main form button').click()
      await page.waitForLoadState()
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
  {
    name: 'error-already-answered',
    shows: 'already answered',
    open: async (page, { example }) => {
      await goToConsent(page, example, partners.plain, 'sofia')
      await postBehindThePage(page, { subject: companyUrn(bakery), decision: 'decline' })
      await page.locator('[value=allow]').click()
      await page.waitForLoadState()
    },
  },
  {
    name: 'error-bad-request',
    shows: 'invalid_client',
    open: async (page, { example }) =>
      void (await page.goto(
        askUrl(example, { ...partners.plain, client_id: 'nobody-knows-this-client' }),
      )),
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
