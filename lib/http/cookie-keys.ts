import { timingSafeEqual } from 'node:crypto'
import type Application from 'koa'
import { createKeyedHash, type KeyedHash } from '../keys/keyed-hash.ts'

type CookieKeys = Exclude<Application['keys'], readonly string[] | undefined>

/**
 * Signs cookies with the first key, and accepts signatures of all. The signatures are those of `keygrip`, which Koa uses for a list
 * of keys: it prepares its keys anew for each signature, and takes ten times as long to compare one.
 */
export function createCookieKeys(keys: readonly string[]): CookieKeys {
  const prepared = keys.map((key) => createKeyedHash(key, 'sha1'))
  const index: CookieKeys['index'] = (data, digest) => {
    const given = Buffer.from(digest)
    return prepared.findIndex((key) => {
      const expected = Buffer.from(sign(key, data))
      return expected.length === given.length && timingSafeEqual(expected, given)
    })
  }
  return {
    sign: (data) => sign(prepared[0] as KeyedHash, data),
    index,
    verify: (data, digest) => index(data, digest) >= 0,
  }
}

const sign = (hash: KeyedHash, data: string): string => hash(data).toString('base64url')
