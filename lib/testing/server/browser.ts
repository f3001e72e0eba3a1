import { CookieJar } from 'tough-cookie'
import type { TestFetch } from './listening.ts'
import { FlowError } from './flow-error.ts'
import { fillForm, type Fields, type Page } from './forms.ts'
import { isAnswer, type Answered } from './redirects.ts'

/** A browser without a screen and without scripts: one person, with cookies. */
export interface Browser {
  /**
   * Goes to an address, and follows redirects as long as they stay on that host or lead to the authorization server. The
   * answer to a client is never followed.
   */
  go(url: URL | string, init?: RequestInit): Promise<Page>
  /** Fills in the form that has these fields, and sends it with its other fields. */
  submit(page: Page, fields: Fields): Promise<Page>
}

const mostRedirects = 20

/**
 * Makes a browser without cookies.
 *
 * @param redirectUri - that of the client that sent the person here, if it is known
 */
export function createBrowser(issuer: string, fetch: TestFetch, redirectUri?: string): Browser {
  const cookies = new CookieJar()
  const home = new URL(issuer).origin
  const answered: Answered = { issuer, redirectUri }

  const send = async (url: URL, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (!headers.has('accept')) headers.set('accept', 'text/html')
    const cookie = cookies.getCookieStringSync(url.href)
    if (cookie !== '') headers.set('cookie', cookie)
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      cookies.setCookieSync(line, url.href, { ignoreError: true })
    }
    return response
  }

  const go: Browser['go'] = async (address, init = {}) => {
    let url = new URL(address)
    let response = await send(url, init)
    for (let count = 0; count <= mostRedirects; count += 1) {
      const text = await response.text()
      const target = response.headers.get('location')
      const location = target === null ? undefined : new URL(target, url)
      const isNear = location?.origin === url.origin || location?.origin === home
      if (!location || !isNear || isAnswer(location, answered)) {
        return { url, status: response.status, headers: response.headers, text, location }
      }
      url = location
      response = await send(url, {})
    }
    throw new FlowError(`more than ${mostRedirects} redirects from ${new URL(address).pathname}`)
  }

  return {
    go,
    submit(page, fields) {
      const { action, body } = fillForm(page, fields)
      const headers = { origin: page.url.origin, 'sec-fetch-site': 'same-origin' }
      return go(action, { method: 'POST', body, headers })
    },
  }
}
