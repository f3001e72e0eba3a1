/** The two ends of an authorization request. */
export interface Answered {
  readonly issuer: string
  /** Undefined if the request does not name it. */
  readonly redirectUri: string | undefined
}

/** Whether an address is the redirect URI, with or without a query. */
export const isRedirectUri = (location: URL, redirectUri: string | undefined): boolean => {
  const expected = URL.parse(redirectUri ?? '')
  return expected !== null && withoutQuery(location) === withoutQuery(expected)
}

/**
 * Whether a redirect is the answer to a client: it leads to the redirect URI, or has the parameters of an answer (RFC 9207).
 * If a request was pushed, its redirect URI is not known.
 */
export function isAnswer(location: URL, { issuer, redirectUri }: Answered): boolean {
  const { searchParams } = location
  const isOfIssuer = searchParams.get('iss') === issuer
  const hasResult = searchParams.has('code') || searchParams.has('error')
  return (isOfIssuer && hasResult) || isRedirectUri(location, redirectUri)
}

/** Describes a redirect, without its code or state. */
export function toRedirectWords(location: URL): string {
  const error = location.searchParams.get('error')
  const description = location.searchParams.get('error_description')
  const place = `a redirect to ${toPlace(location)}`
  if (error === null) return place
  return `${place} with the error ${error}${description === null ? '' : ` (${description})`}`
}

/** A URL without query, fragment and user. */
export const toPlace = (url: URL): string =>
  Object.assign(new URL(url), { search: '', hash: '', username: '', password: '' }).href

// Not by the origin and path: a private scheme has no origin.
const withoutQuery = (url: URL): string => Object.assign(new URL(url), { search: '' }).href
