import { unexpected, type Answer, type Connection } from './http-client.ts'

/** A browser, as small as the load allows: cookies, redirects and forms. */
export interface Browser {
  /** Requests, and follows redirects while they stay on the server. */
  go(url: string, form?: Readonly<Record<string, string>>): Promise<Page>
  /** Posts the form of a page with its hidden fields. */
  submit(page: Page, fields: Readonly<Record<string, string>>): Promise<Page>
}

export interface Page extends Answer {
  readonly url: string
}

export function createBrowser(connection: Connection): Browser {
  const { origin } = connection
  // One flow has one interaction, so the path of a cookie makes no difference.
  const cookies = new Map<string, string>()

  const keep = (line: string): void => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    if (value === '') cookies.delete(name)
    else cookies.set(name, value)
  }

  const go: Browser['go'] = async (start, form) => {
    let url = new URL(start, origin)
    let body = form
    for (;;) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
      const headers = { accept: 'text/html', ...(cookie && { cookie }) }
      const answer = await connection.send(url.pathname + url.search, headers, body)
      answer.cookies.forEach(keep)
      const next = answer.location === undefined ? undefined : new URL(answer.location, url)
      if (next?.origin !== origin) return { ...answer, url: url.href }
      url = next
      body = undefined
    }
  }

  return {
    go,
    submit(page, fields) {
      const { action, hidden } = findForm(page)
      return go(new URL(action, page.url).href, { ...hidden, ...fields })
    },
  }
}

const forms = /<form[^>]*? action="([^"]+)"[^>]*>(.*?)<\/form>/gs
const hiddenFields = /<input type="hidden" name="([^"]+)" value="([^"]+)"/g

/** The form that goes on, not the one that changes the account. */
function findForm(page: Page): { action: string; hidden: Readonly<Record<string, string>> } {
  const [, action, content = ''] =
    [...page.text.matchAll(forms)].find(([, target]) => !target?.endsWith('/switch-account')) ?? []
  if (page.status !== 200 || action === undefined) throw unexpected(page.url, page)
  const pairs = [...content.matchAll(hiddenFields)].map(([, name, value]) => [name, value])
  return { action, hidden: Object.fromEntries(pairs) as Record<string, string> }
}
