/**
 * Makes a text of a file: UTF-8, or UTF-16 with a byte order mark, as editors on Windows save it. Undefined if it is neither.
 */
export function decode(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes
  const isLittle = first === 0xff && second === 0xfe
  const isBig = first === 0xfe && second === 0xff
  try {
    const encoding = isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8'
    const text = new TextDecoder(encoding, { fatal: true }).decode(bytes)
    // UTF-16 without its mark has NULs, read as UTF-8.
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
