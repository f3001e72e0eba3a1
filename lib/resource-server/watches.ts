import { createWarner, toShown } from '../validation/warner.ts'

/**
 * A warning of the process (`process.on('warning', …)`) about the API itself. Each verifier and each `bearer()` emits
 * a code at most once an hour. Node prints the warning unless the application listens.
 */
export interface ResourceServerWarning extends Error {
  readonly name: 'ResourceServerWarning'
  /**
   * `other_audience`: a good access token was refused because it is for another API. `clock_difference`: the clock of
   * this API differs from the clock of the authorization server.
   */
  readonly code: 'other_audience' | 'clock_difference'
  /**
   * With `clock_difference` only: how far the clock of this API is ahead, in seconds. The number is negative if the clock
   * is behind.
   */
  readonly seconds?: number
}

const warnOf = (code: ResourceServerWarning['code']): ReturnType<typeof createWarner> =>
  createWarner('ResourceServerWarning', code)

/** How far two clocks may differ without a warning, in milliseconds. */
const tolerance = 30_000

/** `Date` is written in whole seconds (RFC 9110, Section 5.6.7). */
const resolution = 1000

/**
 * Creates a `fetch` that compares the clock of the authorization server (`Date` of its answer) with the clock of this
 * process. If they differ, tokens seem to have ended when they have not, or seem to be good when they are not.
 *
 * @param name - the verifier that asks
 */
export function createClockWatch(name: string): typeof fetch {
  const warn = warnOf('clock_difference')
  return async (...request) => {
    const sentAt = Date.now()
    const response = await fetch(...request)
    const ahead = findDifference(response.headers, sentAt, Date.now())
    const seconds = Math.round(ahead / 1000)
    if (seconds !== 0) warn(toMessage(name, seconds), { seconds })
    return response
  }
}

/**
 * Returns how far this clock is ahead of the clock that wrote the header, in milliseconds. The number is negative if this clock is
 * behind, and 0 if the clocks can agree: the header was written at some time between request and answer, however long
 * that took.
 */
function findDifference(headers: Headers, sentAt: number, receivedAt: number): number {
  const date = Date.parse(headers.get('date') ?? '')
  if (Number.isNaN(date)) return 0
  // A cache repeats the `Date` of the stored answer, and adds its age (RFC 9111, Section 5.1).
  const age = Number(headers.get('age') ?? 0) * 1000 || 0
  const theirs = date + age
  const isPossible = sentAt <= theirs + resolution + tolerance && receivedAt >= theirs - tolerance
  return isPossible ? 0 : (sentAt + receivedAt - resolution) / 2 - theirs
}

function toMessage(name: string, seconds: number): string {
  const [relation, effect] =
    seconds > 0
      ? ['ahead of', 'Good access tokens may be refused as expired']
      : ['behind', 'Access tokens may be accepted after their end']
  return `the clock of this API is ${Math.abs(seconds)} seconds ${relation} that of the authorization server, which ${name}() asks. ${effect}, and DPoP proofs may be refused. Set both clocks by NTP.`
}

/**
 * Creates the function that warns of a good token for another API. Its client gets the same answer as for any bad token, and an API
 * whose own audience is wrong refuses every token.
 *
 * @param name - the function whose option is the audience
 */
export function createAudienceTeller(
  name: string,
  audience: string,
): (theirs: readonly string[]) => void {
  const warn = warnOf('other_audience')
  return (theirs) => {
    const [those, ours] = [theirs.join(' '), audience].map(toShown)
    warn(`a good access token was refused, as it is for ${those}: audience of ${name}() is ${ours}`)
  }
}
