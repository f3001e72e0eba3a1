import { InvalidArgumentError } from 'commander'
import { isLoopbackOrHttps } from '../../validation/url.ts'
import { parseSubject } from '../../pleo/subject.ts'

/** A redirect URI on this machine. */
export interface RedirectUri {
  /** As it is registered: it is compared letter for letter. */
  readonly text: string
  readonly url: URL
}

/** The issuer: secrets and tokens travel to it, so that it is `https`, or on this machine. */
export function toIssuer(text: string): URL {
  const url = URL.parse(text)
  // Without a scheme, the name of a host with a port is taken for one.
  if (!url || !/^https?:\/\//i.test(text))
    throw new InvalidArgumentError('It must begin with https://, or http:// for loopback hosts.')
  if (!isLoopbackOrHttps(url))
    throw new InvalidArgumentError('It must use https, except for loopback hosts.')
  if (url.search || url.hash || url.username || url.password)
    throw new InvalidArgumentError('It must have no query, fragment, user name or password.')
  return url
}

/** A redirect URI that this command can listen on. */
export function toRedirectUri(text: string): RedirectUri {
  const url = URL.parse(text)
  if (!url || url.protocol !== 'http:' || !isLoopbackOrHttps(url))
    throw new InvalidArgumentError(
      'It must begin with http://127.0.0.1, http://[::1] or http://localhost.',
    )
  if (url.port === '0') throw new InvalidArgumentError('It must name the port to listen on.')
  if (text.includes('#') || url.username || url.password)
    throw new InvalidArgumentError('It must have no fragment, user name or password.')
  return { text, url }
}

/** The subject that is asked for. */
export function toSubject(text: string): string {
  const subject = parseSubject(text)
  if (subject) return subject.urn
  throw new InvalidArgumentError(
    'It must be urn:pleo:company:<uuid> or urn:pleo:organization:<uuid>.',
  )
}

/** A number of seconds, up to an hour. */
export function toSeconds(text: string): number {
  const seconds = Number(text)
  if (/^[1-9]\d*$/.test(text) && seconds <= 3600) return seconds
  throw new InvalidArgumentError('It must be a whole number from 1 to 3600.')
}
