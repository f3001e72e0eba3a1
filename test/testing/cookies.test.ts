import { expect, test } from 'vitest'
import { createCookies } from '../../lib/testing/server/cookies.ts'

// What a host sets at its own sign-in, as a browser would keep it.

const at = (path: string, host = 'app.example.test'): URL => new URL(`https://${host}${path}`)

function withCookies(...lines: readonly string[]) {
  const cookies = createCookies()
  const set = (...more: readonly string[]): void =>
    cookies.keep(
      at('/login/form'),
      new Headers(more.map((line): [string, string] => ['set-cookie', line])),
    )
  set(...lines)
  return { set, sentTo: (url: URL): string | undefined => cookies.headerFor(url) }
}

test('a cookie is sent to its host, below its path', () => {
  const { sentTo } = withCookies('a=1; Path=/', 'b=2; path=/login', 'c=3')
  expect(sentTo(at('/login'))).toBe('b=2; c=3; a=1')
  expect(sentTo(at('/login/more'))).toBe('b=2; c=3; a=1')
  expect(sentTo(at('/logins'))).toBe('a=1')
  expect(sentTo(at('/login', 'other.example.test'))).toBe(undefined)
})

test('a cookie is one with another that has its name and path', () => {
  const { sentTo, set } = withCookies('a=1; Path=/; Secure; HttpOnly', 'a==x=; Path=/login')
  set('a=2; Path=/')
  expect(sentTo(at('/login'))).toBe('a==x=; a=2')
})

test('cookies of longer paths are sent first, and older ones before newer ones', () => {
  const { sentTo, set } = withCookies('a=1; Path=/', 'b=1; Path=/', 'a=2; Path=/login/form')
  set('a=3; Path=/login', 'a=4; Path=/')
  expect(sentTo(at('/login/form'))).toBe('a=2; a=3; a=4; b=1')
  set('a=; Path=/; Max-Age=0')
  set('a=5; Path=/')
  expect(sentTo(at('/'))).toBe('b=1; a=5')
})

test.each(['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'Max-Age=0', 'max-age=-1'])(
  'a cookie is gone with %s',
  (attribute) => {
    const { sentTo, set } = withCookies('a=1; Path=/')
    set(`a=; Path=/; ${attribute}`)
    expect(sentTo(at('/'))).toBe(undefined)
  },
)
