import { expect, test } from 'vitest'
import { registration } from '../support/registered.ts'
import { sendJson } from '../support/self-registered.ts'
import { useServer } from '../support/server.ts'

// A token registers one client. It does not pay for more than ten registrations that are refused.

const server = useServer({ registration: {} })

let count = 0
const good = (): object => ({ ...registration, client_name: `Tiende Forsøg ${(count += 1)}` })
const bad = { ...registration, redirect_uris: ['nowhere'] }

const invite = async (): Promise<(body: object) => Promise<number>> => {
  const { token } = await server.clients.createInitialAccessToken()
  return async (body) => (await sendJson(`${server.issuer}/oauth/register`, body, { token })).status
}

test('after nine registrations that were refused, a token registers its client', async () => {
  const register = await invite()
  for (let attempt = 0; attempt < 9; attempt += 1) expect(await register(bad)).toBe(400)
  expect(await register(good())).toBe(201)
  expect(await register(good())).toBe(401)
})

test('the tenth that is refused ends the token', async () => {
  const register = await invite()
  for (let attempt = 0; attempt < 10; attempt += 1) expect(await register(bad)).toBe(400)
  expect(await register(good())).toBe(401)
  expect(await register(bad)).toBe(401)
})

test.each([
  ['scope', '['.repeat(20_000) + ']'.repeat(20_000)],
  ['redirect_uris', '['.repeat(20_000) + ']'.repeat(20_000)],
  ['scope', '5'],
])('a %s of another type is an attempt that was refused', async (member, json) => {
  const { token } = await server.clients.createInitialAccessToken()
  const url = `${server.issuer}/oauth/register`
  const body = JSON.stringify({ ...good(), [member]: '?' }).replace('"?"', json)
  for (let attempt = 0; attempt < 10; attempt += 1) {
    expect((await sendJson(url, body, { token })).status).toBe(400)
  }
  expect((await sendJson(url, good(), { token })).status).toBe(401)
})

test('of a hundred at once, ten are looked at', async () => {
  const register = await invite()
  const answers = await Promise.all(Array.from({ length: 100 }, () => register(bad)))
  expect(answers.filter((status) => status === 400)).toHaveLength(10)
  expect(answers.filter((status) => status === 401)).toHaveLength(90)
})

test('a body that is no JSON object is no attempt, and an attempt is no token', async () => {
  const { token } = await server.clients.createInitialAccessToken()
  const url = `${server.issuer}/oauth/register`
  for (let attempt = 0; attempt < 12; attempt += 1) {
    expect((await sendJson(url, '[]', { token })).status).toBe(400)
  }
  expect((await sendJson(url, bad, { token })).status).toBe(400)
  for (const attempt of [`${token}.1`, `${token}1`]) {
    expect((await sendJson(url, good(), { token: attempt })).status).toBe(401)
  }
  expect((await sendJson(url, good(), { token })).status).toBe(201)
})

test('a token that an earlier version made has ten attempts, too', async () => {
  const token = `pleo_iat_${'a'.repeat(49)}`
  await server.provider.InitialAccessToken.adapter.upsert(token, {}, 60)
  const url = `${server.issuer}/oauth/register`
  for (let attempt = 0; attempt < 10; attempt += 1) {
    expect((await sendJson(url, bad, { token })).status).toBe(400)
  }
  expect((await sendJson(url, good(), { token })).status).toBe(401)
})
