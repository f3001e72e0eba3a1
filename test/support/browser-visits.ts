import { formToken, type Browser, urlOfInteraction, type Page } from './browser.ts'

/** What came back, for a program or for a person. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Where the answer leads that was not followed. */
  readonly location?: URL | undefined
}

/** What a person does in a browser, at one page. */
export interface Visit {
  readonly browser: Browser
  readonly at: string
  readonly begin: () => Promise<Page>
}

/** Looks at a page. */
export const load = (browser: Browser, at: string): Visit => ({
  browser,
  at,
  begin: () => browser.go(at),
})

/** Sends the form of a page. */
export const submit = (browser: Browser, page: Page, fields: Record<string, string>): Visit => ({
  browser,
  at: urlOfInteraction(page).href,
  begin: () => browser.submit(page, fields),
})

/** A person who reloads the page that did not come, and takes the way on that a page offers. */
export function toPerson({ browser, at, begin }: Visit): () => Promise<Page> {
  let next = begin
  return async () => {
    const page = await next()
    const { href } = page.url
    if (href !== at) next = () => browser.go(href)
    // Links to the application and to the connections do not go on with the request.
    const [, wayOn] =
      /<a class="button[^"]*" href="([^"]+\/oauth\/authorize\/[^"]+)"/.exec(page.text) ?? []
    // A link to the same page is for later.
    return wayOn === undefined || wayOn === href ? page : browser.go(wayOn)
  }
}

/** Sends the form of a page, and answers where that leads, without going there. */
export async function decide(
  browser: Browser,
  page: Page,
  fields: Record<string, string>,
): Promise<string> {
  const body = new URLSearchParams({ csrf: formToken(page), ...fields })
  const cookies = [...browser.cookies]
    .filter(([, { path }]) => urlOfInteraction(page).pathname.startsWith(path))
    .map(([key, { value }]) => `${key.slice(key.indexOf(' ') + 1)}=${value}`)
  const headers = { cookie: cookies.join('; '), origin: page.url.origin }
  const response = await fetch(urlOfInteraction(page), {
    method: 'POST',
    body,
    headers,
    redirect: 'manual',
  })
  const target = response.headers.get('location')
  if (target === null) throw new Error(`no way on: ${response.status} ${await response.text()}`)
  return target
}

export const isSignInPage = ({ status, text }: Pick<Reply, 'status' | 'text'>): boolean =>
  status === 200 && text.includes('name="password"')

export const isConsentPage = ({ status, text }: Reply): boolean =>
  status === 200 && text.includes('value="allow"')

/** Whether the browser is sent to the client with a code. */
export const hasCode = ({ status, location }: Reply): boolean =>
  status === 303 && location !== undefined && location.searchParams.has('code')
