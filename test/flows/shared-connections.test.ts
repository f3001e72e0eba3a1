import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connect, introspect, refresh } from '../support/flow.ts'
import { confidential, startServer, type RunningServer } from '../support/server.ts'

let server: RunningServer

beforeAll(async () => {
  server = await startServer()
})

afterAll(async () => server.close())

/** A refresh as a reverse proxy passes it on: over few connections, whoever sent it. */
function refreshThrough(agent: Agent, refreshToken: string): Promise<number | undefined> {
  const { client_id, client_secret } = confidential
  const fields = {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id,
    client_secret,
  }
  return new Promise((resolve, reject) => {
    const outgoing = request(`${server.issuer}/oauth/token`, {
      agent,
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-forwarded-for': '192.0.2.1',
      },
    })
    outgoing.on('response', (response) => {
      response.resume().on('end', () => resolve(response.statusCode))
    })
    outgoing.on('error', reject).end(new URLSearchParams(fields).toString())
  })
}

it.each([0, 15, 60])(
  'two workers behind one proxy, %i ms apart, do not end the connection',
  async (apart) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { refresh_token: first } = await connect(server.issuer)
    const statuses = await Promise.all([
      refreshThrough(agent, first),
      wait(apart).then(() => refreshThrough(agent, first)),
    ])
    agent.destroy()
    expect(new Set(statuses)).toEqual(new Set([200, 400]))
  },
)

it('what the winner got through the proxy goes on working', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const tokens = await connect(server.issuer)
  const { body: second } = await refresh(server.issuer, tokens.refresh_token)
  await refreshThrough(agent, tokens.refresh_token)
  agent.destroy()
  expect((await introspect(server.issuer, String(second['access_token'])))['active']).toBe(true)
})
