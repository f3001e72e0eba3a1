import { createBrowser, type Browser } from './browser.ts'
import type { Endpoint } from './client-requests.ts'
import { FlowError } from './flow-error.ts'
import { checkPerson, type PersonOptions, type TestAccount } from './given.ts'
import { findForm, toPageWords, valuesOf, type Fields, type Page } from './forms.ts'

/** The result: the URL that the browser is sent to, and the choice of the person. */
interface Decided {
  readonly location: URL
  /** Undefined if the person declined, or did not decide. */
  readonly subject: string | undefined
}

/**
 * Opens the URL that a client sends the browser to, signs in, and decides.
 *
 * @param redirectUri - that of the client, if it is known
 * @throws FlowError if the browser is not sent back to a client; TypeError if a member is wrong
 */
export async function decide(
  { issuer, fetch }: Pick<Endpoint, 'issuer' | 'fetch'>,
  url: URL,
  person: PersonOptions,
  redirectUri: string | undefined,
): Promise<Decided> {
  checkPerson(person)
  const { account, decision = 'allow', ...choice } = person
  const browser = createBrowser(issuer, fetch, redirectUri)
  const page = await signIn(browser, await browser.go(url), account)
  if (page.location) return { location: page.location, subject: undefined }
  const fields = decision === 'allow' ? toConsent(page, choice) : toRefusal(page)
  const answer = await browser.submit(page, fields)
  if (!answer.location) {
    throw new FlowError(`the decision was not taken: it leads to ${toPageWords(answer)}`)
  }
  const { subject } = fields
  return { location: answer.location, subject }
}

/**
 * Signs in if the page asks for it.
 *
 * @throws FlowError if there is no account, or the server refuses it
 */
export async function signIn(
  browser: Browser,
  page: Page,
  account: TestAccount | undefined,
): Promise<Page> {
  if (typeof account === 'function') return account(page, browser)
  if (!isSignIn(page)) return page
  if (!account) throw new FlowError(`nobody signs in (account) on ${toPageWords(page)}`)
  const { username, password } = account
  const next = await browser.submit(page, { username, password })
  if (!isSignIn(next)) return next
  throw new FlowError(`${username} is not let in: what comes is ${toPageWords(next)}`)
}

const isSignIn = (page: Page): boolean =>
  !page.location && findForm(page, ['csrf', 'username', 'password']) !== undefined

/** The fields of the consent page that a person fills in. */
type Decision = Fields & { readonly subject?: string }

function toConsent(page: Page, { subject, optionalScope }: PersonOptions): Decision {
  const form = findForm(page, ['csrf', 'subject', 'decision'])
  if (!form) {
    const reason =
      page.status < 400 && findForm(page, ['csrf', 'decision'])
        ? 'the person has no authority to connect anything'
        : 'there is nothing to agree to'
    throw new FlowError(`${reason}: what comes is ${toPageWords(page)}`)
  }
  const offered = valuesOf(form, 'subject')
  const chosen = subject ?? offered[0]
  if (chosen === undefined || !offered.includes(chosen)) {
    const list = offered.join(', ') || 'nothing'
    throw new FlowError(`the person cannot connect ${chosen}: the page offers ${list}`)
  }
  const optional = valuesOf(form, 'scope')
  const ticked = optionalScope === undefined ? optional : optionalScope.split(' ').filter(Boolean)
  const missing = ticked.filter((name) => !optional.includes(name))
  if (missing.length > 0) {
    const list = optional.join(', ') || 'nothing'
    throw new FlowError(
      `the person cannot tick ${missing.join(', ')}: the page leaves open ${list}`,
    )
  }
  return { decision: 'allow', subject: chosen, ...(optional.length > 0 && { scope: ticked }) }
}

function toRefusal(page: Page): Decision {
  if (findForm(page, ['csrf', 'decision'])) return { decision: 'decline' }
  throw new FlowError(`there is nothing to decline: what comes is ${toPageWords(page)}`)
}
