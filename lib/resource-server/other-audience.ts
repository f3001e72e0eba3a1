import { createWarner } from './warnings.ts'

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
