/** The cookies of one browser, as far as a test needs them: by host and path, until they are removed. */
export interface Cookies {
  /** The `Cookie` header for a request (RFC 6265, Section 5.4). */
  headerFor(url: URL): string | undefined
  /** Keeps the cookies that an answer sets. */
  keep(url: URL, headers: Headers): void
}

interface Cookie {
  readonly host: string
  readonly path: string
  readonly name: string
  readonly value: string
}

/**
 * Keeps cookies. A cookie that is only for https is kept and sent all the same: the issuer may be one that is
 * reached at a port of this machine.
 */
export function createCookies(): Cookies {
  // From the oldest to the newest: a cookie that is set again stays as old as it was.
  const cookies = new Map<string, Cookie>()
  return {
    headerFor(url) {
      const matching = [...cookies.values()]
        .filter(({ host, path }) => host === url.hostname && isBelow(url.pathname, path))
        .toSorted((one, other) => other.path.length - one.path.length)
      if (matching.length === 0) return undefined
      return matching.map(({ name, value }) => `${name}=${value}`).join('; ')
    },
    keep(url, headers) {
      for (const line of headers.getSetCookie()) {
        const { isOver, ...cookie } = toCookie(url, line)
        const key = [cookie.host, cookie.path, cookie.name].join(' ')
        if (isOver) cookies.delete(key)
        else cookies.set(key, cookie)
      }
    },
  }
}

const isBelow = (path: string, parent: string): boolean =>
  path === parent || path.startsWith(parent.replace(/\/?$/, '/'))

function toCookie(url: URL, line: string): Cookie & { readonly isOver: boolean } {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim())
  const attributes = new Map(
    rest.map((part) => {
      const [name, value] = splitOnce(part)
      return [name.toLowerCase(), value]
    }),
  )
  const [name, value] = splitOnce(pair)
  const expires = Date.parse(attributes.get('expires') ?? '')
  const maxAge = Number(attributes.get('max-age') ?? 1)
  const ownPath = url.pathname.slice(0, url.pathname.lastIndexOf('/')) || '/'
  return {
    host: url.hostname,
    path: attributes.get('path') || ownPath,
    name,
    value,
    isOver: expires <= Date.now() || maxAge <= 0,
  }
}

function splitOnce(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  return at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
