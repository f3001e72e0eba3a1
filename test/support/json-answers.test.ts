import { createServer } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenOnPurpose, checkJson } from './json-answers.ts'
import { send } from './requests.ts'
import { closeServer, listen } from './server.ts'

const http = createServer((request, response) => {
  response.setHeader('content-type', 'application/json; charset=utf-8')
  if (request.url === '/marked') response.setHeader(brokenOnPurpose, 'yes')
  response.end()
})
let origin: string
beforeAll(async () => {
  origin = await listen(http)
})
afterAll(() => closeServer(http))

test('an empty answer that says it is JSON fails the test that asked, unless it is broken on purpose', async () => {
  await expect(send(`${origin}/`)).rejects.toThrow('with a JSON type and nothing')
  expect((await send(`${origin}/marked`)).text).toBe('')
  expect((await send(`${origin}/`, { method: 'HEAD' })).text).toBe('')
})

test.each([
  ['application/json', ''],
  ['application/problem+json', '{'],
  ['Application/JSON; charset=utf-8', "{'a':1}"],
])('%s with %j is not JSON', (type, text) => {
  const answer = { status: 200, method: 'POST', url: '/x', header: toHeader(type) }
  expect(() => checkJson(answer, text)).toThrow('POST /x answered 200')
})

test.each([
  ['text/html', ''],
  ['application/json', '{}'],
  ['application/json', 'null'],
])('%s with %j is left alone', (type, text) => {
  const answer = { status: 200, method: 'POST', url: '/x', header: toHeader(type) }
  expect(() => checkJson(answer, text)).not.toThrow()
})

test('fetch has the check', () => {
  expect(Object.getOwnPropertySymbols(globalThis.fetch)).toHaveLength(1)
})

const toHeader = (type: string) => (name: string) => (name === 'content-type' ? type : undefined)
