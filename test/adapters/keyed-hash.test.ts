import { createHash, createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createKeyedHash, plainHash } from '../../adapters/redis/keyed-hash.ts'

const lengths = [...Array(130).keys(), 340, 341, 342, 343, 1023, 1024, 1025, 5000]
const texts = lengths.flatMap((length) =>
  ['a', 'é', '€', '👍', '\ud800'].map((c) => c.repeat(length)),
)

test('a keyed hash is the HMAC with SHA-256, for texts of every length and with any character', () => {
  const keys = [randomBytes(32), randomBytes(64), new Uint8Array(32)]
  const hashes = keys.map((key) => createKeyedHash(key))
  // In turn: none leaves anything behind in another one.
  for (const text of texts) {
    const expected = keys.map((key) => createHmac('sha256', key).update(text).digest('hex'))
    expect(hashes.map((hash) => hash(text).toString('hex'))).toEqual(expected)
  }
})

test('a keyed hash gives what RFC 4231, Section 4.3, says', () => {
  const hash = createKeyedHash(Buffer.from('Jefe'))
  expect(hash('what do ya want for nothing?').toString('hex')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('a plain hash is SHA-256', () => {
  for (const text of texts) {
    expect(plainHash(text).toString('hex')).toBe(createHash('sha256').update(text).digest('hex'))
  }
})
