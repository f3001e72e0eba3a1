import { createHash } from 'node:crypto'

const namespace = Buffer.from('8c4a8f0e5b7d4d0f9a3e2b1c6d7e8f90', 'hex')

/**
 * A UUID that is the same for the same name at every start.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9562.html#section-5.5 RFC 9562, Section 5.5} (version 5)
 */
export function stableId(name: string): string {
  const bytes = createHash('sha1').update(namespace).update(name).digest().subarray(0, 16)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
