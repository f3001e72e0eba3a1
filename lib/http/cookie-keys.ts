import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import type Application from 'koa'

type CookieKeys = Exclude<Application['keys'], readonly string[] | undefined>

/**
 * Signs cookies with the first key, and accepts signatures of all. The signatures are those of `keygrip`, which Koa uses for a list
 * of keys: it prepares its keys anew for each signature, and takes ten times as long to compare one.
 */
export function createCookieKeys(keys: readonly string[]): CookieKeys {
  const prepared = keys.map((key) => createSecretKey(Buffer.from(key)))
  const index: CookieKeys['index'] = (data, digest) => {
    const given = Buffer.from(digest)
    return prepared.findIndex((key) => {
      const expected = Buffer.from(sign(key, data))
      return expected.length === given.length && timingSafeEqual(expected, given)
    })
  }
  return {
    sign: (data) => sign(prepared[0] as KeyObject, data),
    index,
    verify: (data, digest) => index(data, digest) >= 0,
  }
}

const sign = (key: KeyObject, data: string): string =>
  createHmac('sha1', key).update(data).digest('base64url')
