import { readTextFile } from './text-file.ts'

/** The text of a file is not JSON. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError'
}

/**
 * Reads JSON that a person wrote. The parser of the engine names no line for most mistakes, and quotes the text.
 *
 * @throws {@link JsonTextError} that says where the mistake is, and begins as a sentence about the file
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new JsonTextError(`is not JSON (${toPlace(text)})`)
  }
}

/**
 * Reads a file of JSON.
 *
 * @throws {@link JsonTextError} and `TextEncodingError` with its path; what `readFileSync` throws
 */
export function readJsonFile(path: string): unknown {
  const text = readTextFile(path)
  try {
    return parseJson(text)
  } catch (error) {
    throw new JsonTextError(`${path} ${(error as Error).message}`)
  }
}

function toPlace(text: string): string {
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
