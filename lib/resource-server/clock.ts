import { createWarner } from './warnings.ts'

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
  const warn = createWarner('clock_difference')
  return async (...request) => {
    const sentAt = Date.now()
    const response = await fetch(...request)
    const ahead = findDifference(response.headers, sentAt, Date.now())
    const seconds = Math.round(ahead / 1000)
    if (seconds !== 0) warn(toMessage(name, seconds), seconds)
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
