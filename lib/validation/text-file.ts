import { readFileSync } from 'node:fs'

/** The bytes of a file, or of a body, are no text that this package reads. */
export class TextEncodingError extends Error {
  override readonly name = 'TextEncodingError'
}

/**
 * Makes a text of bytes: UTF-8, or UTF-16 with a byte order mark, as editors on Windows save it. The text has no byte order mark.
 *
 * @throws {@link TextEncodingError} that says what to do, and begins as a sentence about the file
 */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes
  const isLittle = first === 0xff && second === 0xfe
  const isBig = first === 0xfe && second === 0xff
  try {
    const encoding = isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8'
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    // No text file has one. UTF-16 without its mark does, read as UTF-8.
    if (!text.includes('\0')) return text
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
  }
  throw new TextEncodingError('is not text in UTF-8: save it as UTF-8')
}

/**
 * Reads a text file.
 *
 * @throws {@link TextEncodingError} with its path; what `readFileSync` throws
 */
export function readTextFile(path: string): string {
  try {
    return decodeText(readFileSync(path))
  } catch (error) {
    if (!(error instanceof TextEncodingError)) throw error
    throw new TextEncodingError(`${path} ${error.message}`)
  }
}
