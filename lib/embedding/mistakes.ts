/** What a host can get wrong so that only a request shows it: the code of the warning. */
export type Mistake =
  'wrong_prefix' | 'other_origin' | 'unknown_cookie_key' | 'body_consumed' | 'answer_changed'

/** Says what the host got wrong, once for each kind. */
export type TellMistake = (mistake: Mistake, message: string) => void

/** Tells by a warning of the process: it is printed with its code, unless the host listens to `warning`. */
export function createMistakeTeller(): TellMistake {
  const told = new Set<Mistake>()
  return (code, message) => {
    if (told.has(code)) return
    told.add(code)
    process.emitWarning(message, { type: 'EmbeddingWarning', code })
  }
}
