import { hash } from 'node:crypto'

/** SHA-256 of a text. Node makes a text of it in less time than a buffer. */
export const plainHash = (text: string | Uint8Array): Buffer =>
  Buffer.from(hash('sha256', text, 'binary'), 'latin1')

const blockLength = 64
const hashLength = 32

/** The longest text, in bytes, that finds its place behind the key. */
const longest = 1024

/**
 * Makes keyed hashes of texts: HMAC with SHA-256. `createHmac` makes an object for each, which takes four times as long as the two
 * hashes that an HMAC is, and more at the next garbage collection.
 *
 * @param key - 64 bytes at most
 * @see {@link https://www.rfc-editor.org/rfc/rfc2104.html#section-2 RFC 2104, Section 2}
 */
export function createKeyedHash(key: Uint8Array): (text: string) => Buffer {
  const inner = startWith(key, 0x36, longest)
  const outer = startWith(key, 0x5c, hashLength)
  return (text) => {
    // A character has three bytes at most.
    const isShort = text.length * 3 <= longest
    const content = isShort
      ? inner.subarray(0, blockLength + inner.write(text, blockLength))
      : Buffer.concat([inner.subarray(0, blockLength), Buffer.from(text)])
    outer.write(hash('sha256', content, 'binary'), blockLength, 'latin1')
    return plainHash(outer)
  }
}

/** A buffer that begins with the key, each byte of it changed by the pad, and has room behind it. */
function startWith(key: Uint8Array, pad: number, room: number): Buffer {
  const buffer = Buffer.alloc(blockLength + room, pad)
  key.forEach((byte, index) => (buffer[index] = byte ^ pad))
  return buffer
}
