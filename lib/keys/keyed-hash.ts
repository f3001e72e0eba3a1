import { hash } from 'node:crypto'

/** A keyed hash of a text. */
export type KeyedHash = (text: string) => Buffer

type Algorithm = 'sha1' | 'sha256'

/** The bytes that both algorithms read at a time, and the bytes of the longer hash. */
const blockLength = 64
const longestHash = 32

/** The longest text, in bytes, that finds its place behind the key. */
const longest = 1024

/**
 * Makes keyed hashes: HMAC. `createHmac` makes an object for each. That takes three times as long as the two hashes of which an HMAC
 * consists, and the next garbage collection has more to do.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc2104.html#section-2 RFC 2104, Section 2}
 */
export function createKeyedHash(
  key: string | Uint8Array,
  algorithm: Algorithm = 'sha256',
): KeyedHash {
  const given = Buffer.from(key)
  const short = given.length > blockLength ? plainHash(given, algorithm) : given
  const inner = startWith(short, 0x36, longest)
  const outer = startWith(short, 0x5c, longestHash)
  return (text) => {
    // A character has three bytes at most.
    const isShort = text.length * 3 <= longest
    const content = isShort
      ? inner.subarray(0, blockLength + inner.write(text, blockLength))
      : Buffer.concat([inner.subarray(0, blockLength), Buffer.from(text)])
    const length = outer.write(hash(algorithm, content, 'binary'), blockLength, 'latin1')
    return plainHash(outer.subarray(0, blockLength + length), algorithm)
  }
}

/** A hash without a key. Node makes a text of it, and then a buffer of the text, in less time than it makes a buffer directly. */
export const plainHash = (content: string | Uint8Array, algorithm: Algorithm = 'sha256'): Buffer =>
  Buffer.from(hash(algorithm, content, 'binary'), 'latin1')

/** A buffer that begins with the key, each byte of it changed by the pad, and has room behind it. */
function startWith(key: Uint8Array, pad: number, room: number): Buffer {
  const buffer = Buffer.alloc(blockLength + room, pad)
  key.forEach((byte, index) => (buffer[index] = byte ^ pad))
  return buffer
}
