import { z } from 'zod'
import { isLoopbackOrHttps } from './url.ts'

/** The most characters of a URI. */
const longest = 2000

const text = z
  .string({ error: 'must be a string' })
  .min(1, { error: 'must not be empty' })
  .max(longest, { error: `must have ${longest} characters at most`, abort: true })

/** A page of a client, or an address it names: `https`, or `http` for loopback hosts. */
export const webUri: z.ZodType<string> = checked('invalid_uri', (value, url) =>
  isWeb(url) ? webProblem(value, url) : 'must be an https URL (http for loopback hosts)',
)

/** The URI that the browser is sent to with the answer. */
export const redirectUri: z.ZodType<string> = checked('invalid_redirect_uri', (value, url) =>
  isWeb(url) ? webProblem(value, url) : schemeProblem(value),
)

/** Brings equal URIs to one spelling. Returns any other value as it is. */
export const toOneSpelling = (value: unknown): unknown =>
  typeof value === 'string' ? (URL.parse(value)?.href ?? value) : value

function checked(
  code: string,
  find: (value: string, url: URL) => string | undefined,
): z.ZodType<string> {
  return text.superRefine((value, context) => {
    const url = URL.parse(value)
    const problem =
      value === ''
        ? undefined
        : (spellingProblem(value) ?? (url ? find(value, url) : 'must be an absolute URI'))
    if (problem) context.addIssue({ code: 'custom', message: problem, params: { code } })
  })
}

// A parser mends or drops some characters silently, and another parser reads them differently: they are refused.

function spellingProblem(value: string): string | undefined {
  if (/[^\w\-.~:/?#[\]@!$&'()*+,;=%]/.test(value)) {
    return 'must have nothing but the characters of a URI (RFC 3986, Section 2), with other hosts in their xn-- form'
  }
  if (value.includes('#')) return 'must not have a fragment (RFC 6749, Section 3.1.2)'
  if (value.includes('*')) return 'must not have a wildcard'
  if (/%(?![\da-f]{2})/i.test(value)) {
    return 'must have two hexadecimal digits behind every % (RFC 3986, Section 2.1)'
  }
  // With any number of slashes: a parser may read what follows as the authority.
  return /^[^:/?]*:\/*[^/?]*@/.test(value) ? 'must not contain user name or password' : undefined
}

const isWeb = ({ protocol }: URL): boolean => protocol === 'http:' || protocol === 'https:'

function webProblem(value: string, url: URL): string | undefined {
  const [, authority] = /^https?:\/\/([^/?]+)/i.exec(value) ?? []
  if (authority === undefined) return 'must have :// and a host behind http or https'
  const { protocol, hostname, host } = url
  const withPort = `${hostname}:${protocol === 'https:' ? 443 : 80}`
  if (![host, withPort].includes(authority.toLowerCase())) {
    return 'must have host and port as a browser shows them: nothing encoded, IP addresses in their usual form, no leading zeros'
  }
  return isLoopbackOrHttps(url) ? undefined : 'must use https, except for loopback hosts'
}

/** RFC 8252, Section 7.1: a private scheme is a domain name in reverse. */
const schemeProblem = (value: string): string | undefined =>
  /^[a-z][a-z\d-]*(\.[a-z\d][a-z\d-]*)+:/i.test(value)
    ? undefined
    : 'must use https, or as a private scheme a domain name in reverse'
