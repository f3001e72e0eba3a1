/** A browser without a screen: keeps cookies, posts forms, stops where the answer leaves the server. */
export interface Browser {
  /** Requests, with the cookies; follows redirects that stay on the server. */
  go(url: string, init?: RequestInit): Promise<Page>
  /** Posts the form of a page, with its hidden fields. */
  submit(page: Page, fields: Fields, init?: SubmitInit): Promise<Page>
  readonly cookies: Map<string, Cookie>
}

/** The fields of a form; one that is there often has a list. */
export type Fields = Readonly<Record<string, string | readonly string[]>>

export interface SubmitInit {
  readonly action?: string
  readonly headers?: Record<string, string>
}

export interface Cookie {
  readonly value: string
  readonly path: string
  readonly attributes: string
}

export interface Page {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** Where the answer leads that was not followed, because it leaves the server. */
  readonly location: URL | undefined
}

const follow = 20

export function createBrowser(): Browser {
  const cookies = new Map<string, Cookie>()

  const send = async (url: URL, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', ...cookieHeader(url), ...(init.headers as object) },
    })
    for (const line of response.headers.getSetCookie()) keep(url, line)
    return response
  }

  const cookieHeader = (url: URL): Record<string, string> => {
    const matching = [...cookies]
      .filter(
        ([, { path }]) =>
          url.pathname === path || url.pathname.startsWith(path.replace(/\/?$/, '/')),
      )
      .map(([key, { value }]) => `${key.slice(key.indexOf(' ') + 1)}=${value}`)
    return matching.length > 0 ? { cookie: matching.join('; ') } : {}
  }

  const keep = (url: URL, line: string): void => {
    const [pair = '', ...attributes] = line.split('; ')
    const [name = '', value = ''] = pair.split('=', 2)
    const path = attributes.find((item) => /^path=/i.test(item))?.slice(5) ?? url.pathname
    const key = `${path} ${name}`
    const expires = attributes.find((item) => /^expires=/i.test(item))?.slice(8)
    if (expires && Date.parse(expires) < Date.now()) cookies.delete(key)
    else cookies.set(key, { value, path, attributes: attributes.join('; ') })
  }

  const go = async (url: string, init: RequestInit = {}): Promise<Page> => {
    let at = new URL(url)
    let response = await send(at, init)
    for (let hops = 0; hops < follow; hops += 1) {
      const target = response.headers.get('location')
      const text = await response.text()
      const location = target === null ? undefined : new URL(target, at)
      const leaves = location !== undefined && location.origin !== at.origin
      if (!location || leaves) {
        return { url: at, status: response.status, headers: response.headers, text, location }
      }
      at = location
      response = await send(at, {})
    }
    throw new Error(`more than ${follow} redirects from ${url}`)
  }

  return {
    go,
    cookies,
    submit: (page, fields, { action, headers } = {}) =>
      go(action ?? formAction(page), {
        method: 'POST',
        body: toForm({ csrf: formToken(page), ...fields }),
        headers: { origin: page.url.origin, 'sec-fetch-site': 'same-origin', ...headers },
      }),
  }
}

const toForm = (fields: Fields): URLSearchParams =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
  )

/** A name as it stands in a sentence: isolated, whichever way it is written. */
export const isolated = (name: string): string => `\u2068${name}\u2069`

export const formAction = (page: Page): string =>
  /<form[^>]*action="([^"]+)"/.exec(page.text)?.[1]?.replaceAll('&amp;', '&') ?? fail(page, 'form')

/** The URL of the interaction that a page asks about. Its page may be the answer to the request that started it. */
export const urlOfInteraction = (page: Page): URL => {
  const [action] = /[^"]*\/oauth\/interaction\/[\w-]+/.exec(page.text) ?? []
  return action === undefined ? page.url : new URL(action)
}

export const formToken = (page: Page): string =>
  /name="csrf"[^>]*value="([^"]+)"/.exec(page.text)?.[1] ?? fail(page, 'form token')

function fail(page: Page, what: string): never {
  throw new Error(`no ${what} on ${page.url.href} (${page.status}): ${page.text.slice(0, 500)}`)
}
