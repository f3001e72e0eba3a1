import { createHash, createHmac, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createKeyedHash, plainHash } from '../../lib/keys/keyed-hash.ts'

const lengths = [...Array(130).keys(), 340, 341, 342, 343, 1023, 1024, 1025, 5000]
const characters = ['a', 'é', '€', '👍', '\ud800']
const texts = lengths.flatMap((length) => characters.map((character) => character.repeat(length)))
const keys = [...[0, 1, 32, 63, 64, 65, 200].map((length) => randomBytes(length)), 'é'.repeat(40)]

test.each(['sha1', 'sha256'] as const)(
  'a keyed hash is the HMAC with %s, for keys and texts of every length and with any character',
  (algorithm) => {
    const hashes = keys.map((key) => createKeyedHash(key, algorithm))
    // In turn: no hash leaves anything behind in another one.
    for (const text of texts) {
      const expected = keys.map((key) => createHmac(algorithm, key).update(text).digest('hex'))
      expect(hashes.map((hash) => hash(text).toString('hex'))).toEqual(expected)
    }
  },
)

test('a keyed hash is what RFC 4231, Section 4.3, says', () => {
  const hash = createKeyedHash('Jefe')
  expect(hash('what do ya want for nothing?').toString('hex')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test('a plain hash is SHA-256', () => {
  for (const text of texts) {
    expect(plainHash(text).toString('hex')).toBe(createHash('sha256').update(text).digest('hex'))
  }
})
