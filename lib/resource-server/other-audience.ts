/** Milliseconds between two warnings: what a stranger brings about with a token of another API fills no log. */
const pause = 3_600_000

/**
 * Makes what tells that a token was good, and for another API: to its client it is like any that is not good, and an API
 * that has its own name wrong refuses all. By a warning of the process, which is printed with its code unless the
 * application listens to `warning`.
 *
 * @param name - whose option the audience is
 */
export function createAudienceTeller(
  name: string,
  audience: string,
): (theirs: readonly string[]) => void {
  let told = -Infinity
  return (theirs) => {
    const now = Date.now()
    if (now - told < pause) return
    told = now
    const [those, ours] = [theirs.join(' '), audience].map(toShown)
    process.emitWarning(
      `a good access token was refused, as it is for ${those}: audience of ${name}() is ${ours}`,
      { type: 'ResourceServerWarning', code: 'other_audience' },
    )
  }
}

/** Quoted and short, for a log. */
const toShown = (text: string): string => JSON.stringify(text.slice(0, 100))
