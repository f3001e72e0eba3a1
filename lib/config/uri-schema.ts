import { z } from 'zod'
import { isLoopbackOrHttps } from '../http/url.ts'

/** How long a URI is at most. */
const longest = 2000

const text = z
  .string({ error: 'must be a string' })
  .min(1, { error: 'must not be empty' })
  .max(longest, { error: `must have ${longest} characters at most` })

/** A page of a client, or an address it names: `https`, or `http` for loopback hosts. */
export const webUri: z.ZodType<string> = checked('invalid_uri', (_, url) =>
  url.protocol === 'http:' || url.protocol === 'https:'
    ? httpProblem(url)
    : 'must be an https URL (http for loopback hosts)',
)

/** Where the browser goes with the answer. */
export const redirectUri: z.ZodType<string> = checked('invalid_redirect_uri', (value, url) =>
  url.protocol === 'http:' || url.protocol === 'https:' ? httpProblem(url) : schemeProblem(value),
)

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

function spellingProblem(value: string): string | undefined {
  // What a parser would mend or drop silently, another one takes for something else.
  if (/[^\w\-.~:/?#[\]@!$&'()*+,;=%]/.test(value)) {
    return 'must have nothing but the characters of a URI (RFC 3986, Section 2), with other hosts in their xn-- form'
  }
  if (value.includes('#')) return 'must not have a fragment (RFC 6749, Section 3.1.2)'
  if (value.includes('*')) return 'must not have a wildcard'
  const [, authority] = /^[^:/?]*:\/\/([^/?]*)/.exec(value) ?? []
  return authority?.includes('@') ? 'must not contain user name or password' : undefined
}

function httpProblem(url: URL): string | undefined {
  return isLoopbackOrHttps(url) ? undefined : 'must use https, except for loopback hosts'
}

/** RFC 8252, Section 7.1: a private scheme is a domain name in reverse. */
const schemeProblem = (value: string): string | undefined =>
  /^[a-z][a-z\d-]*(\.[a-z\d][a-z\d-]*)+:/i.test(value)
    ? undefined
    : 'must use https, or as a private scheme a domain name in reverse'
