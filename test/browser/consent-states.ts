import type { Page } from 'playwright-core'
import type { ClientMetadata } from '../../lib/index.ts'
import { bakery, companyUrn, nordlysCompanies, the201st } from '../support/crowd.ts'
import { connect } from '../support/flow.ts'
import { partners } from '../support/partners.ts'
import { follow, goToConsent, subjectParameter } from '../support/steps.ts'
import { fortyClient } from './forty-scopes.ts'
import type { Servers, State } from './state.ts'

type Params = Record<string, string>

const consent =
  (client: ClientMetadata, as: string, params: Params = {}) =>
  (page: Page, { example }: Servers): Promise<void> =>
    goToConsent(page, example, client, as, params)

const preselected = { [subjectParameter]: companyUrn(nordlysCompanies[1]) }
const unfold = (page: Page, folded: string): Promise<void> =>
  page.locator(`${folded} > summary`).click()

/** The page that asks. */
export const consentStates: readonly State[] = [
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
    shows: 'Companies that join later are included.',
    open: consent(partners.organization, 'jonas'),
  },
  {
    name: 'consent-every-scope',
    shows: 'vendors:write',
    open: async (page, servers) => {
      await consent(partners.everything, 'sofia')(page, servers)
      await unfold(page, '.about')
    },
  },
  {
    name: 'consent-forty-scopes',
    shows: 'Change things of kind 20',
    open: (page, { forty }) => goToConsent(page, forty, fortyClient, 'sofia'),
  },
  {
    name: 'consent-optional-scopes',
    shows: 'Optional access is off unless you tick it.',
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
    shows: 'Test app: in development',
    open: consent(partners.trial, 'sofia'),
  },
  {
    name: 'consent-verified-client',
    shows: 'Checked by Pleo',
    open: consent(partners.verified, 'sofia'),
  },
  {
    name: 'consent-read-only',
    shows: 'change anything',
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
    shows: 'Choose a company.',
    open: async (page, servers) => {
      await consent(partners.optional, 'jonas')(page, servers)
      await follow(page.locator('[value=allow]'))
    },
  },
]

/** The page of who cannot answer. */
export const cannotConnectStates: readonly State[] = [
  {
    name: 'cannot-connect-no-company',
    shows: 'does not belong to a company',
    open: consent(partners.plain, 'nobody'),
  },
  { name: 'cannot-connect', shows: 'Sofia Lindgren', open: consent(partners.plain, 'emil') },
  {
    name: 'cannot-connect-many',
    shows: '12 in the list',
    open: consent(partners.trial, 'trainee'),
  },
]
