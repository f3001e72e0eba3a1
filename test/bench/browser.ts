import { send, type Answer } from './http-client.ts'

/** A person's browser, as small as the load allows: cookies with their paths, and redirects. */
export interface Browser {
  /** Requests, and follows redirects while they stay on the server. */
  go(url: string, form?: Readonly<Record<string, string>>): Promise<Page>
}

export interface Page extends Answer {
  readonly url: string
}

interface Cookie {
  readonly pair: string
  readonly path: string
}

export function createBrowser(): Browser {
  const cookies = new Map<string, Cookie>()

  const cookieHeader = (path: string): Record<string, string> => {
    const pairs = [...cookies.values()]
      .filter((cookie) => path === cookie.path || path.startsWith(withSlash(cookie.path)))
      .map(({ pair }) => pair)
    return pairs.length > 0 ? { cookie: pairs.join('; ') } : {}
  }

  const keep = (line: string): void => {
    const [pair = '', ...attributes] = line.split('; ')
    const attribute = (name: string): string | undefined =>
      attributes.find((item) => item.startsWith(name))?.slice(name.length)
    const path = attribute('path=') ?? '/'
    const key = `${path} ${pair.slice(0, pair.indexOf('='))}`
    if (Date.parse(attribute('expires=') ?? '') < Date.now()) cookies.delete(key)
    else cookies.set(key, { pair, path })
  }

  return {
    async go(start, form) {
      const { origin } = new URL(start)
      let url = new URL(start)
      let body = form
      for (;;) {
        const answer = await send(
          url.href,
          { accept: 'text/html', ...cookieHeader(url.pathname) },
          body,
        )
        answer.cookies.forEach(keep)
        const next = answer.location === undefined ? undefined : new URL(answer.location, url)
        if (next?.origin !== origin) return { ...answer, url: url.href }
        url = next
        body = undefined
      }
    },
  }
}

const withSlash = (path: string): string => (path.endsWith('/') ? path : `${path}/`)

const forms = /<form[^>]*? action="([^"]+)"[^>]*>(.*?)<\/form>/gs
const hiddenFields = /<input type="hidden" name="([^"]+)" value="([^"]+)"/g

/** Posts the form of a page that goes on, not the one that changes the account, with its hidden fields. */
export async function submit(
  browser: Browser,
  page: Page,
  fields: Readonly<Record<string, string>>,
): Promise<Page> {
  const [, action, content] =
    [...page.text.matchAll(forms)].find(([, target]) => !target?.endsWith('/switch-account')) ?? []
  if (action === undefined || content === undefined) {
    throw new Error(`no form on ${page.url}: ${page.text.slice(0, 300)}`)
  }
  const hidden = [...content.matchAll(hiddenFields)].map(([, name = '', value = '']) => [
    name,
    value,
  ])
  return browser.go(new URL(action, page.url).href, { ...Object.fromEntries(hidden), ...fields })
}
