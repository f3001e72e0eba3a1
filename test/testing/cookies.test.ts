import { expect, test } from 'vitest'
import { createBrowser } from '../../lib/testing/server/browser.ts'

// What a host sets at its own sign-in, as a browser would keep it.

const at = (path: string, host = 'app.example.test'): URL => new URL(`https://${host}${path}`)

async function withCookies(...lines: readonly string[]) {
  let answer: readonly string[] = []
  let sent: string | undefined
  const browser = createBrowser('https://auth.example.test', async (_, init) => {
    sent = new Headers(init?.headers).get('cookie') ?? undefined
    return new Response('', {
      headers: answer.map((line): [string, string] => ['set-cookie', line]),
    })
  })
  const sentTo = async (url: URL): Promise<string | undefined> => {
    await browser.go(url)
    return sent
  }
  const setAt = async (url: URL, ...more: readonly string[]): Promise<void> => {
    answer = more
    await browser.go(url)
    answer = []
  }
  const set = (...more: readonly string[]): Promise<void> => setAt(at('/login/form'), ...more)
  await set(...lines)
  return { set, setAt, sentTo }
}

test('a cookie is sent to its host, below its path', async () => {
  const { sentTo } = await withCookies('a=1; Path=/', 'b=2; path=/login', 'c=3')
  expect(await sentTo(at('/login'))).toBe('b=2; c=3; a=1')
  expect(await sentTo(at('/login/more'))).toBe('b=2; c=3; a=1')
  expect(await sentTo(at('/logins'))).toBe('a=1')
  expect(await sentTo(at('/login', 'other.example.test'))).toBe(undefined)
})

test('a cookie is one with another that has its name and path', async () => {
  const { sentTo, set } = await withCookies('a=1; Path=/; Secure; HttpOnly', 'a==x=; Path=/login')
  await set('a=2; Path=/')
  expect(await sentTo(at('/login'))).toBe('a==x=; a=2')
})

test('cookies of longer paths are sent first, and older ones before newer ones', async () => {
  const { sentTo, set } = await withCookies('a=1; Path=/', 'b=1; Path=/', 'a=2; Path=/login/form')
  await set('a=3; Path=/login', 'a=4; Path=/')
  expect(await sentTo(at('/login/form'))).toBe('a=2; a=3; a=4; b=1')
  await set('a=; Path=/; Max-Age=0')
  await set('a=5; Path=/')
  expect(await sentTo(at('/'))).toBe('b=1; a=5')
})

test.each(['Expires=Thu, 01 Jan 1970 00:00:00 GMT', 'Max-Age=0', 'max-age=-1'])(
  'a cookie is gone with %s',
  async (attribute) => {
    const { sentTo, set } = await withCookies('a=1; Path=/')
    await set(`a=; Path=/; ${attribute}`)
    expect(await sentTo(at('/'))).toBe(undefined)
  },
)

test('a cookie for https is sent to a port of this machine, and to no other host over http', async () => {
  const { sentTo } = await withCookies('a=1; Path=/; Secure')
  expect(await sentTo(new URL('http://app.example.test/'))).toBe(undefined)
  const local = await withCookies()
  for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
    await local.setAt(new URL(`http://${host}:4000/`), '__Host-a=1; Path=/; Secure')
    expect(await local.sentTo(new URL(`http://${host}:4000/below`))).toBe('__Host-a=1')
  }
})
