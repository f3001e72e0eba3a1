import type { Locator, Page } from 'playwright-core'
import type { ClientMetadata } from '../../lib/index.ts'
import { authorizationUrl, createPkce } from './flow.ts'
import { password } from './people.ts'

// What a person does in Chromium.

export const subjectParameter = 'urn:pleo:params:oauth:subject'

/** The URL at which a client sends the browser off, asking for all that it is registered for. */
export const askUrl = (
  issuer: string,
  client: ClientMetadata,
  params: Record<string, string> = {},
): string =>
  authorizationUrl(issuer, client, {
    scope: client.scope,
    code_challenge: createPkce().challenge,
    ...params,
  })

/** Clicks what leads to another page, and waits until that is there. */
export async function follow(link: Locator): Promise<void> {
  await Promise.all([link.page().waitForEvent('load'), link.click()])
}

export async function signIn(page: Page, as: string, typed: string = password): Promise<void> {
  await page.locator('[name=username]').fill(`${as}@example.test`)
  await page.locator('[name=password]').fill(typed)
  await follow(page.locator('button.button-primary'))
}

/** Comes from the client, signs in, and stops on the page that asks. */
export async function goToConsent(
  page: Page,
  issuer: string,
  client: ClientMetadata,
  as: string,
  params: Record<string, string> = {},
): Promise<void> {
  await page.goto(askUrl(issuer, client, params))
  await signIn(page, as)
}

export async function goToConnections(page: Page, issuer: string, as: string): Promise<void> {
  await page.goto(`${issuer}/oauth/connections`)
  await signIn(page, as)
}

/** Where the form of a page leads that goes on. For the page of an interaction, it is the URL of that page as well. */
export const formUrl = async (page: Page): Promise<string> =>
  (await page.locator('form').first().getAttribute('action')) ?? ''

/** Sends the form of a page before the person does, and does not go where the answer leads, which it resolves to. */
export async function postBehindThePage(
  page: Page,
  fields: Record<string, string>,
): Promise<string> {
  const csrf = await page.locator('[name=csrf]').first().inputValue()
  const { origin } = new URL(page.url())
  const answer = await page.request.post(await formUrl(page), {
    form: { csrf, ...fields },
    headers: { origin, 'sec-fetch-site': 'same-origin' },
    maxRedirects: 0,
  })
  return answer.headers()['location'] ?? ''
}
