import { createServer, type IncomingMessage } from 'node:http'
import { describe, expect, onTestFinished, test } from 'vitest'
import { endAfterTest, useRunning } from '../support/fixtures.ts'
import { consent } from '../support/flow.ts'
import { freePorts } from '../support/free-ports.ts'
import { waitUntil } from '../support/redis-server.ts'
import { startCompose } from './compose.ts'
import { startNginx } from './nginx.ts'
import { startRefreshes } from './refreshes.ts'

// examples/deploy/nginx.conf in a real nginx, in front of two processes of examples/deploy/main.ts on one Redis.

describe('nginx with TLS', () => {
  const composed = useRunning(() => startCompose('single'))

  test('the metadata names URLs of the issuer, and browsers are to stay with TLS', async () => {
    const { issuer } = composed
    const answer = await fetch(`${issuer}/.well-known/oauth-authorization-server`)
    expect(await answer.json()).toMatchObject({ issuer, token_endpoint: `${issuer}/oauth/token` })
    expect(answer.headers.get('strict-transport-security')).toContain('max-age=')
  })

  test('http leads to https, with path and query', async () => {
    const url = `${composed.plain}/oauth/authorize?client_id=a%20b`
    const { status, headers } = await fetch(url, { redirect: 'manual' })
    expect(status).toBe(308)
    expect(headers.get('location')).toBe(`${composed.issuer}/oauth/authorize?client_id=a%20b`)
  })

  test('the largest state comes back to the client', async () => {
    const { issuer, client } = composed
    const state = 's'.repeat(4000)
    const { redirect } = await consent(issuer, { client, params: { state } })
    expect(redirect.searchParams.get('state')).toBe(state)
  })

  test('the doctor finds nothing but the person of the example', async () => {
    const codes = (await composed.doctor()).map(({ code }) => code)
    expect(codes).toEqual([])
  })

  test('health is not for strangers', async () => {
    for (const path of ['live', 'ready'])
      expect((await fetch(`${composed.issuer}/health/${path}`)).status).toBe(404)
  })

  test('both processes start again, one after the other, under full load: no refresh fails', async () => {
    const { issuer, client } = composed
    const load = await startRefreshes(issuer, client)
    await waitUntil('there is load', async () => load.count() > 200)
    await composed.restart('server-1')
    await composed.restart('server-2')
    const before = load.count()
    await waitUntil('it goes on', async () => load.count() > before + 100)
    expect(await load.stop()).toEqual([])
  })

  test('a process that crashes costs no refresh', async () => {
    const { issuer, client } = composed
    const load = await startRefreshes(issuer, client)
    await waitUntil('there is load', async () => load.count() > 200)
    await composed.kill('server-1')
    const before = load.count()
    await waitUntil('it goes on', async () => load.count() > before + 200)
    expect(await load.stop()).toEqual([])
  })
})

test('a stranger chooses none of the headers that a proxy sets', async () => {
  const received: IncomingMessage[] = []
  const echo = createServer((request, response) => {
    received.push(request)
    response.end()
  })
  const [inner, tls, plain] = await freePorts()
  echo.listen(inner, '127.0.0.1')
  onTestFinished(() => void echo.close())
  const nginx = endAfterTest(
    await startNginx({
      address: '127.0.0.1',
      ports: { tls, plain },
      rewrite: (text) => text.replaceAll(/server-\d:3000/g, `127.0.0.1:${inner}`),
    }),
  )
  const forged = { 'x-forwarded-for': '203.0.113.9', 'x-forwarded-proto': 'http' }
  await fetch(`${nginx.issuer}/oauth/token`, {
    headers: { ...forged, 'x-request-id': 'chosen-by-a-stranger' },
  })
  const headers = received[0]?.headers
  expect(headers).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'https' })
  expect(headers?.['x-request-id']).toMatch(/^[\da-f]{32}$/)
})
