/** Where a text stops being JSON, and what is wrong there. The package has the same for the files that it reads. */
export function toPlace(text: string): string {
  const end = findMistake(text)
  const before = text.slice(0, end).trimEnd()
  const isComma = before.endsWith(',') && /[\]},]/.test(text[end] ?? '')
  const lines = (isComma ? before.slice(0, -1) : text.slice(0, end)).split('\n')
  const place = `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`
  const hint = isComma ? ': a comma too many' : end === text.length ? ': it ends too early' : ''
  return place + hint
}

/** The index of the first character that cannot be there: the text up to it is the beginning of some JSON. */
function findMistake(text: string): number {
  if (isBeginning(text)) return text.length
  let [right, wrong] = [0, text.length]
  while (wrong - right > 1) {
    const middle = Math.floor((right + wrong) / 2)
    if (isBeginning(text.slice(0, middle))) right = middle
    else wrong = middle
  }
  return right
}

/** Whether the parser goes through the whole text, and misses what should come behind it. */
function isBeginning(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const [, position] = / at position (\d+)/.exec(String(error)) ?? []
    return (
      /end of JSON input|Unterminated string/.test(String(error)) ||
      Number(position) === text.length
    )
  }
}
