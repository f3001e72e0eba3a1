import { defaultProofAlgorithms, knownProofAlgorithms } from '../validation/dpop-proof.ts'
import { findIssuerFlaw, isLoopbackOrHttps } from '../validation/url.ts'

// Mistakes are reported when the middleware is made, by name and without the value.

/** Refuses what is no object, and members that do not exist: a misspelled one would be a default in silence. */
export function checkMembers(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${name} must be an object`)
  for (const member of Object.keys(options)) {
    if (!known.includes(member)) throw new TypeError(`${name} has no member ${member}`)
  }
}

/** Refuses what is no text. */
export function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a text`)
}

/** Refuses what is neither true nor false. */
export function checkSwitch(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`)
}

/** Refuses what is no list of texts, or an empty one. */
export function checkTexts(name: string, value: unknown): void {
  const isList = Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')
  if (!isList || value.length === 0) throw new TypeError(`${name} must be a list of texts`)
}

/** Signature algorithms that proofs may have, by the option of that name. */
export function toProofAlgorithms(
  name: string,
  value: readonly string[] = defaultProofAlgorithms,
): readonly string[] {
  checkTexts(`${name}: dpopSigningAlgorithms`, value)
  const known: readonly string[] = knownProofAlgorithms
  if (value.every((one) => known.includes(one))) return value
  throw new TypeError(`${name}: dpopSigningAlgorithms may have ${known.join(', ')} only`)
}

/** Refuses what is no function. */
export function checkFunction(name: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${name} must be a function`)
}

/** A URL that secrets may be sent to, or that identifies a server. */
export function toUrl(name: string, value: unknown): URL {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (!url || !isLoopbackOrHttps(url) || url.hash !== '' || url.username !== '') {
    throw new TypeError(`${name} must be an absolute https URL (http for loopback hosts)`)
  }
  return url
}

/** An issuer, as the authorization server takes its own: all tokens of another spelling would be refused in silence. */
export function checkIssuer(name: string, value: unknown): void {
  const flaw = findIssuerFlaw(String(value), toUrl(name, value))
  if (flaw !== undefined) throw new TypeError(`${name} ${flaw}`)
}

/** A number of seconds, or of things. That there is a most keeps milliseconds out. */
export function toNumber(
  name: string,
  value: unknown,
  [least, most]: readonly [number, number],
  fallback: number,
): number {
  if (value === undefined) return fallback
  if (typeof value === 'number' && value >= least && value <= most) return value
  throw new TypeError(`${name} must be a number from ${least} to ${most}`)
}
