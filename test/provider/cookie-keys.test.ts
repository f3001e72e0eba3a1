import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import { expect, test } from 'vitest'
import { createCookieKeys } from '../../lib/http/cookie-keys.ts'

/** The keys that Koa makes of a list. */
function createKeysOfKoa(keys: string[]): ReturnType<typeof createCookieKeys> {
  const request = new IncomingMessage(new Socket())
  const { cookies } = new Koa({ keys }).createContext(request, new ServerResponse(request))
  return (cookies as unknown as { keys: ReturnType<typeof createCookieKeys> }).keys
}

const keys = ['the new key', 'the old key, with an ü']
const values = ['pleo_session=abc', 'a=', 'a=ø', ...Array.from({ length: 99 }, (_, n) => `n=${n}`)]

test('cookies have the signatures that Koa gives them', () => {
  const [ours, ofKoa] = [createCookieKeys(keys), createKeysOfKoa(keys)]
  for (const value of values) {
    const signature = ours.sign(value)
    expect(signature).toBe(ofKoa.sign(value))
    expect(ofKoa.index(value, signature)).toBe(0)
  }
})

test('a signature of any key is taken, and no other', () => {
  const ours = createCookieKeys(keys)
  const [, old = ''] = keys
  for (const value of values) {
    const signature = createKeysOfKoa([old]).sign(value)
    expect([ours.index(value, signature), ours.verify(value, signature)]).toEqual([1, true])
    const wrong = [`${signature}A`, signature.slice(1), '', 'ü'.repeat(signature.length)]
    for (const other of [...wrong, createKeysOfKoa(['another key']).sign(value)]) {
      expect([ours.index(value, other), ours.verify(value, other)]).toEqual([-1, false])
    }
  }
})
