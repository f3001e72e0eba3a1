import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import Provider from 'oidc-provider'

/**
 * How long after a code was used, or after the latest loser, a repeat may still be the loser of a
 * race, in milliseconds. A busy machine stretches a burst.
 */
const raceWindow = 1000

/** No burst is longer than this, in milliseconds. */
const longestRace = 10_000

/** Tells the loser of a race, who is refused and no more, from a replay, which ends the grant. */
export interface Races {
  /** This request was the first to use the code. */
  addWinner(id: string): void
  /**
   * Whether this request, which came second, lost a race.
   *
   * @param age - how long ago the code was used, in milliseconds
   */
  isLoser(id: string, age: number): boolean
}

interface Race {
  readonly socket: Socket
  latestAt: number
  hasLosers: boolean
}

/** Whether a proxy is on the way, which sends everybody's requests over the same connections. */
const isShared = (headers: IncomingHttpHeaders): boolean =>
  ['via', 'forwarded', 'x-forwarded-for'].some((name) => headers[name] !== undefined)

/**
 * A code that is redeemed twice by accident comes over several connections within moments. Whoever
 * asks again on the connection that carried the winner's answer, with nobody else about, has had that
 * answer: that is a replay, however soon.
 */
export function createRaces(): Races {
  const races = new Map<string, Race>()
  const forgetOld = (now: number): void => {
    for (const [id, { latestAt }] of races) {
      if (now - latestAt <= raceWindow) return
      races.delete(id)
    }
  }
  return {
    addWinner(id) {
      const now = performance.now()
      forgetOld(now)
      const socket = Provider.ctx?.req.socket
      if (socket) races.set(id, { socket, latestAt: now, hasLosers: false })
    },
    isLoser(id, age) {
      const ctx = Provider.ctx
      const now = performance.now()
      if (ctx?.oidc.route !== 'token' || age > longestRace) return false
      const race = races.get(id)
      // Where another process has the race, what it saw of connections is not known here.
      if ((race ? now - race.latestAt : age) > raceWindow) return false
      if (!race) return true
      race.hasLosers ||= race.socket !== ctx.req.socket || isShared(ctx.req.headers)
      if (race.hasLosers) race.latestAt = now
      return race.hasLosers
    },
  }
}
