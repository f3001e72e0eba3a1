/** What a host can get wrong so that only a request shows it: the code of the warning. */
export type Mistake =
  | 'wrong_prefix'
  | 'other_origin'
  | 'unknown_cookie_key'
  | 'body_consumed'
  | 'answer_changed'
  | 'unknown_time_zone'

/** Says what the host got wrong, each kind at most once an hour. */
export type TellMistake = (mistake: Mistake, message: string) => void

/** Milliseconds between two warnings of a kind: what a stranger brings about does not silence what comes later. */
const pause = 3_600_000

/** Tells by a warning of the process: it is printed with its code, unless the host listens to `warning`. */
export function createMistakeTeller(): TellMistake {
  const told = new Map<Mistake, number>()
  return (code, message) => {
    const now = Date.now()
    if (now - (told.get(code) ?? -Infinity) < pause) return
    told.set(code, now)
    process.emitWarning(message, { type: 'EmbeddingWarning', code })
  }
}

/** What strangers sent, quoted and short, for a log. */
export const toShown = (text: string): string => JSON.stringify(text.slice(0, 100))
