import { knownProofAlgorithms } from '../validation/dpop-proof.ts'
import { findIssuerFlaw, isLoopbackOrHttps } from '../validation/url.ts'

/** Throws a TypeError about a wrong option. The message has the name of the option, and never its value. */
export type Check = (name: string, value: unknown) => void

/** A check for each option of a function. */
export type Checks<Options> = { readonly [Name in keyof Options]-?: Check }

/** Checks options, and refuses unknown ones: otherwise a misspelled option would have its default. */
export function checkOptions<Options>(
  name: string,
  options: Options,
  checks: Checks<Options>,
  separator = ': ',
): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`${name} must be an object`)
  for (const member of Object.keys(options)) {
    if (!Object.hasOwn(checks, member)) throw new TypeError(`${name} has no member ${member}`)
  }
  for (const [member, check] of Object.entries<Check>(checks))
    check(name + separator + member, options[member as keyof Options])
}

/** An option that has members of its own. */
export const checkMembers =
  <Options>(checks: Checks<Options>): Check =>
  (name, value) =>
    checkOptions(name, value as Options, checks, '.')

const checking =
  (isRight: (value: unknown) => boolean, expected: string): Check =>
  (name, value) => {
    if (!isRight(value)) throw new TypeError(`${name} must be ${expected}`)
  }

const isText = (value: unknown): boolean => typeof value === 'string' && value !== ''

export const checkText: Check = checking(isText, 'a text')
export const checkSwitch: Check = checking((value) => typeof value === 'boolean', 'true or false')
export const checkFunction: Check = checking((value) => typeof value === 'function', 'a function')
export const checkTexts: Check = checking(
  (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  'a list of texts',
)

/** An option that may be left out. */
export const optional =
  (check: Check): Check =>
  (name, value) => {
    if (value !== undefined) check(name, value)
  }

/** A number of seconds, or of things. The greatest number keeps milliseconds out. */
export const checkNumber = (least: number, most: number): Check =>
  optional(
    checking(
      (value) => typeof value === 'number' && value >= least && value <= most,
      `a number from ${least} to ${most}`,
    ),
  )

/** Parses a URL that secrets may be sent to, or that identifies a server. */
export function toUrl(name: string, value: unknown): URL {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (!url || !isLoopbackOrHttps(url) || url.hash !== '' || url.username !== '') {
    throw new TypeError(`${name} must be an absolute https URL (http for loopback hosts)`)
  }
  return url
}

/** An issuer, by the rules of the authorization server: no token has an issuer in another spelling. */
export const checkIssuer: Check = (name, value) => {
  const flaw = findIssuerFlaw(String(value), toUrl(name, value))
  if (flaw !== undefined) throw new TypeError(`${name} ${flaw}`)
}

const known: readonly unknown[] = knownProofAlgorithms

/** Signature algorithms of DPoP proofs. */
export const checkAlgorithms: Check = optional((name, value) => {
  checkTexts(name, value)
  if (!(value as readonly string[]).every((one) => known.includes(one)))
    throw new TypeError(`${name} may have ${known.join(', ')} only`)
})
