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

/** Milliseconds between two warnings: a stranger who repeats a request must not fill the log. */
const pause = 3_600_000

type Warn = (message: string, seconds?: number) => void

/** Creates a function that emits this warning at most once an hour. */
export function createWarner(code: ResourceServerWarning['code']): Warn {
  let warnedAt = -Infinity
  return (message, seconds) => {
    const now = Date.now()
    // A clock that was set right may be far before the last warning.
    if (Math.abs(now - warnedAt) < pause) return
    warnedAt = now
    const name = 'ResourceServerWarning'
    const warning: ResourceServerWarning = Object.assign(new Error(message), {
      name,
      code,
      ...(seconds !== undefined && { seconds }),
    } as const)
    process.emitWarning(warning)
  }
}

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

/**
 * Makes what tells that a token was good, and for another API: to its client it is like any that is not good, and an API
 * that has its own name wrong refuses all.
 *
 * @param name - whose option the audience is
 */
export function createAudienceTeller(
  name: string,
  audience: string,
): (theirs: readonly string[]) => void {
  const warn = createWarner('other_audience')
  return (theirs) => {
    const [those, ours] = [theirs.join(' '), audience].map(toShown)
    warn(`a good access token was refused, as it is for ${those}: audience of ${name}() is ${ours}`)
  }
}

/** Quoted and short, for a log. */
const toShown = (text: string): string => JSON.stringify(text.slice(0, 100))
