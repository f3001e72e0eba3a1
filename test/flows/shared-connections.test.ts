import { Agent } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { consent, introspect, type Consented, type Tokens } from '../support/flow.ts'
import { sendCode, toJson, type RawAnswer } from '../support/requests.ts'
import { useServer } from '../support/server.ts'

const server = useServer()

/** A redemption as a reverse proxy passes it on: over few connections, whoever sent it. */
const redeemThrough = (agent: Agent, given: Consented): Promise<RawAnswer> =>
  sendCode(server.issuer, given, { agent, headers: { 'x-forwarded-for': '192.0.2.1' } })

it.each([0, 15, 60])(
  'two workers behind one proxy who redeem one code, %i ms apart, do not end the connection',
  async (apart) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const given = await consent(server.issuer)
    const answers = await Promise.all([
      redeemThrough(agent, given),
      wait(apart).then(() => redeemThrough(agent, given)),
    ])
    agent.destroy()
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]))
    const winner = answers.find(({ status }) => status === 200)
    const { access_token: token } = toJson(winner as RawAnswer) as unknown as Tokens
    expect((await introspect(server.issuer, token))['active']).toBe(true)
  },
)
